"""Networks by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from giemsa.errors import ModelError, nearest_names
from giemsa.models.convnet import LIGHT, WIDE, convnet_network
from giemsa.models.ensemble import convnet_ensemble
from giemsa.models.tutorial import tutorial_network

MODELS: dict[str, Callable[..., nn.Module]] = {
    "convnet": convnet_network,
    "convnet-ensemble": convnet_ensemble,
    "convnet-light": partial(convnet_network, blocks=LIGHT),
    "convnet-wide": partial(convnet_network, blocks=WIDE),
    "tutorial": tutorial_network,
}
SMALLEST_SIZE = {"tutorial": 20}


def check_model(name: str) -> None:
    """Refuse a name that no network of the package bears with a :class:`ModelError`."""
    if name not in MODELS:
        raise ModelError(f"no model is called {name!r}; {nearest_names(name, list(MODELS))}")


def build_model(
    name: str, *, channels: int, n_classes: int, size: int, generator: torch.Generator
) -> nn.Module:
    """Build one of the package's networks with fresh weights.

    Parameters
    ----------
    name : a key of ``MODELS``.
    channels : of the images, 1 or 3.
    n_classes : number of outputs, at least 2.
    size : side of the square images, in pixels.
    generator : source of the initial weights.

    Returns
    -------
    nn.Module : float images ``(n, channels, size, size)`` in 0 to 1 to logits ``(n, n_classes)``.

    Raises
    ------
    ModelError : an unknown name, or images too small for the network.
    """
    check_model(name)
    smallest = SMALLEST_SIZE.get(name, 8)
    if size < smallest:
        raise ModelError(
            f"model {name!r} needs images of at least {smallest} pixels, these have {size}; use --size"
        )
    return MODELS[name](channels=channels, n_classes=n_classes, size=size, generator=generator)
