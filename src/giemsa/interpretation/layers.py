"""The layers of any network by name: what runs, in which order, what comes out, and how to catch it.

Nothing here changes a network. Hooks live inside a ``with`` block and are gone after it, also after an error; a hooked layer
hands on a copy, since an activation that works in place would otherwise overwrite what was caught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from giemsa.errors import ModelError, nearest_names

PREFIX = "network."
SMALLEST_MAP = 4


@dataclass(frozen=True)
class Layer:
    """One layer of a network, as it ran on one image.

    Parameters
    ----------
    name : what the module calls it, such as ``conv1``.
    kind : its class, such as ``Conv2d``; of a class derived from one of PyTorch's, that one.
    output_shape : without the batch: ``(channels, height, width)`` or ``(features,)``; empty where it gives no tensor.
    parameters : how many numbers it learns.
    calls : how often it runs in one pass; more than once, and its output is not one thing.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    calls: int = 1

    @property
    def spatial(self) -> bool:
        """Whether its output is a stack of maps larger than one pixel."""
        return len(self.output_shape) == 3 and min(self.output_shape[1:]) > 1


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put ``network`` into evaluation mode for a while; each module gets its own mode back."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def hooked(module: nn.Module, hook: Callable[..., Tensor | None]) -> Iterator[None]:
    """Let ``hook(module, inputs, output)`` see, and replace, what ``module`` gives out, for a while."""
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def list_layers(network: nn.Module, image_shape: tuple[int, int, int]) -> tuple[Layer, ...]:
    """List the layers of a network in the order in which they run: its summary.

    Parameters
    ----------
    network : float images ``(n, channels, height, width)`` in 0 to 1 to logits ``(n, classes)``.
    image_shape : height, width and channels of an image.

    Returns
    -------
    tuple of Layer : the innermost modules; one that runs several times stands once, where it ran first.

    Raises
    ------
    ModelError : the network cannot take such images.

    Examples
    --------
    >>> import torch
    >>> from giemsa.models import build_model
    >>> network = build_model("tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> [(layer.name, layer.output_shape, layer.parameters) for layer in list_layers(network, (28, 28, 3))][:3]
    [('conv1', (32, 28, 28), 896), ('relu1', (32, 28, 28), 0), ('pool1', (32, 14, 14), 0)]
    """
    seen: dict[str, list[tuple[int, ...]]] = {}
    handles = [
        module.register_forward_hook(_note_shape(seen, name)) for name, module in _innermost(network).items()
    ]
    try:
        first_logits(network, torch.full((1, image_shape[2], *image_shape[:2]), 0.5))
    finally:
        for handle in handles:
            handle.remove()
    modules = _innermost(network)
    return tuple(
        Layer(
            name.removeprefix(PREFIX),
            _kind(modules[name]),
            shapes[0],
            sum(p.numel() for p in modules[name].parameters()),
            len(shapes),
        )
        for name, shapes in seen.items()
    )


def _kind(module: nn.Module) -> str:
    of_torch = [
        c for c in type(module).__mro__ if c.__module__.startswith("torch.nn.") and c is not nn.Module
    ]
    return (of_torch or [type(module)])[0].__name__


def find_layer(network: nn.Module, name: str) -> nn.Module:
    """Return the layer called ``name``; the project's own prefix ``network.`` may be left out.

    Raises
    ------
    ModelError : no layer of that name, with the nearest names.
    """
    modules = dict(network.named_modules())
    for candidate in (name, PREFIX + name):
        if name and candidate in modules:
            return modules[candidate]
    known = [n.removeprefix(PREFIX) for n in _innermost(network)]
    raise ModelError(f"the network has no layer {name!r}; {nearest_names(name, known)}")


def default_layer(network: nn.Module, image_shape: tuple[int, int, int]) -> str:
    """Name the last layer whose maps are at least 4x4 (or the last with maps at all): where Grad-CAM looks.

    Raises
    ------
    ModelError : no layer gives out maps.
    """
    spatial = [layer for layer in list_layers(network, image_shape) if layer.spatial and layer.calls == 1]
    if not spatial:
        raise ModelError(
            "no layer of the network gives out maps (channels, height, width) in a single call; "
            "Grad-CAM and feature maps need a convolutional network"
        )
    large = [layer for layer in spatial if min(layer.output_shape[1:]) >= SMALLEST_MAP]
    return (large or spatial)[-1].name


