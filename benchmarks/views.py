"""What a network says of each view of an image, for measurements in which one view alone would be too noisy."""

from __future__ import annotations

import numpy as np
import torch

from giemsa.training.classifier import Classifier
from giemsa.training.views import VIEWS, turn_all


def probabilities_of_views(classifier: Classifier, images: np.ndarray) -> np.ndarray:
    """Return the probabilities ``(views, n, n_classes)`` for ``images`` in each view that the symmetry has."""
    pixels = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2)
    turned = (turn_all(pixels, view).permute(0, 2, 3, 1).contiguous() for view in VIEWS[classifier.symmetry])
    return np.stack([classifier.probabilities(view.numpy()) for view in turned])
