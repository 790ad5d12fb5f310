"""The layers of any network by name: what runs, in which order, what comes out, and which of them explain an image."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from giemsa.errors import ModelError, nearest_names
from giemsa.interpretation.passes import Hook, first_logits, hooked
from giemsa.interpretation.pixels import noise_image
from giemsa.models.ensemble import Ensemble
from giemsa.models.layers import count_parameters
from giemsa.training.classifier import Classifier

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
    over_image : whether its output can lie over the image: not weights of an attention, whose rows add up to one, nor anything
        oblong where the image is square, such as tokens by features.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    calls: int = 1
    over_image: bool = True

    @property
    def has_maps(self) -> bool:
        """Whether it gives out one stack of maps of the image, larger than a pixel and not just the image, standardised."""
        spatial = len(self.output_shape) == 3 and min(self.output_shape[1:]) > 1
        once = self.over_image and self.calls == 1
        return spatial and once and not self.kind.startswith("Standardize")

    @property
    def has_large_maps(self) -> bool:
        """Whether its maps are at least 4x4."""
        return self.has_maps and min(self.output_shape[1:]) >= SMALLEST_MAP


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
    innermost = _innermost(network)
    outputs = _outputs(network, innermost, image_shape)
    return tuple(_layer(name, innermost[name], given, image_shape) for name, given in outputs.items())


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


def explaining_layers(network: nn.Module, pixels: Tensor) -> tuple[str, ...]:
    """Name the layers whose maps explain the images: of an ensemble one of each member, else a single one.

    It is the last to end, blocks included, whose maps are at least 4x4 (or the last with maps at all). A block such as that of a
    residual network ends after all its layers and gives out what went through them and what went around them.

    Parameters
    ----------
    network : float images in 0 to 1 to logits. Of a :class:`Classifier` the size of its own images decides, so that larger ones,
        such as mosaics, are explained by the same layers.
    pixels : ``(n, channels, height, width)``.

    Raises
    ------
    ModelError : no layer gives out maps.
    """
    shape = (*pixels.shape[2:], pixels.shape[1])
    ended = _ended(network, network.image_shape if isinstance(network, Classifier) else shape)
    return tuple(_last([layer for layer in ended if layer.name.startswith(m)]) for m in _members(network))


def _last(ended: list[Layer]) -> str:
    with_maps = [layer for layer in ended if layer.has_maps]
    if not with_maps:
        raise ModelError(
            "no layer of the network gives out maps (channels, height, width) in a single call; "
            "Grad-CAM and feature maps need a convolutional network"
        )
    large = [layer for layer in with_maps if layer.has_large_maps]
    return (large or with_maps)[-1].name


def _members(network: nn.Module) -> tuple[str, ...]:
    """Return what the names of each member's layers begin with; where there is no ensemble, what all names begin with."""
    for name, module in network.named_modules():
        if isinstance(module, Ensemble):
            above = f"{name}.".removeprefix(".").removeprefix(PREFIX)
            return tuple(f"{above}members.{number}." for number in range(len(module.members)))
    return ("",)


def _ended(network: nn.Module, image_shape: tuple[int, int, int]) -> list[Layer]:
    """List all modules in the order in which they end, without those that only hand on what a layer inside them gave."""
    modules = {name: module for name, module in network.named_modules() if name}
    found: list[Layer] = []
    handed_on: set[tuple[int, int]] = set()
    for name, given in _outputs(network, modules, image_shape).items():
        layer = _layer(name, modules[name], given, image_shape)
        same = {(id(output), version) for output, version in given}
        if any(modules[name].children()) and same & handed_on:
            continue
        if layer.has_maps:
            handed_on |= same
        found.append(layer)
    return found


Given = list[tuple[object, int]]


def _outputs(
    network: nn.Module, modules: dict[str, nn.Module], image_shape: tuple[int, int, int]
) -> dict[str, Given]:
    """Return what modules give out for one image, and how often it had been changed in place, in the order of their ends."""
    given: dict[str, Given] = {}
    with hooked({module: _note(given, name) for name, module in modules.items()}):
        first_logits(network, noise_image(image_shape))
    return given


def _note(given: dict[str, Given], name: str) -> Hook:
    def note(module: nn.Module, inputs: object, output: object) -> None:
        version = output._version if isinstance(output, Tensor) and not output.is_inference() else 0
        given.setdefault(name, []).append((output, version))

    return note


def _layer(name: str, module: nn.Module, given: Given, image_shape: tuple[int, int, int]) -> Layer:
    first = given[0][0]
    return Layer(
        name.removeprefix(PREFIX),
        _kind(module),
        tuple(first.shape[1:]) if isinstance(first, Tensor) else (),
        count_parameters(module),
        len(given),
        _lies_over(first, image_shape),
    )


def _lies_over(output: object, image_shape: tuple[int, int, int]) -> bool:
    """Whether the output for one image can be maps of it, as :class:`Layer` says."""
    if not isinstance(output, Tensor) or output.ndim != 4 or len(output) != 1:
        return False
    height, width = output.shape[2:]
    attention = bool((output.sum(3) - 1).abs().max() < 1e-3)
    return not attention and (height == width or image_shape[0] != image_shape[1])


def _kind(module: nn.Module) -> str:
    of_torch = [
        c for c in type(module).__mro__ if c.__module__.startswith("torch.nn.") and c is not nn.Module
    ]
    return (of_torch or [type(module)])[0].__name__


def _innermost(network: nn.Module) -> dict[str, nn.Module]:
    """Modules without children, by name."""
    return {name: module for name, module in network.named_modules() if name and not any(module.children())}