def activations(
    network: nn.Module, pixels: Tensor, layer: str, *, gradient: bool = False, cut: bool = False
) -> tuple[Tensor, Tensor]:
    """Run the network and return its logits and what one layer gave out.

    Parameters
    ----------
    pixels : ``(n, channels, height, width)``, 0 to 1.
    layer : its name.
    gradient : keep the graph, so that the result can be differentiated.
    cut : begin the graph at the layer (cheap, for gradients with respect to it); else it reaches back to ``pixels``.

    Returns
    -------
    tuple of Tensor : logits ``(n, classes)`` and the layer's output ``(n, ...)``.

    Raises
    ------
    ModelError : no such layer, or one that did not run exactly once or gives no tensor.
    """
    caught: list[Tensor] = []

    def catch(module: nn.Module, inputs: object, output: object) -> Tensor | None:
        if not isinstance(output, Tensor):
            return None
        caught.append(output.detach().requires_grad_() if cut else output)
        return caught[-1].clone()

    with evaluating(network), torch.set_grad_enabled(gradient), hooked(find_layer(network, layer), catch):
        logits = network(pixels)
    if len(caught) != 1:
        raise ModelError(
            f"layer {layer!r} gave out {len(caught)} tensors in one pass where exactly one is needed; "
            "choose a layer that runs once (the network's listing names them)"
        )
    return logits, caught[0]


def spatial_activations(
    network: nn.Module, pixels: Tensor, layer: str, *, gradient: bool = False, cut: bool = False
) -> tuple[Tensor, Tensor]:
    """Do as :func:`activations`, and insist on maps ``(n, channels, height, width)``.

    Raises
    ------
    ModelError : the layer's output has no height and width.
    """
    logits, maps = activations(network, pixels, layer, gradient=gradient, cut=cut)
    if maps.ndim != 4:
        names = [x.name for x in list_layers(network, (*pixels.shape[2:], pixels.shape[1])) if x.spatial]
        raise ModelError(
            f"layer {layer!r} gives out {tuple(maps.shape[1:])}, which has no height and width; "
            f"layers with maps: {', '.join(names) or 'none'}"
        )
    return logits, maps


def first_logits(network: nn.Module, pixels: Tensor) -> Tensor:
    """Return the logits of ``pixels``, or say in one sentence why the network cannot take them.

    Raises
    ------
    ModelError : wrong channel count or size, or outputs that are not finite logits ``(n, classes)``.
    """
    channels = _first_channels(network)
    if channels and channels != pixels.shape[1]:
        raise ModelError(
            f"the network takes images of {channels} channel(s), these have {pixels.shape[1]}; "
            "convert the images or choose a run trained on such"
        )
    try:
        with evaluating(network), torch.no_grad():
            logits = network(pixels)
    except RuntimeError as problem:
        height, width = pixels.shape[2:]
        raise ModelError(
            f"the network cannot take images of {height}x{width} pixels and {pixels.shape[1]} channel(s): "
            f"{str(problem).splitlines()[0]}"
        ) from problem
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ModelError(f"expected logits (images, classes) from the network, received {found}")
    if not torch.isfinite(logits).all():
        raise ModelError(
            "the network gives logits that are not finite; its weights are damaged, train it again"
        )
    return logits


def _innermost(network: nn.Module) -> dict[str, nn.Module]:
    """Modules without children, by name."""
    return {name: module for name, module in network.named_modules() if name and not any(module.children())}


def _note_shape(seen: dict[str, list[tuple[int, ...]]], name: str) -> Callable[..., None]:
    def note(module: nn.Module, inputs: object, output: object) -> None:
        shape = tuple(output.shape[1:]) if isinstance(output, Tensor) else ()
        seen.setdefault(name, []).append(shape)

    return note


def _first_channels(network: nn.Module) -> int | None:
    """Channels that the first plain convolution takes; ``None`` where there is none."""
    convolutions: Sequence[nn.Conv2d] = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    return convolutions[0].in_channels if convolutions else None
