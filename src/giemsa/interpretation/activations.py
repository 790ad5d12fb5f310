"""What layers of a network give out, caught in one pass.

A hooked layer hands on a copy, since an activation that works in place would otherwise overwrite what was caught.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.layers import find_layer, list_layers
from giemsa.interpretation.passes import Hook, evaluating, hooked


def layer_outputs(
    network: nn.Module, pixels: Tensor, layers: Sequence[str], *, gradient: bool = False, cut: bool = False
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run the network and return its logits and what some of its layers gave out.

    Parameters
    ----------
    pixels : ``(n, channels, height, width)``, 0 to 1.
    layers : their names; of several none may feed another.
    gradient : keep the graph, so that the result can be differentiated.
    cut : begin the graph at the layers (cheap, for gradients with respect to them); else it reaches back to ``pixels``.

    Returns
    -------
    tuple : logits ``(n, classes)`` and the output ``(n, ...)`` of each layer.

    Raises
    ------
    ModelError : no such layer, or one that did not run exactly once or gives no tensor.
    """
    caught: dict[str, list[Tensor]] = {name: [] for name in layers}
    hooks = {find_layer(network, name): _catch_into(caught[name], cut=cut) for name in layers}
    with evaluating(network), torch.set_grad_enabled(gradient), hooked(hooks):
        logits = network(pixels)
    for name, outputs in caught.items():
        if len(outputs) != 1:
            raise ModelError(
                f"layer {name!r} gave out {len(outputs)} tensors in one pass where exactly one is needed; "
                "choose a layer that runs once (the network's listing names them)"
            )
    return logits, tuple(outputs[0] for outputs in caught.values())


def activations(network: nn.Module, pixels: Tensor, layer: str, *, gradient: bool = False) -> Tensor:
    """Return what one layer gives out, ``(n, ...)``, as :func:`layer_outputs` catches it."""
    return layer_outputs(network, pixels, (layer,), gradient=gradient)[1][0]


def layer_maps(
    network: nn.Module, pixels: Tensor, layers: Sequence[str], *, gradient: bool = False, cut: bool = False
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Do as :func:`layer_outputs`, and insist on maps ``(n, channels, height, width)``.

    Raises
    ------
    ModelError : a layer's output has no height and width.
    """
    logits, outputs = layer_outputs(network, pixels, layers, gradient=gradient, cut=cut)
    for name, output in zip(layers, outputs, strict=True):
        if output.ndim != 4:
            known = [x.name for x in list_layers(network, (*pixels.shape[2:], pixels.shape[1])) if x.has_maps]
            raise ModelError(
                f"layer {name!r} gives out {tuple(output.shape[1:])}, which has no height and width; "
                f"layers with maps: {', '.join(known) or 'none'}"
            )
    return logits, outputs


def _catch_into(caught: list[Tensor], *, cut: bool) -> Hook:
    def catch(module: nn.Module, inputs: object, output: object) -> Tensor | None:
        if not isinstance(output, Tensor):
            return None
        caught.append(output.detach().requires_grad_() if cut else output)
        return caught[-1].clone()

    return catch
