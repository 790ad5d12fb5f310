"""Class evidence: what the network would say of each place if it saw that place alone.

A network that pools globally averages the last maps over the image and reads the average. Hand its head one place at a time
instead of the average and it says which class it sees there: the class activation map, taken for all classes and compared among
them. What counts is the log odds of the class against all others; the plain map of one class also lights up where all do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.activations import layer_maps
from giemsa.interpretation.grad_cam import enlarged
from giemsa.interpretation.layers import explaining_layers, find_layer
from giemsa.interpretation.passes import Hook, evaluating, hooked
from giemsa.interpretation.pixels import check_pixels, in_batches
from giemsa.interpretation.target import AnyTarget, resolve_target


def local_logits(network: nn.Module, pixels: Tensor, layers: Sequence[str]) -> Tensor:
    """Return the logits that the rest of the network gives to each place of its last maps, ``(n, classes, h, w)``.

    Parameters
    ----------
    layers : whose maps; of an ensemble one of each member, which then all see the same place.

    Raises
    ------
    ModelError : a single place has no logits of its own, since the network flattens its maps or mixes their places. One that
        pools globally answers alike in whatever order the places stand.
    """
    whole, maps = layer_maps(network, pixels, layers)
    n, _, height, width = maps[0].shape
    if any(each.shape[2:] != maps[0].shape[2:] for each in maps):
        raise ModelError(
            "class evidence needs members whose last maps are of one size; these have no places in common; use Grad-CAM"
        )
    order = torch.randperm(height * width, generator=torch.Generator().manual_seed(0))
    shuffled = [each.flatten(2)[..., order].reshape(each.shape) for each in maps]
    places = [each.permute(0, 2, 3, 1).reshape(n * height * width, -1, 1, 1) for each in maps]
    # of one image alone, what goes around the layer would be added to every place; two do not fit
    two = pixels[:1].repeat(2, 1, 1, 1)
    try:
        disordered = _logits_with(network, pixels, layers, shuffled)
        logits = _logits_with(network, two, layers, places)
    except Exception as problem:  # whatever a user's network raises
        raise ModelError(_NOT_ALONE) from problem
    if len(logits) != len(places[0]) or not torch.allclose(disordered, whole, rtol=1e-4, atol=1e-4):
        raise ModelError(_NOT_ALONE)
    return logits.view(n, height, width, -1).permute(0, 3, 1, 2)


def _logits_with(network: nn.Module, pixels: Tensor, layers: Sequence[str], maps: Sequence[Tensor]) -> Tensor:
    """Run the network with other maps in the stead of those of its layers."""
    hooks = {find_layer(network, name): _show(each) for name, each in zip(layers, maps, strict=True)}
    with evaluating(network), torch.no_grad(), hooked(hooks):
        return network(pixels)


_NOT_ALONE = (
    "class evidence needs a network that pools globally after its last maps and then reads the average alone; this one flattens "
    "them or mixes their places, so a single place has no class of its own; use Grad-CAM"
)


def _show(maps: Tensor) -> Hook:
    return lambda module, inputs, output: maps


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
    ndarray : ``(n, height, width)``, float32, signed: above zero where, seen alone, the place makes the class likelier than not.

    Raises
    ------
    ModelError : a single place has no class of its own, or the target is a channel.

    References
    ----------
    Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016, equation 2, there for one class.
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    if resolved.layer:
        raise ModelError("class evidence explains classes, not channels; use grad_cam or gradient")
    labels = resolved.rows(len(pixels)).argmax(1)
    layers = (layer,) if layer else explaining_layers(network, pixels)

    def evidence(batch: Tensor, labels: Tensor) -> Tensor:
        return enlarged(_log_odds(local_logits(network, batch, layers), labels), batch)

    return in_batches(evidence, pixels, labels, batch_size=batch_size).numpy().astype(np.float32)


def _log_odds(logits: Tensor, labels: Tensor) -> Tensor:
    """Return log p / (1 - p) of each image's class, ``(n, 1, h, w)``, without leaving the logarithm."""
    chosen = labels[:, None, None, None].expand(-1, 1, *logits.shape[2:])
    others = logits.scatter(1, chosen, -torch.inf).logsumexp(1, keepdim=True)
    return logits.gather(1, chosen) - others
