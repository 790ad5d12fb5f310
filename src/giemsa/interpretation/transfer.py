"""Is a made image a picture of the class, or only a key to one lock?

It was made to convince one network in views such as those that are looked at here. What it is beyond that, a second network and
the distance to real images tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.probabilities import class_probabilities
from giemsa.training.augmentation import shift
from giemsa.training.views import turn_all

SHIFTS = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True, eq=False)
class MadeImages:
    """How far made images convince.

    Parameters
    ----------
    own : ``(n,)``, calibrated probability that the network gives the class it was asked for.
    moved : ``(n,)``, the mean of the same over the views that keep the meaning, and over shifts by a pixel: the views that it was
        made for.
    second : ``(n,)``, what a second, independently trained network gives; ``None`` without one.
    distance : ``(n,)``, root mean square distance to the nearest real image of the class, in the unit of the pixels, 0 to 1.
    typical : ``(n,)``, the same from real images of the class to their own nearest one, as median.
    nearest : ``(n,)``, int64, place of that nearest real image.
    """

    own: np.ndarray
    moved: np.ndarray
    second: np.ndarray | None
    distance: np.ndarray
    typical: np.ndarray
    nearest: np.ndarray


def judge_made_images(
    network: nn.Module,
    pixels: Tensor,
    labels: np.ndarray,
    *,
    real: Tensor,
    real_labels: np.ndarray,
    second: nn.Module | None = None,
    views: tuple[int, ...] = tuple(range(8)),
) -> MadeImages:
    """Measure made images: how far they convince, also moved and shown to a second network, and how near real images lie.

    Parameters
    ----------
    network : the one that they were made with.
    pixels : ``(n, channels, height, width)``, 0 to 1, square.
    labels : ``(n,)``, the class that each was made for.
    real, real_labels : real images ``(m, channels, height, width)`` and their classes.
    second : another network, trained apart.
    views : those that keep an image's meaning, as :func:`giemsa.training.views.turn_all` counts them.

    Returns
    -------
    MadeImages
    """
    seen = [turn_all(pixels, view) for view in views]
    seen += [shift(pixels, torch.tensor([move]).expand(len(pixels), 2)) for move in SHIFTS]
    moved = np.mean([class_probabilities(network, view, labels) for view in seen], axis=0)
    distances, typical, nearest = [], [], []
    for image, label in zip(pixels, labels, strict=True):
        members = np.flatnonzero(real_labels == label)
        if not len(members):
            distances.append(np.nan)
            typical.append(np.nan)
            nearest.append(-1)
            continue
        own = real[torch.from_numpy(members)]
        far = (own - image).square().mean((1, 2, 3)).sqrt()
        distances.append(float(far.min()))
        nearest.append(int(members[int(far.argmin())]))
        typical.append(_typical_distance(own[:200]))
    return MadeImages(
        class_probabilities(network, pixels, labels),
        moved,
        class_probabilities(second, pixels, labels) if second is not None else None,
        np.array(distances),
        np.array(typical),
        np.array(nearest, dtype=np.int64),
    )


def _typical_distance(images: Tensor) -> float:
    """Median distance of images to their nearest one."""
    if len(images) < 2:
        return float("nan")
    flat = images.flatten(1)
    between = torch.cdist(flat, flat) / flat.shape[1] ** 0.5
    return float(between.fill_diagonal_(torch.inf).min(1).values.median())
