"""Deletion and insertion: take away what a map calls important and the probability should fall; put it back and it should rise.

Pixels are covered by the image's own mean colour, or uncovered, in the order of the map. What counts is the area between the two
curves against that of a random order, since covered images are strange to the network whatever is covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.integrated_gradients import baseline_of
from giemsa.interpretation.probabilities import class_probabilities


@dataclass(frozen=True, eq=False)
class DeletionCurves:
    """The probability of the class as pixels are covered and uncovered.

    Parameters
    ----------
    fractions : ``(steps,)``, the part of the pixels that is covered (deletion) or uncovered (insertion), 0 to 1.
    deletion, insertion : ``(n, steps)``, calibrated probability of each image's class.
    """

    fractions: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """Area under insertion minus area under deletion, ``(n,)``, -1 to 1: above 0, the map orders pixels usefully."""
        return np.trapezoid(self.insertion - self.deletion, self.fractions, axis=1)


def deletion_curves(
    network: nn.Module, pixels: Tensor, labels: np.ndarray, maps: np.ndarray, *, steps: int = 12
) -> DeletionCurves:
    """Cover and uncover pixels in the order of a map.

    A network that divides each image by its own deviation has no answer to one that is covered whole; it counts as zero, for
    every map alike.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    labels : ``(n,)``, the class whose probability is followed.
    maps : ``(n, height, width)``; the largest values come first. Equal values come in the order of the rows.
    steps : points between nothing and all.

    Returns
    -------
    DeletionCurves

    References
    ----------
    Petsiuk, Das and Saenko, RISE, BMVC 2018, section 4.1.
    """
    n, size = len(pixels), pixels.shape[2] * pixels.shape[3]
    order = np.argsort(-maps.reshape(n, -1), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(size)[None], axis=1)
    ranks = torch.from_numpy(rank).view(n, 1, *pixels.shape[2:])
    cover = baseline_of(pixels, None)
    counts = np.linspace(0, size, steps + 1).round().astype(int)
    deletion, insertion = [], []

    def probabilities(seen: Tensor) -> np.ndarray:
        return np.nan_to_num(class_probabilities(network, seen, labels))

    for count in counts:
        first = ranks < int(count)
        deletion.append(probabilities(torch.where(first, cover, pixels)))
        insertion.append(probabilities(torch.where(first, pixels, cover)))
    return DeletionCurves(counts / size, np.stack(deletion, axis=1), np.stack(insertion, axis=1))
