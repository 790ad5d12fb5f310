"""Stability: a map should move with the image and else stay as it is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.attribution import attribute
from giemsa.training.augmentation import shift

MOVES = ((0, 1), (1, 0))


def stability(
    network: nn.Module,
    pixels: Tensor,
    labels: np.ndarray,
    method: str,
    *,
    moves: tuple = MOVES,
    maps: np.ndarray | None = None,
) -> np.ndarray:
    """Correlate each image's map with the maps of the image moved by a pixel, moved back.

    Parameters
    ----------
    network, pixels, labels, method : as in :func:`giemsa.interpretation.randomisation.check_by_randomisation`.
    moves : pixels down and right.
    maps : the method's maps of ``pixels``, ``(n, height, width)``, where they are at hand.

    Returns
    -------
    ndarray : ``(n,)``, the mean correlation over the moves, -1 to 1; NaN where one of the maps is constant. A border as wide as
        the largest move is left out.
    """
    first = attribute(network, pixels, labels, method) if maps is None else maps
    edge = max(abs(step) for move in moves for step in move)
    inner = (slice(None), slice(edge, first.shape[1] - edge), slice(edge, first.shape[2] - edge))
    each = []
    for down, right in moves:
        moved = attribute(
            network, shift(pixels, torch.tensor([[down, right]]).expand(len(pixels), 2)), labels, method
        )
        each.append(_correlations(first[inner], np.roll(moved, (-down, -right), axis=(1, 2))[inner]))
    return np.mean(each, axis=0)


def _correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each pair of maps, ``(n,)``; NaN where one of them is constant."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (first, second))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    lengths = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where(lengths > 0, lengths, np.nan)
