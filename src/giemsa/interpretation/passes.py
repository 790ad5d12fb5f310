"""One pass through a network: in evaluation mode, with hooks that are gone after it, or with one sentence on why it cannot be.

Nothing here changes a network. Hooks live inside a ``with`` block and are gone after it, also after an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.models.plain import is_plain
from giemsa.training.classifier import Classifier
from giemsa.training.threads import side_by_side

Hook = Callable[..., Tensor | None]


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
def hooked(hooks: Mapping[nn.Module, Hook]) -> Iterator[None]:
    """Let each ``hook(module, inputs, output)`` see, and replace, what its module gives out, for a while."""
    handles = [module.register_forward_hook(hook) for module, hook in hooks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def tasks_at_once(network: nn.Module, n_tasks: int) -> int:
    """Return how many of the tasks are best done at once, each on a copy of the network: one where its layers are not known."""
    layers = network.network if isinstance(network, Classifier) else network
    return side_by_side("cpu", n_tasks) if is_plain(layers) else 1


def first_logits(network: nn.Module, pixels: Tensor) -> Tensor:
    """Return the logits of ``pixels``, or say in one sentence why the network cannot take them.

    Raises
    ------
    ModelError : wrong channel count or size, or outputs that are not finite logits ``(n, classes)``.
    """
    if isinstance(network, Classifier) and network.image_shape[2] != pixels.shape[1]:
        raise _wrong_channels(
            network.image_shape[2], pixels
        )  # its standardisation would make grey images colour
    try:
        with evaluating(network), torch.no_grad():
            logits = network(pixels)
    except Exception as problem:  # whatever a user's network raises
        raise _refusal(network, pixels, problem) from problem
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ModelError(f"expected logits (images, classes) from the network, received {found}")
    if not torch.isfinite(logits).all():
        raise ModelError(
            "the network gives logits that are not finite: its weights are damaged, or it divides by zero on these images"
        )
    return logits


def _refusal(network: nn.Module, pixels: Tensor, problem: Exception) -> ModelError:
    """Say what stopped the network."""
    words = (str(problem).splitlines() or [type(problem).__name__])[0]
    first = next((module for module in network.modules() if isinstance(module, nn.Conv2d)), None)
    if first is not None and first.in_channels != pixels.shape[1] and "channels" in words:
        return _wrong_channels(first.in_channels, pixels)
    height, width = pixels.shape[2:]
    return ModelError(
        f"the network cannot take images of {height}x{width} pixels and {pixels.shape[1]} channel(s): {words}"
    )


def _wrong_channels(wanted: int, pixels: Tensor) -> ModelError:
    return ModelError(
        f"the network takes images of {wanted} channel(s), these have {pixels.shape[1]}; "
        "convert the images or choose a run trained on such"
    )
