"""The sanity check by randomisation: a map that stays the same when the weights are drawn anew does not show what was learnt.

The layers are drawn anew one after the other, from the output down, until none is left that has learnt. The map is compared with
the first one by rank correlation of its absolute values. One that still resembles it when every layer is random shows the image,
not the network.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.attribution import attribute
from giemsa.interpretation.layers import PREFIX
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import images_at_a_time

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, eq=False)
class Randomisation:
    """How a method's maps change as layers are drawn anew.

    Parameters
    ----------
    layers : those drawn anew, from the output down; each stays random.
    similarities : ``(steps, n)``: rank correlation of each image's map with its first one, -1 to 1, after each layer or after the
        last alone; NaN where one of the two is blank, so that there is nothing to compare.
    """

    layers: tuple[str, ...]
    similarities: np.ndarray

    @property
    def final(self) -> np.ndarray:
        """Similarity of each image's map when every layer is random, ``(n,)``."""
        return self.similarities[-1]


def randomise_layer(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the parameters of one module anew, in place, from a normal distribution around zero, as large as each one's own were.

    Around zero, as where a training begins: weights that kept a mean below zero would silence all that follows them.
    """
    with torch.no_grad():
        for parameter in module.parameters(recurse=False):
            draw = torch.randn(parameter.shape, generator=generator).to(parameter)
            parameter.copy_(draw * parameter.square().mean().sqrt())


def settle_norms(network: nn.Module, pixels: Tensor) -> None:
    """Let the batch norms take, in place, the moments of what they are given, as if a training had just begun.

    The moments of the trained layers do not fit the maps of random ones, which would come out far too large, or dead.
    """

    def take_moments(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        given = inputs[0]
        over = [axis for axis in range(given.ndim) if axis != 1]
        variance, mean = torch.var_mean(given, dim=over, correction=0)
        module.running_var.copy_(variance)  # type: ignore[operator]
        module.running_mean.copy_(mean)  # type: ignore[operator]

    norms = [m for m in network.modules() if isinstance(m, NORMS) and m.running_mean is not None]
    handles = [norm.register_forward_pre_hook(take_moments) for norm in norms]
    try:
        with evaluating(network), torch.no_grad():
            network(pixels[: images_at_a_time(pixels)])
    finally:
        for handle in handles:
            handle.remove()


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of the absolute values of two stacks of maps, ``(n, h, w)`` each, as ``(n,)``.

    A constant map has no order: with it, the correlation is NaN.

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
    return np.where(lengths > 0, (a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1.0), np.nan)


def check_by_randomisation(
    network: nn.Module,
    pixels: Tensor,
    labels: np.ndarray,
    method: str,
    *,
    seed: int = 0,
    each_layer: bool = True,
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
    each_layer : compare after each; else only when every layer is random.
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
    learning = [
        (name.removeprefix(PREFIX), module)
        for name, module in reversed(list(drawn.named_modules()))
        if any(True for _ in module.parameters(recurse=False))
    ]
    similarities = []
    for place, (_, module) in enumerate(learning, start=1):
        randomise_layer(module, generator)
        if each_layer or place == len(learning):
            settle_norms(drawn, pixels)
            similarities.append(rank_correlations(first, attribute(drawn, pixels, labels, method)))
    return Randomisation(tuple(name for name, _ in learning), np.stack(similarities))
