"""The sanity check by randomisation: a map that stays the same when the weights are drawn anew does not show what was learnt.

The layers are drawn anew one after the other, from the output down. After each, the map is compared with the first one by rank
correlation of its absolute values. A map that still resembles it when every layer is random shows the image, not the network.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.attribution import attribute
from giemsa.interpretation.layers import PREFIX


@dataclass(frozen=True, eq=False)
class Randomisation:
    """How a method's maps change as layers are drawn anew.

    Parameters
    ----------
    layers : those drawn anew, from the output down; each step keeps the ones before it random.
    similarities : ``(steps, n)``: rank correlation of each image's map with its first one, -1 to 1.
    """

    layers: tuple[str, ...]
    similarities: np.ndarray

    @property
    def final(self) -> np.ndarray:
        """Similarity of each image's map when every layer is random, ``(n,)``."""
        return self.similarities[-1]


def randomise_layer(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the parameters of one module anew, in place, from a normal distribution with each one's own mean and spread."""
    with torch.no_grad():
        for parameter in module.parameters(recurse=False):
            spread = parameter.std() if parameter.numel() > 1 else parameter.abs().mean()
            draw = torch.randn(parameter.shape, generator=generator).to(parameter)
            parameter.copy_(draw * spread + parameter.mean())


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of the absolute values of two stacks of maps, ``(n, h, w)`` each, as ``(n,)``.

    A constant map has no order: its correlation is 0.

    Examples
    --------
    >>> maps = np.arange(8.0).reshape(1, 2, 4)
    >>> rank_correlations(maps, maps**2)
    array([1.])
    """
    from scipy.stats import rankdata

    ranks = [rankdata(np.abs(x).reshape(len(x), -1), axis=1) for x in (first, second)]
    a, b = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    lengths = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)


def check_by_randomisation(
    network: nn.Module,
    pixels: Tensor,
    labels: np.ndarray,
    method: str,
    *,
    seed: int = 0,
    steps: int | None = None,
    maps: np.ndarray | None = None,
) -> Randomisation:
    """Draw the network's layers anew from the output down and see how a method's maps change.

    Parameters
    ----------
    network : left as it is; a copy is randomised.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    labels : ``(n,)``, the class that is explained.
    method : a key of ``METHODS``.
    seed : of the new weights.
    steps : compare after about this many layers only, the last always among them; every layer by default.
    maps : the method's maps of ``pixels``, ``(n, height, width)``, where they are at hand.

    Returns
    -------
    Randomisation

    References
    ----------
    Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018, section 3.1 (cascading randomisation).
    """
    generator = torch.Generator().manual_seed(seed)
    first = attribute(network, pixels, labels, method) if maps is None else maps
    drawn = copy.deepcopy(network)
    layers = [(n, m) for n, m in drawn.named_modules() if any(True for _ in m.parameters(recurse=False))][
        ::-1
    ]
    compared = set(
        np.linspace(0, len(layers) - 1, min(steps or len(layers), len(layers))).round().astype(int)
    )
    names, similarities = [], []
    for place, (name, module) in enumerate(layers):
        randomise_layer(module, generator)
        if place in compared:
            names.append(name.removeprefix(PREFIX))
            similarities.append(rank_correlations(first, attribute(drawn, pixels, labels, method)))
    return Randomisation(tuple(names), np.stack(similarities))
