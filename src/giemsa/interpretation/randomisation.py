"""The sanity check by randomisation: a map that stays the same when the weights are drawn anew does not show what was learnt.

Every layer is drawn anew, and the map is compared with the first one by rank correlation of its absolute values. One that still
resembles it shows the image, not the network. How alike they are depends more on the draw than on the images: in ten draws, the
mean of Grad-CAM++ over twenty images of BloodMNIST was .28 to .73. So each image meets random weights of its own, and the spread
over images is that over draws too.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.attribution import attribute
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import images_at_a_time
from giemsa.seeds import derive_seed

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


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
    maps: np.ndarray | None = None,
) -> np.ndarray:
    """Compare the map of each image with that of the same network with every layer drawn anew, one draw an image.

    Parameters
    ----------
    network : left as it is; copies are randomised.
    pixels : ``(n, channels, height, width)``, 0 to 1; all of them settle the norms of each random network.
    labels : ``(n,)``, the class that is explained.
    method : a key of ``METHODS``.
    seed : of the new weights.
    maps : the method's maps of ``pixels``, ``(n, height, width)``, where they are at hand.

    Returns
    -------
    ndarray : ``(n,)``, rank correlation of each image's map with its first one, -1 to 1; NaN where one of the two is blank, so
        that there is nothing to compare.

    References
    ----------
    Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018, section 3.1, at the end of the cascade.
    """
    first = attribute(network, pixels, labels, method) if maps is None else maps
    redrawn = [
        attribute(
            _randomised(network, pixels, derive_seed(seed, "random weights", place)),
            pixels[place : place + 1],
            labels[place : place + 1],
            method,
        )
        for place in range(len(pixels))
    ]
    return rank_correlations(first, np.concatenate(redrawn))


def _randomised(network: nn.Module, pixels: Tensor, seed: int) -> nn.Module:
    """Return a copy with every layer random and norms that fit it."""
    generator = torch.Generator().manual_seed(seed)
    drawn = copy.deepcopy(network)
    for module in drawn.modules():
        randomise_layer(module, generator)
    settle_norms(drawn, pixels)
    return drawn
