"""Class evidence: what the network would say of each place if it saw that place alone.

A network that pools globally averages the last maps over the image and reads the average. Hand its head one place at a time
instead of the average and it says which class it sees there: the class activation map, taken for all classes and compared among
them. What counts is the log odds of the class against all others; the plain map of one class also lights up where all do.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.grad_cam import enlarged
from giemsa.interpretation.layers import (
    default_layer,
    evaluating,
    find_layer,
    hooked,
    spatial_activations,
)
from giemsa.interpretation.pixels import check_pixels, in_batches
from giemsa.interpretation.target import AnyTarget, resolve_target


def local_logits(network: nn.Module, pixels: Tensor, layer: str) -> Tensor:
    """Return the logits that the rest of the network gives to each place of a layer, ``(n, classes, h, w)``.

    Raises
    ------
    ModelError : the network flattens its maps, so that a single place has no logits of its own.
    """
    _, maps = spatial_activations(network, pixels, layer)
    n, channels, height, width = maps.shape
    places = maps.permute(0, 2, 3, 1).reshape(-1, channels, 1, 1)
    try:
        with (
            evaluating(network),
            torch.no_grad(),
            hooked(find_layer(network, layer), lambda module, inputs, output: places),
        ):
            logits = network(pixels)
    except RuntimeError as problem:
        raise ModelError(
            "class evidence needs a network that pools globally after its last maps; this one flattens them, "
            "so a single place has no class of its own; use grad_cam"
        ) from problem
    if len(logits) != len(places):
        raise ModelError(f"class evidence cannot be taken at layer {layer!r}: later layers mix its places")
    return logits.view(n, height, width, -1).permute(0, 3, 1, 2)


def class_evidence(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    layer: str | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Compute the log odds of the target's class against all others at each place.

    Parameters
    ----------
    network, pixels, target, layer, batch_size : as in :func:`giemsa.interpretation.grad_cam.grad_cam`. The class is the largest
        weight of the target.

    Returns
    -------
    ndarray : ``(n, height, width)``, float32, signed: above zero where the place alone would be called the class.

    Raises
    ------
    ModelError : the network flattens its maps, or the target is a channel.

    References
    ----------
    Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016, equation 2, there for one class.
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    if resolved.layer:
        raise ModelError("class evidence explains classes, not channels; use grad_cam or gradient")
    labels = resolved.rows(len(pixels)).argmax(1)
    layer = layer or default_layer(network, (*pixels.shape[2:], pixels.shape[1]))

    def evidence(batch: Tensor, labels: Tensor) -> Tensor:
        return enlarged(_log_odds(local_logits(network, batch, layer), labels), batch)

    return in_batches(evidence, pixels, labels, batch_size=batch_size).numpy().astype(np.float32)


def _log_odds(logits: Tensor, labels: Tensor) -> Tensor:
    """Return log p / (1 - p) of each image's class, ``(n, 1, h, w)``, without leaving the logarithm."""
    chosen = labels[:, None, None, None].expand(-1, 1, *logits.shape[2:])
    others = logits.scatter(1, chosen, -torch.inf).logsumexp(1, keepdim=True)
    return logits.gather(1, chosen) - others
