"""Calibrated as `predict` gives them."""

import numpy as np
import torch
from torch import nn

from giemsa.interpretation.probabilities import class_probabilities
from giemsa.training.classifier import Classes, Classifier, Preprocessing


def test_probabilities_are_those_of_predict(pixels):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    images = (pixels[:, :, :8, :8] * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    classifier = Classifier(
        network,
        Preprocessing((8, 8, 3), (0.5,) * 3, (0.2,) * 3),
        Classes(("a", "b"), temperature=0.4),
    ).eval()
    labels = np.array([0, 1] * (len(images) // 2))
    found = class_probabilities(classifier, torch.from_numpy(images).permute(0, 3, 1, 2) / 255, labels)
    expected = classifier.probabilities(images)[np.arange(len(labels)), labels]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not np.allclose(found, class_probabilities(network, pixels[:, :, :8, :8], labels), atol=1e-3)
