"""What is explained: one number an image, as weights over the outputs of the network or of one of its layers.

A class is a weight of one on its logit; the difference of two classes has +1 and -1; a channel is a weight of one on the mean of
its map; any direction is a vector of weights. All methods of attribution and maximisation take this one thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.activations import activations
from giemsa.interpretation.passes import first_logits
from giemsa.interpretation.pixels import in_batches, noise_image


@dataclass(frozen=True, eq=False)
class Target:
    """Weights over outputs.

    Parameters
    ----------
    weights : ``(outputs,)`` for all images alike, or ``(n, outputs)``, a row an image.
    layer : whose outputs; empty means the logits. Maps are averaged over height and width first.
    """

    weights: Tensor
    layer: str = ""

    def rows(self, n: int) -> Tensor:
        """Return the weights as ``(n, outputs)``."""
        return self.weights.expand(n, -1) if self.weights.ndim == 1 else self.weights


AnyTarget = Target | int | Sequence[int] | np.ndarray


def class_target(labels: int | Sequence[int] | np.ndarray, n_classes: int) -> Target:
    """Explain the logit of one class (an integer) or of each image's own (``(n,)``).

    Raises
    ------
    ModelError : a class that does not exist.

    Examples
    --------
    >>> class_target(1, 3).weights
    tensor([0., 1., 0.])
    """
    found = np.asarray(labels)
    if found.dtype.kind not in "iu" or found.size == 0 or found.min() < 0 or found.max() >= n_classes:
        raise ModelError(f"there is no class {labels}; the network's classes are 0 to {n_classes - 1}")
    return Target(torch.eye(n_classes)[torch.as_tensor(found.astype(np.int64))])


def difference_target(
    labels: int | Sequence[int] | np.ndarray, others: int | Sequence[int] | np.ndarray, n_classes: int
) -> Target:
    """Explain by how much the logit of ``labels`` exceeds that of ``others``."""
    return Target(class_target(labels, n_classes).weights - class_target(others, n_classes).weights)


def contrast_target(labels: int | Sequence[int] | np.ndarray, n_classes: int) -> Target:
    """Explain by how much the logit of ``labels`` exceeds the mean of all other classes.

    Examples
    --------
    >>> contrast_target(0, 3).weights
    tensor([ 1.0000, -0.5000, -0.5000])
    """
    chosen = class_target(labels, n_classes).weights
    return Target(chosen - (1 - chosen) / max(n_classes - 1, 1))


def channel_target(network: nn.Module, layer: str, channel: int, image_shape: tuple[int, int, int]) -> Target:
    """Explain the mean activation of one channel of a layer.

    Raises
    ------
    ModelError : no such layer or channel.
    """
    n = int(activations(network, noise_image(image_shape), layer).shape[1])
    if not 0 <= channel < n:
        raise ModelError(f"layer {layer!r} has no channel {channel}; its channels are 0 to {n - 1}")
    return Target(torch.eye(n)[channel], layer)


def resolve_target(target: AnyTarget, network: nn.Module, pixels: Tensor) -> Target:
    """Make a :class:`Target` of a class or of a class an image, and check that it fits.

    Raises
    ------
    ModelError : a class, or a number of weights, that does not fit the network or the images.
    """
    logits = first_logits(network, pixels[:1])
    if not isinstance(target, Target):
        target = class_target(target, int(logits.shape[1]))
    explained = activations(network, pixels[:1], target.layer) if target.layer else logits
    if target.weights.shape[-1] != explained.shape[1]:
        place = f"layer {target.layer!r} has" if target.layer else "the network has"
        raise ModelError(
            f"the target has {target.weights.shape[-1]} weights where {place} {explained.shape[1]} outputs"
        )
    if target.weights.ndim == 2 and len(target.weights) != len(pixels):
        raise ModelError(f"the target names {len(target.weights)} classes for {len(pixels)} images")
    return target


def outputs(network: nn.Module, pixels: Tensor, layer: str = "") -> Tensor:
    """Return the logits or a layer's outputs, maps averaged, ``(n, outputs)``, with their graph where gradients are on."""
    gradient = torch.is_grad_enabled()
    found = activations(network, pixels, layer, gradient=gradient) if layer else network(pixels)
    return found.mean((2, 3)) if found.ndim == 4 else found


def scores(network: nn.Module, pixels: Tensor, weights: Tensor, layer: str = "") -> Tensor:
    """Return the number that is explained for each image, ``(n,)``, with its graph where gradients are on.

    Parameters
    ----------
    pixels : ``(n, channels, height, width)``.
    weights : ``(n, outputs)``.
    layer : as in :class:`Target`.
    """
    found = outputs(network, pixels, layer)
    return (found * weights.to(found.dtype)).sum(1)


@torch.no_grad()
def plain_scores(network: nn.Module, pixels: Tensor, weights: Tensor, layer: str = "") -> Tensor:
    """Return what :func:`scores` returns, ``(n,)``, without a graph and few large images at a time."""
    return in_batches(lambda batch, rows: scores(network, batch, rows, layer), pixels, weights)
