"""The filters of every convolution, before and after training, and how far each has moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.layers import PREFIX


@dataclass(frozen=True, eq=False)
class LayerFilters:
    """The filters of one convolution.

    Parameters
    ----------
    layer : its name.
    before, after : ``(filters, channels, height, width)``, untrained and trained; equal where no untrained network was given.
    """

    layer: str
    before: np.ndarray
    after: np.ndarray

    @property
    def distances(self) -> np.ndarray:
        """How far each filter moved, ``(filters,)``: the length of its change over the length it had."""
        change = np.linalg.norm((self.after - self.before).reshape(len(self.after), -1), axis=1)
        length = np.linalg.norm(self.before.reshape(len(self.before), -1), axis=1)
        return change / np.maximum(length, np.finfo(np.float32).tiny)

    @property
    def similarities(self) -> np.ndarray:
        """Cosine between each filter before and after, ``(filters,)``: 1 where only its length changed."""
        before, after = (x.reshape(len(x), -1) for x in (self.before, self.after))
        lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        return (before * after).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)


def collect_filters(network: nn.Module, untrained: nn.Module | None = None) -> tuple[LayerFilters, ...]:
    """Collect the filters of every convolution, in the order of the network.

    Parameters
    ----------
    network : the trained network.
    untrained : the same network with its first weights; without it, before and after are the same.

    Returns
    -------
    tuple of LayerFilters

    Raises
    ------
    ModelError : the network has no convolution, or the untrained one is of another shape.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(3, 4, 5))
    >>> collect_filters(network)[0].after.shape
    (4, 3, 5, 5)
    """
    convolutions = _convolutions(network)
    if not convolutions:
        raise ModelError(
            "the network has no two-dimensional convolution (nn.Conv2d), so it has no filters to show"
        )
    first = _convolutions(untrained) if untrained is not None else convolutions
    if {name: array.shape for name, array in first.items()} != {
        name: array.shape for name, array in convolutions.items()
    }:
        raise ModelError("the untrained network has other convolutions than the trained one")
    return tuple(LayerFilters(name, first[name], array) for name, array in convolutions.items())


def _convolutions(network: nn.Module) -> dict[str, np.ndarray]:
    """Weights of the convolutions by name, copied."""
    return {
        name.removeprefix(PREFIX): module.weight.detach().cpu().float().numpy().copy()
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d)
    }
