"""Is an image unlike anything in the training data? A distance in the network's own features, and how well it tells.

A softmax must name a class for anything, an X-ray or noise too, and is often certain of it. The distance to the nearest class
says more. It is tested against foreign images: other data sets where they are at hand, and made ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import check_predictions
from giemsa.evaluation.ranking import auc
from giemsa.evaluation.resampling import draw_weights, prepare
from giemsa.evaluation.scorecard import interval_of

ACCEPTED = 0.99  # share of known images that the threshold lets pass


@dataclass(frozen=True, eq=False)
class Familiarity:
    """Where the training images of each class lie in one space of measures.

    Parameters
    ----------
    centres : ``(classes, d)``, whitened means.
    whitening : ``(d, d)``, turns distances into Mahalanobis distances.
    unit_length : whether measures are brought to unit length first.
    """

    centres: np.ndarray
    whitening: np.ndarray
    unit_length: bool

    def distances(self, measures: np.ndarray) -> np.ndarray:
        """Return the distance of ``measures`` ``(n, d)`` to the nearest class, ``(n,)``; higher is stranger."""
        white = _prepared(measures, self.unit_length) @ self.whitening
        squares = (white**2).sum(axis=1)[:, None] + (self.centres**2).sum(axis=1)[None]
        return np.sqrt(np.maximum((squares - 2 * white @ self.centres.T).min(axis=1), 0))


def fit_familiarity(measures: np.ndarray, labels: np.ndarray, *, unit_length: bool = True) -> Familiarity:
    """Learn class centres and their shared spread from training images.

    Parameters
    ----------
    measures : ``(n, d)``, such as a network's features.
    labels : ``(n,)``.
    unit_length : bring each row to unit length first; right for a network's features, wrong for measures with units.

    References
    ----------
    Lee et al., A simple unified framework for detecting out-of-distribution samples, NeurIPS 2018, equations 1 and 2; on
    features of unit length as in Mueller and Hein, Mahalanobis++, ICML 2025.
    """
    prepared = _prepared(measures, unit_length)
    known = np.unique(labels)
    means = np.stack([prepared[labels == label].mean(axis=0) for label in known])
    within = prepared - means[np.searchsorted(known, labels)]
    values, vectors = np.linalg.eigh(within.T @ within / len(within))
    # directions of next to no spread would make every rounding error a distance
    floor = max(values.max() * 1e-6, 1e-12)
    whitening = vectors / np.sqrt(np.maximum(values, floor))
    return Familiarity(means @ whitening, whitening, unit_length)


@dataclass(frozen=True, eq=False)
class Novelty:
    """A score for images unlike the training data: the worse of two distances, in features and in looks.

    A network's features may hide what is plain to see (the tutorial's network takes noise for a cell), and looks know nothing of
    what a cell is; an image must be familiar in both.

    Parameters
    ----------
    features, looks : the two spaces.
    centres, spreads : median and standard deviation of the two distances on val.
    """

    features: Familiarity
    looks: Familiarity
    centres: tuple[float, float]
    spreads: tuple[float, float]

    def scores(self, features: np.ndarray, looks: np.ndarray) -> np.ndarray:
        """Return the score of images with these ``features`` ``(n, d)`` and ``looks`` ``(n, e)``, ``(n,)``.

        It is in standard deviations of val above val's median; higher is stranger.
        """
        distances = (self.features.distances(features), self.looks.distances(looks))
        scaled = [
            (distance - centre) / spread
            for distance, centre, spread in zip(distances, self.centres, self.spreads, strict=True)
        ]
        return np.maximum(*scaled)


Measures = tuple[np.ndarray, np.ndarray]


def learn_novelty(train: Measures, labels: np.ndarray, val: Measures) -> Novelty:
    """Learn what is familiar from train, and the two distances' scales from val.

    Parameters
    ----------
    train, val : features ``(n, d)`` and looks ``(n, e)``.
    labels : of train.
    """
    features = fit_familiarity(train[0], labels)
    seen = fit_familiarity(train[1], labels, unit_length=False)
    distances = features.distances(val[0]), seen.distances(val[1])
    first, second = (float(np.median(one)) for one in distances)
    spreads = [max(float(one.std()), 1e-12) for one in distances]
    return Novelty(features, seen, (first, second), (spreads[0], spreads[1]))


def choose_threshold(known_scores: np.ndarray, *, accepted: float = ACCEPTED) -> float:
    """Return the score below which ``accepted`` of the known images lie."""
    return float(np.quantile(known_scores, accepted))


@dataclass(frozen=True, eq=False)
class NoveltyTest:
    """How well one kind of foreign image is told from the test split.

    Parameters
    ----------
    name : what the images are.
    made : whether they were made, rather than photographed.
    auroc : probability that a foreign image scores higher than a test image.
    caught : share of foreign images above the threshold.
    mean_confidence : the classifier's mean certainty about them.
    """

    name: str
    made: bool
    auroc: Score
    caught: float
    mean_confidence: float

    def to_json(self) -> dict[str, object]:
        """Return a plain dict."""
        return {
            "name": self.name,
            "made": self.made,
            "auroc": self.auroc.to_json(),
            "caught": self.caught,
            "mean_confidence": self.mean_confidence,
        }


def separation(
    known_scores: np.ndarray,
    foreign_scores: np.ndarray,
    *,
    generator: np.random.Generator,
    groups: np.ndarray | None = None,
    resamples: int = 500,
) -> Score:
    """Return the AUROC of telling foreign from known, with the interval that every AUROC has.

    Parameters
    ----------
    known_scores, foreign_scores : ``(n,)`` and ``(m,)``; higher is stranger.
    generator : source of the resamples.
    groups : ``(n + m,)``, the patient or slide of the known and then of the foreign images, which are drawn as wholes; all are
        independent if not given.
    resamples : number of bootstrap resamples.

    Returns
    -------
    Score : with the number of foreign images.

    Examples
    --------
    >>> separation(np.array([1.0, 2.0]), np.array([3.0, 4.0]), generator=np.random.default_rng(0)).value
    1.0
    """
    from scipy import stats

    strange = stats.rankdata(np.concatenate([known_scores, foreign_scores])) / (
        len(known_scores) + len(foreign_scores)
    )
    both = check_predictions(
        np.repeat([0, 1], [len(known_scores), len(foreign_scores)]),
        np.stack([1 - strange, strange], axis=1),
        groups=groups,
    )
    prepared = prepare(both)
    ranking = prepared.rankings[1]
    value = float(auc(*ranking.weigh(np.ones((len(both), 1))))[0])
    draws = draw_weights(len(both), resamples=resamples, generator=generator, groups=both.groups)
    drawn = np.concatenate([auc(*ranking.weigh(weights)) for weights in draws])
    return Score(value, *interval_of("auc", value, drawn, both, prepared), n=len(foreign_scores))


def made_images(images: np.ndarray, *, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return images that no microscope takes, each kind of the shape of ``images`` ``(n, h, w, c)``, ``uint8``."""
    height, width = images.shape[1:3]
    flat = np.broadcast_to(generator.integers(0, 256, (len(images), 1, 1, images.shape[3])), images.shape)
    return {
        "noise": generator.integers(0, 256, images.shape).astype(np.uint8),
        "blank": flat.astype(np.uint8),
        "negative": 255 - images,
        "shuffled pieces": _shuffled(images, max(1, height // 4), max(1, width // 4), generator),
    }


def _shuffled(images: np.ndarray, height: int, width: int, generator: np.random.Generator) -> np.ndarray:
    rows, columns = images.shape[1] // height, images.shape[2] // width
    cut = images[:, : rows * height, : columns * width]
    pieces = cut.reshape(len(images), rows, height, columns, width, -1).transpose(0, 1, 3, 2, 4, 5)
    pieces = pieces.reshape(len(images), rows * columns, height, width, -1)
    pieces = pieces[:, generator.permutation(rows * columns)]
    joined = pieces.reshape(len(images), rows, columns, height, width, -1).transpose(0, 1, 3, 2, 4, 5)
    shuffled = images.copy()
    shuffled[:, : rows * height, : columns * width] = joined.reshape(cut.shape)
    return shuffled


def fit_to_shape(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Bring ``uint8`` images ``(n, h, w[, c])`` of another set to ``shape``: grey to RGB or back, resized by area."""
    from PIL import Image

    mode = "L" if shape[2] == 1 else "RGB"
    fitted = np.empty((len(images), *shape), dtype=np.uint8)
    for place, image in enumerate(images):
        plane = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
        picture = Image.fromarray(plane).convert(mode)
        if picture.size != (shape[1], shape[0]):
            picture = picture.resize((shape[1], shape[0]), Image.Resampling.BICUBIC, reducing_gap=3.0)
        fitted[place] = np.asarray(picture).reshape(shape)
    return fitted


def _prepared(measures: np.ndarray, unit_length: bool) -> np.ndarray:
    measures = np.asarray(measures, dtype=np.float64)
    if not unit_length:
        return measures
    return measures / np.maximum(np.linalg.norm(measures, axis=1, keepdims=True), 1e-12)
