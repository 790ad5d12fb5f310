"""Which symmetry do one's own images have? Asked of the training images by short trainings, never assumed.

Half of them teach a small network and the other half judges it, and the other way round, once for each symmetry. So every image
judges, also those of a small set. Which way up an image is shows in a small one too, so large images are shrunk.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from giemsa.data.allocator import freed_memory_kept
from giemsa.data.dataset import SYMMETRIES, ImageDataset, Split, Symmetry
from giemsa.data.shrinking import block_means
from giemsa.data.splitting import assign_folds, cluster_images
from giemsa.progress import Progress
from giemsa.seeds import derive_seed
from giemsa.temperature import log_losses_at_best
from giemsa.training.brief import train_briefly
from giemsa.training.device import Compute, repeatable
from giemsa.training.recipes import Recipe
from giemsa.training.threads import side_by_side, team_of

TRIAL = Recipe(name="trial", model="convnet-light", epochs=1, minimum_steps=100, batch_size=32)
IMAGES = 4000  # that are asked, at most
SMALLEST, LARGEST = 8, 24  # pixels; smaller ones the trial's network does not take
NO_MATTER = 0.01  # a difference of cross-entropy that is not worth losing a symmetry for


@dataclass(frozen=True, eq=False)
class SymmetryTrial:
    """What each symmetry is worth on images that the networks had not seen.

    Parameters
    ----------
    losses : by symmetry, the fewest moves first, the cross-entropy of each image at the best temperature, ``(n,)``.
    """

    losses: dict[Symmetry, np.ndarray]

    @property
    def chosen(self) -> Symmetry:
        """The symmetry of the most moves whose mean loss is the least one, to within a standard error and a hundredth."""
        best = min(self.losses.values(), key=np.mean)
        differences = {name: each - best for name, each in self.losses.items()}
        least = [name for name, d in differences.items() if d.mean() <= NO_MATTER + d.std() / np.sqrt(len(d))]
        return least[-1]

    def to_json(self) -> dict[str, Any]:
        """Return the choice and the mean losses as a plain dict."""
        means = {name: float(each.mean()) for name, each in self.losses.items()}
        return {"chosen": self.chosen, "loss": means, "images": len(next(iter(self.losses.values())))}


def resolve_symmetry(
    data: ImageDataset,
    recipe: Recipe,
    *,
    seed: int,
    compute: Compute,
    progress: Progress | None = None,
) -> tuple[Symmetry, dict[str, Any] | None]:
    """Return the symmetry of the images, and the record of the trial where neither card nor recipe says it.

    Images of fewer than 8 pixels are taken to have none, without a trial.
    """
    if data.card.symmetry is not None:
        return data.card.symmetry, None
    if recipe.symmetry != "card":
        return recipe.symmetry, None
    if min(data.image_shape[:2]) < SMALLEST:
        return "none", None
    trial = try_symmetries(data, seed=seed, compute=compute, progress=progress)
    return trial.chosen, trial.to_json()


def try_symmetries(
    data: ImageDataset, *, seed: int, compute: Compute, progress: Progress | None = None
) -> SymmetryTrial:
    """Train a short time with each symmetry on each half of the training images, and judge on the other half.

    Parameters
    ----------
    data : of train at most 4,000 images are asked; copies and images of one group stay in one half. Of images that are
        not square the middle is looked at, and they are not turned.
    seed : source of the choice of images, the halves and the trainings.
    compute : where, and in which number format.
    progress : called by the calling thread with trainings done, trainings in all, and words.
    """
    asked = _images_asked(data, derive_seed(seed, "images asked"))
    half_of = _halves(asked.train, derive_seed(seed, "halves"))
    height, width, _ = data.image_shape
    candidates = SYMMETRIES if height == width else SYMMETRIES[:2]
    shape = (len(half_of), len(data.class_names))
    logits = {candidate: np.empty(shape) for candidate in candidates}
    trainings = [(candidate, half) for candidate in candidates for half in (0, 1)]

    def learn(candidate: Symmetry, half: int) -> None:
        learning, judging = np.flatnonzero(half_of != half), np.flatnonzero(half_of == half)
        network = train_briefly(asked, learning, TRIAL, seed=seed, compute=compute, symmetry=candidate)
        logits[candidate][judging] = network.logits(asked.train.images[judging]).numpy()

    def tell(done: int) -> None:
        if progress:
            progress(done, len(trainings), "trial of symmetries")

    tell(0)
    with (
        # each training puts these two back to what it found, which may be what another one beside it had set
        torch.random.fork_rng(devices=[]),
        repeatable(),
        freed_memory_kept(),
        # whose batches are too small to be shared among threads
        team_of(side_by_side(compute.device, len(trainings))) as team,
    ):
        team.do([partial(learn, *training) for training in trainings], done=tell)
    losses = {name: log_losses_at_best(each, asked.train.labels) for name, each in logits.items()}
    return SymmetryTrial(losses)


def _images_asked(data: ImageDataset, seed: int) -> ImageDataset:
    """Return the data with at most so many training images, small and square, and no others; none is copied as large as it is."""
    places = np.sort(np.random.default_rng(seed).permutation(len(data.train))[:IMAGES])
    height, width, _ = data.image_shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    squares = data.train.images[:, top : top + side, left : left + side]
    corners = dataclasses.replace(data.train, images=squares[:, :1, :1])
    train, nothing = (
        dataclasses.replace(corners.subset(some), images=block_means(squares, -(-side // LARGEST), some))
        for some in (places, places[:0])
    )
    return dataclasses.replace(data, train=train, val=nothing, test=nothing)


def _halves(train: Split, seed: int) -> np.ndarray:
    """Return the half of each image, 0 or 1, ``(n,)``; images of a single patient have to judge each other."""
    clusters = cluster_images(train.images, train.groups)
    if len(np.unique(clusters)) < 2:
        clusters = np.arange(len(train))
    return assign_folds(train.labels, clusters, 2, seed=seed)
