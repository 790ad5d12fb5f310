"""The grid pointing game: four cells of four classes in one mosaic, and the map must point at the right one.

Only a network that pools globally can take the mosaic, which is twice as high and wide as what it was trained on. The score of
a map is the part of its positive attribution that falls into the right quarter; 1/4 is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.attribution import attribute_classes
from giemsa.interpretation.passes import evaluating

KEPT = 0.75  # of the answers, from which a mosaic counts as taken


@dataclass(frozen=True, eq=False)
class Mosaics:
    """Mosaics of 2x2 images.

    Parameters
    ----------
    pixels : ``(m, channels, 2 * height, 2 * width)``, 0 to 1.
    labels : ``(m, 4)``, the classes of the quarters: upper left, upper right, lower left, lower right.
    """

    pixels: Tensor
    labels: np.ndarray


def choose_quarters(
    labels: np.ndarray, confidences: np.ndarray, *, count: int, generator: np.random.Generator
) -> np.ndarray:
    """Choose four images of four different classes for each mosaic.

    Parameters
    ----------
    labels, confidences : ``(n,)``, of the images that the network gets right: the class of each, and the probability that the
        network gives it.
    count : how many mosaics.
    generator : draws classes and, among the surer half of each class, images.

    Returns
    -------
    ndarray : ``(count, 4)``, int64, places among the ``n``.

    Raises
    ------
    ModelError : fewer than four classes.

    References
    ----------
    Böhle, Fritz and Schiele, Convolutional Dynamic Alignment Networks, CVPR 2021, section 4.2: images classified with the highest
    confidence, each class at most once a grid.
    """
    pools = {}
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        pools[int(label)] = members[np.argsort(-confidences[members])][: max(1, (len(members) + 1) // 2)]
    if len(pools) < 4:
        raise ModelError(f"the pointing game needs right answers in four classes, found {len(pools)}")
    chosen = np.stack([generator.choice(list(pools), 4, replace=False) for _ in range(count)])
    return np.vectorize(lambda label: generator.choice(pools[int(label)]))(chosen).astype(np.int64)


def make_mosaics(quarters: Tensor, labels: np.ndarray) -> Mosaics:
    """Put four images into each mosaic.

    Parameters
    ----------
    quarters : ``(m, 4, channels, height, width)``, 0 to 1, in reading order.
    labels : ``(m, 4)``, their classes.
    """
    rows = [torch.cat([quarters[:, i], quarters[:, i + 1]], dim=3) for i in (0, 2)]
    return Mosaics(torch.cat(rows, dim=2), labels)


def takes_mosaics(network: nn.Module, pixels: Tensor) -> bool:
    """Whether the network answers four times the same image as it answers the image, as one does that pools globally.

    Others may take the larger image too and see something else in it: they shrink it to their own size, or cut it into as many
    places as ever, each of which they read by weights of its own.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, some images of several classes; three in four must keep their answer.
    """
    with evaluating(network), torch.no_grad():
        try:
            alone, four = (network(seen).argmax(1) for seen in (pixels, pixels.repeat(1, 1, 2, 2)))
        except Exception:  # whatever a user's network raises
            return False
    return bool((alone == four).float().mean() >= KEPT)


def pointing_scores(maps: np.ndarray, quarter: np.ndarray) -> np.ndarray:
    """Return the part of each map's positive attribution that lies in the right quarter.

    Parameters
    ----------
    maps : ``(m, 2h, 2w)``, signed.
    quarter : ``(m,)``, 0 to 3, in reading order.

    Returns
    -------
    ndarray : ``(m,)``, 0 to 1; 1/4 where nothing is positive.

    Examples
    --------
    >>> maps = np.array([[[3.0, 1.0], [-5.0, 0.0]]])
    >>> pointing_scores(maps, np.array([0]))
    array([0.75])
    """
    positive = np.maximum(maps.astype(np.float64), 0)
    m, height, width = positive.shape
    parts = positive.reshape(m, 2, height // 2, 2, width // 2).sum(axis=(2, 4)).reshape(m, 4)
    total = parts.sum(axis=1)
    right = parts[np.arange(m), quarter]
    return np.where(total > 0, right / np.where(total > 0, total, 1.0), 0.25)


def play(
    network: nn.Module, mosaics: Mosaics, method: str, *, quarters: np.ndarray | None = None
) -> np.ndarray:
    """Let a method point at the classes of some quarters of each mosaic.

    Parameters
    ----------
    network : one that takes mosaics, see :func:`takes_mosaics`.
    mosaics : ``m`` of them.
    method : a key of ``METHODS``.
    quarters : ``(m, k)``, which to ask for, 0 to 3 in reading order; all four if not given.

    Returns
    -------
    ndarray : ``(m, k)``, the scores.
    """
    asked = np.tile(np.arange(4), (len(mosaics.labels), 1)) if quarters is None else quarters
    maps = attribute_classes(
        network, mosaics.pixels, np.take_along_axis(mosaics.labels, asked, axis=1), method
    )
    return np.stack(
        [pointing_scores(each, column) for each, column in zip(maps, asked.T, strict=True)], axis=1
    )


def spot(height: int, width: int) -> np.ndarray:
    """Return a round spot in the middle, ``(height, width)``, 0 to 1: where objects lie, whatever they are.

    Examples
    --------
    >>> int(spot(3, 3).argmax())
    4
    """
    y, x = (np.abs((np.arange(side) + 0.5) / (side / 2) - 1) for side in (height, width))
    return np.exp(-2 * (y[:, None] ** 2 + x[None] ** 2)).astype(np.float32)


def centre_maps(count: int, height: int, width: int) -> np.ndarray:
    """Return the centre baseline: a :func:`spot` in the middle of each quarter, ``(count, height, width)``.

    It knows where cells lie and nothing of classes.
    """
    return np.broadcast_to(np.tile(spot(height // 2, width // 2), (2, 2)), (count, height, width))
