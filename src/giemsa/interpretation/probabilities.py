"""The probabilities that every look speaks of: calibrated, as `predict` gives them.

A network trained with label smoothing never becomes surer than the smoothed label (.83 for a smoothing of .2 and eight classes),
whatever it sees. The temperature that was chosen on validation images takes that back.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import in_batches
from giemsa.training.classifier import Classifier


def calibrated_probabilities(network: nn.Module, pixels: Tensor) -> np.ndarray:
    """Return the probability of each class for each image.

    Parameters
    ----------
    network : float images in 0 to 1 to logits; the temperature of a :class:`Classifier` is taken, that of another module is 1.
    pixels : ``(n, channels, height, width)``, 0 to 1.

    Returns
    -------
    ndarray : ``(n, classes)``, float64.

    Examples
    --------
    >>> calibrated_probabilities(nn.Flatten(), torch.zeros(1, 2, 1, 1)).tolist()
    [[0.5, 0.5]]
    """
    temperature = network.temperature if isinstance(network, Classifier) else 1.0
    with evaluating(network), torch.no_grad():
        return in_batches(lambda batch: (network(batch).double() / temperature).softmax(1), pixels).numpy()


def class_probabilities(network: nn.Module, pixels: Tensor, labels: np.ndarray) -> np.ndarray:
    """Return the probability of each image's own class, ``(n,)``."""
    return calibrated_probabilities(network, pixels)[np.arange(len(labels)), labels]
