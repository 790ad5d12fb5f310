"""Made images are judged by real ones."""

import numpy as np
import torch
from torch import nn

from giemsa.interpretation.transfer import class_probabilities, judge_made_images
from giemsa.training.classifier import Classes, Classifier, Preprocessing


def test_a_real_image_is_at_distance_zero(pooling, pixels):
    real = pixels[:, :, :12, :12]
    labels = np.array([0, 0, 1, 1, 1, 0])
    found = judge_made_images(
        pooling, real[[2]], np.array([1]), real=real, real_labels=labels, second=pooling
    )
    assert found.nearest.tolist() == [2]
    np.testing.assert_allclose(found.distance, 0, atol=1e-6)
    np.testing.assert_array_equal(found.second, found.own)
    far = (real[[3, 4]] - real[2]).square().mean((1, 2, 3)).sqrt()
    assert found.typical[0] <= far.max()


def test_a_class_without_real_images(pooling, pixels):
    found = judge_made_images(
        pooling, pixels[:1, :, :8, :8], np.array([3]), real=pixels[:, :, :8, :8], real_labels=np.zeros(6)
    )
    assert np.isnan(found.distance[0])
    assert found.nearest.tolist() == [-1]


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
