"""What is looked into: a run's networks and small, balanced samples of its data, taken once for all looks."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from giemsa.data.dataset import ImageDataset, Split
from giemsa.errors import DataError, RunError
from giemsa.seeds import derive_seed
from giemsa.training.classifier import Classifier, copy_on_cpu, to_pixels
from giemsa.training.run import Run
from giemsa.training.views import VIEWS


@dataclass(frozen=True)
class Amounts:
    """How much is looked at; ``thorough`` takes more of everything.

    Parameters
    ----------
    checked : images in the checks of the attribution methods.
    mosaics : in the pointing game.
    mapped : images on the map of the features.
    compared : training images among which neighbours are searched.
    turned : images in the response to symmetries.
    layers : convolutions whose filters are drawn.
    fewest : images, or mosaics, that are checked, however large they are.
    """

    checked: int = 20
    mosaics: int = 24
    mapped: int = 600
    compared: int = 3000
    turned: int = 160
    layers: int = 3
    fewest: int = 8


HELD_IMAGES = 800
HELD_VALUES = 40_000_000  # numbers in all of them, so that large images do not fill the memory
SLICE = 1024
QUICK = Amounts()
THOROUGH = Amounts(
    checked=100, mosaics=250, mapped=1500, compared=1_000_000, turned=1000, layers=100, fewest=24
)


@dataclass(frozen=True, eq=False)
class Subject:
    """A run, opened for looking into.

    Parameters
    ----------
    network : the trained network on the CPU, a copy.
    untrained : the same before training; ``None`` where it is not known.
    data : what it was trained on. Images come from train and val; test is not looked at.
    amounts, seed : how much, and the source of every choice.
    """

    network: Classifier
    untrained: Classifier | None
    data: ImageDataset
    amounts: Amounts
    seed: int

    @property
    def looked_at(self) -> Split:
        """The split that images come from: val, or train where val is empty."""
        return self.data.val if len(self.data.val) else self.data.train

    @property
    def split_name(self) -> str:
        """Its name."""
        return "val" if len(self.data.val) else "train"

    def with_own_network(self) -> Subject:
        """Return the same with a copy of the network, for a thread of its own: looks put hooks into a network."""
        return replace(self, network=copy.deepcopy(self.network))

    def generator(self, purpose: str) -> np.random.Generator:
        """Return a generator for one purpose."""
        return np.random.default_rng(derive_seed(self.seed, f"interpret {purpose}"))

    def sample(self, labels: np.ndarray, count: int, purpose: str) -> np.ndarray:
        """Choose at most ``count`` places of those labels, each class alike as far as it goes, in order."""
        return balanced_sample(labels, count, self.generator(purpose))

    @property
    def views(self) -> tuple[int, ...]:
        """The turned and mirrored views in which an image keeps its meaning."""
        return VIEWS[self.network.symmetry]

    @property
    def held(self) -> int:
        """How many images may be held as pixels at once."""
        return min(HELD_IMAGES, HELD_VALUES // int(np.prod(self.data.image_shape)))

    def like(self) -> np.ndarray:
        """Choose training images, of all classes, from which a made image takes its statistics."""
        return self.sample(self.data.train.labels, self.held, "statistics")

    def pixels(self, split: Split, places: np.ndarray) -> Tensor:
        """Return images as the network takes them."""
        return to_pixels(np.asarray(split.images[places]))

    def features(self, split: Split, places: np.ndarray) -> np.ndarray:
        """Return the network's features of images, ``(n, d)``, of which few are copied at a time."""
        parts = (places[start : start + SLICE] for start in range(0, len(places), SLICE))
        return np.concatenate([self.network.features(np.asarray(split.images[part])) for part in parts])


def open_subject(run: Run, *, thorough: bool, seed: int) -> Subject:
    """Open a run for looking into.

    Raises
    ------
    DataError : its data has no images.
    """
    data = run.data()
    if not len(data.train):
        raise DataError("the run's data has no training images, so there is nothing to look at")
    try:
        untrained: Classifier | None = copy_on_cpu(run.initial_classifier())
    except RunError:
        untrained = None
    network = copy_on_cpu(run.classifier)
    amounts = fewer(THOROUGH if thorough else QUICK, data.image_shape)
    return Subject(network, untrained, data, amounts, seed)


def fewer(amounts: Amounts, image_shape: tuple[int, int, int]) -> Amounts:
    """Check fewer images where they are larger than 64x64, so that the checks take about as long."""
    share = min(1.0, 64 * 64 / (image_shape[0] * image_shape[1]))
    checked, mosaics, turned = (
        max(amounts.fewest, round(x * share)) for x in (amounts.checked, amounts.mosaics, amounts.turned)
    )
    return replace(amounts, checked=checked, mosaics=mosaics, turned=turned)


def balanced_sample(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return at most ``count`` places, as evenly over the classes as their sizes allow, sorted.

    Examples
    --------
    >>> balanced_sample(np.array([0, 0, 0, 0, 1]), 3, np.random.default_rng(0)).size
    3
    """
    order = generator.permutation(len(labels))
    turn = np.empty(len(labels), dtype=np.int64)  # how many of its class stand before it in the order
    seen: dict[int, int] = {}
    for place in order:
        label = int(labels[place])
        turn[place] = seen.get(label, 0)
        seen[label] = turn[place] + 1
    ranked = order[np.argsort(turn[order], kind="stable")]
    return np.sort(ranked[:count])
