"""What evaluating a run asks of its network and its data: logits in every view, the temperature, foreign and corrupted images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.errors import ModelError
from giemsa.evaluation.foreign import Network, NoveltyReport, measure_novelty
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.robustness import Robustness, measure_robustness
from giemsa.evaluation.validation_halves import SMALLEST_HALF, halves
from giemsa.progress import Progress
from giemsa.temperature import fit_temperature, softmax

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset, Split

STEPS = ("val", "temperature", "test", "scores", "foreign images", "corruptions", "figures")


@dataclass(frozen=True, eq=False)
class Stage:
    """One evaluation under way.

    Parameters
    ----------
    classifier : gives ``logits``, ``probabilities`` and ``features`` of ``uint8`` images.
    data : its data.
    views : views of each image that are averaged.
    seed : of every random choice.
    progress : told of each step done.
    """

    classifier: Any
    data: ImageDataset
    views: int = 1
    seed: int = 0
    progress: Progress | None = None

    def generator(self, purpose: int) -> np.random.Generator:
        """Return a generator of its own for each purpose."""
        return np.random.default_rng([self.seed, purpose])

    def done(self, step: str) -> None:
        """Tell that a step is done."""
        if self.progress:
            self.progress(STEPS.index(step) + 1, len(STEPS), step)

    def logits(self, split: Split) -> np.ndarray:
        """Return the logits of every image in every view, ``(views, n, classes)``, ``float64``."""
        from giemsa.training.classifier import refuse_undefined
        from giemsa.training.views import choose_views

        views = choose_views(self.classifier.symmetry, self.views)
        seen = [self.classifier.logits(turned(split.images, view)) for view in views]
        logits = np.stack([np.asarray(one, dtype=np.float64) for one in seen])
        refuse_undefined(logits)
        return logits

    def predictions(self, split: Split, logits: np.ndarray, temperature: float) -> Predictions:
        """Return what the network says of a split at a temperature, averaged over views."""
        averaged = softmax(logits / temperature).mean(axis=0)
        return Predictions(np.asarray(split.labels), averaged, self.data.class_names, _numbered(split.groups))

    def fit_temperature(self, logits: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Find the temperature on one half of val, patients whole; return it and the places of both halves.

        Where a half would hold fewer than 20 images, the temperature stays 1.
        """
        val = self.data.val
        fit, rest = halves(len(val), self.generator(3), val.groups)
        if min(len(fit), len(rest)) < SMALLEST_HALF:
            return 1.0, fit[:0], np.arange(len(val))
        labels = np.asarray(val.labels)[fit]
        return fit_temperature(logits[:, fit], labels), fit, rest

    def novelty(self, foreign: Mapping[str, np.ndarray] | None, sample: int | None) -> NoveltyReport | None:
        """Test the score for unfamiliar images; ``None`` for tiny images, or a network without a dense layer."""
        if min(self.data.image_shape[:2]) < 3:
            return None
        splits = {name: (split.images, np.asarray(split.labels)) for name, split in self.data.splits.items()}
        network = Network(self.classifier.features, self.classifier.probabilities)
        try:
            return measure_novelty(
                network,
                splits,
                generator=self.generator(5),
                groups=_numbered(self.data.test.groups),
                foreign=foreign,
                sample=sample,
            )
        except ModelError:
            return None

    def robustness(self, sample: int | None) -> Robustness:
        """Score corrupted test images, one view each."""
        test = self.data.test
        return measure_robustness(
            self.classifier.probabilities,
            test.images,
            np.asarray(test.labels),
            n_classes=len(self.data.class_names),
            generator=self.generator(6),
            sample=sample,
        )


def _numbered(groups: np.ndarray | None) -> np.ndarray | None:
    """Return groups ``(n,)`` as numbers from 0."""
    return None if groups is None else np.unique(groups, return_inverse=True)[1]


def turned(images: np.ndarray, view: int) -> np.ndarray:
    """Return images ``(n, h, w, c)`` mirrored left-right where ``view >= 4``, then turned ``view % 4`` quarters.

    The views are numbered as in :mod:`giemsa.training.views`.
    """
    if view >= 4:
        images = images[:, :, ::-1]
    return np.rot90(images, view % 4, axes=(1, 2)) if view % 4 else images
