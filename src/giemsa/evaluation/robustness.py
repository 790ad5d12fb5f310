"""How the balanced accuracy falls as images get worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from giemsa.data.blocks import blocks
from giemsa.evaluation.corruptions import SEVERITIES, corrupt, suite
from giemsa.evaluation.scores import balanced_accuracy, confusion_matrix
from giemsa.progress import Progress

AT_ONCE = 4096  # images of 28 pixels that are corrupted at a time
Predict = Callable[[np.ndarray], np.ndarray]
SUITE = (
    "giemsa's own corruption suite (not MedMNIST-C: other effects, other strengths, scaled to the image size)"
)


@dataclass(frozen=True, eq=False)
class Robustness:
    """Balanced accuracy under each corruption.

    Parameters
    ----------
    names : one a corruption.
    clean : balanced accuracy of the same images as they are.
    scores : ``(corruptions, 5)``, one a severity.
    n : images that it was measured on.
    of : images of the whole split.
    """

    names: tuple[str, ...]
    clean: float
    scores: np.ndarray
    n: int
    of: int

    @property
    def mean(self) -> float:
        """Mean over corruptions and severities."""
        return float(self.scores.mean())

    @property
    def weakest(self) -> str:
        """The corruption with the lowest mean over severities."""
        return self.names[int(self.scores.mean(axis=1).argmin())]

    def to_json(self) -> dict[str, object]:
        """Return a plain dict."""
        return {
            "suite": SUITE,
            "clean": self.clean,
            "mean": self.mean,
            "weakest": self.weakest,
            "severities": list(SEVERITIES),
            "balanced_accuracy": {
                name: row.tolist() for name, row in zip(self.names, self.scores, strict=True)
            },
            "n": self.n,
            "of": self.of,
        }


def measure_robustness(
    predict: Predict,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    n_classes: int,
    generator: np.random.Generator,
    sample: int | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Corrupt the images in every way and severity and score each.

    Parameters
    ----------
    predict : ``uint8`` images ``(n, h, w, c)`` to probabilities ``(n, classes)``.
    images, labels : of the test split.
    n_classes : number of classes.
    generator : chooses the sample and the corruptions' draws.
    sample : so many images instead of all, each class by its share.
    progress : called with conditions done, conditions in all, and a word.
    """
    chosen = stratified_sample(labels, sample, generator)
    truth, names = labels[chosen], suite(images.shape[3])

    def score(change: Callable[[np.ndarray], np.ndarray]) -> float:
        parts = blocks(len(chosen), images.shape[1:3], at_28=AT_ONCE)
        answers = [predict(change(np.asarray(images[chosen[part]]))) for part in parts]
        return _score(np.concatenate(answers), truth, n_classes)

    clean = score(lambda some: some)
    scores = np.empty((len(names), len(SEVERITIES)))
    for row, name in enumerate(names):
        for column, severity in enumerate(SEVERITIES):
            scores[row, column] = score(partial(corrupt, name=name, severity=severity, generator=generator))
            if progress:
                progress(row * len(SEVERITIES) + column + 1, scores.size, f"{name} {severity}")
    return Robustness(names, clean, scores, n=len(chosen), of=len(labels))


def stratified_sample(labels: np.ndarray, size: int | None, generator: np.random.Generator) -> np.ndarray:
    """Return the places of a sample in which each class keeps its share, at least one image each; sorted.

    Examples
    --------
    >>> labels = np.repeat([0, 1], [90, 10])
    >>> np.bincount(labels[stratified_sample(labels, 20, np.random.default_rng(0))]).tolist()
    [18, 2]
    """
    if size is None or size >= len(labels):
        return np.arange(len(labels))
    chosen = []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        wanted = max(1, round(size * len(places) / len(labels)))
        chosen.append(generator.permutation(places)[:wanted])
    return np.sort(np.concatenate(chosen))


def _score(probabilities: np.ndarray, labels: np.ndarray, n_classes: int) -> float:
    return float(balanced_accuracy(confusion_matrix(labels, probabilities.argmax(axis=1), n_classes)))
