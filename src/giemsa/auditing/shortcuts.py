"""Shortcuts: can the label be told from what should not tell it?

A plain model, a Gaussian for each class with one covariance, guesses the label from a table of named numbers; its balanced
accuracy under cross-validation is set against what the same model reaches on shuffled labels. The model has closed forms, so
that all shuffles are one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from giemsa.evaluation.intervals import balanced_wilson, wilson

LEVEL = 0.01  # of the test against shuffled labels
FOLDS = 5
SHUFFLES = 99


@dataclass(frozen=True)
class Tell:
    """A feature that sets one class apart from the others.

    Parameters
    ----------
    feature : its name.
    label : the class.
    auc : area under the ROC curve of the feature alone, this class against all others, turned so that it is at least 0.5.
    shift : mean of the class less that of the others, in standard deviations of the feature.
    low, high : 95 % interval of ``auc``; copies, and images of one patient, count as one.
    """

    feature: str
    label: int
    auc: float
    shift: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ShortcutCheck:
    """What a plain model makes of a table of features.

    Parameters
    ----------
    features : names of the columns.
    balanced_accuracy : of the plain model under cross-validation; ``nan`` where it could not be measured.
    low, high : its 95 % interval; copies, and images of one patient, count as one.
    chance : one divided by the number of classes present.
    shuffled : ``(shuffles,)`` balanced accuracies on shuffled labels.
    probability : share of shuffles, counting the true labels as one, that do as well.
    recalls : ``(classes,)``; ``nan`` for a class that is too small.
    tells : the features that give most away, the strongest first.
    """

    features: tuple[str, ...]
    balanced_accuracy: float
    low: float
    high: float
    chance: float
    shuffled: np.ndarray
    probability: float
    recalls: np.ndarray
    tells: tuple[Tell, ...]

    @property
    def claimed(self) -> bool:
        """Whether the labels can be told from these features, surely and by more than chance."""
        return bool(self.probability <= LEVEL and self.low > self.chance)


def check_shortcuts(
    features: Mapping[str, np.ndarray],
    labels: np.ndarray,
    n_classes: int,
    *,
    groups: np.ndarray | None = None,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> ShortcutCheck:
    """Try to tell the labels from ``features`` with a plain model.

    Parameters
    ----------
    features : ``(n,)`` by name; may be empty.
    labels : ``(n,)``, 0 to ``n_classes - 1``.
    n_classes : number of classes.
    groups : ``(n,)`` integers; images of one group (duplicates, a patient) stay in one fold. When shuffled, groups of one label
        change labels as wholes among each other, the images of mixed groups among themselves.
    shuffles : number of shuffled labellings.
    seed : source of folds and shuffles.

    Returns
    -------
    ShortcutCheck : nothing is claimed where fewer than two classes have at least as many images as folds.
    """
    names = tuple(features)
    usable = np.bincount(labels, minlength=n_classes) >= FOLDS
    kept = usable[labels]
    units = np.unique(np.arange(len(labels))[kept] if groups is None else groups[kept], return_inverse=True)[
        1
    ]
    if not names or usable.sum() < 2 or len(np.unique(units)) < 2 * FOLDS:
        nothing = np.full(n_classes, np.nan)
        return ShortcutCheck(names, np.nan, np.nan, np.nan, np.nan, np.empty(0), 1.0, nothing, ())
    table, truth = expand(np.stack([features[name][kept] for name in names], axis=1)), labels[kept]
    generator = np.random.default_rng(seed)
    fold_of = generator.permutation(np.arange(units.max() + 1) % FOLDS)[units]
    labellings = np.stack([truth, *(shuffle(truth, units, generator) for _ in range(shuffles))])
    recalls = cross_validated_recalls(table, labellings, fold_of, n_classes)
    accuracies = np.nanmean(recalls, axis=1)
    units_of_class = np.bincount(np.unique(np.stack([truth, units]), axis=1)[0], minlength=n_classes)
    low, high = balanced_wilson(np.nan_to_num(recalls[0]) * units_of_class, units_of_class)
    return ShortcutCheck(
        features=names,
        balanced_accuracy=float(accuracies[0]),
        low=low,
        high=high,
        chance=float(1 / usable.sum()),
        shuffled=accuracies[1:],
        probability=float((1 + (accuracies[1:] >= accuracies[0]).sum()) / (1 + shuffles)),
        recalls=recalls[0],
        tells=find_tells(features, labels, n_classes, groups=groups),
    )


def expand(table: np.ndarray) -> np.ndarray:
    """Standardise the columns of ``(n, d)`` and add their squares, so that a class may stand out by being in the middle."""
    scale = table.std(axis=0)
    standard = np.clip((table - table.mean(axis=0)) / np.where(scale > 0, scale, 1), -4, 4)
    return np.concatenate([standard, standard**2], axis=1)


def shuffle(labels: np.ndarray, units: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return labels ``(n,)`` shuffled between whole ``units`` ``(n,)`` of one label, and between the images of the others."""
    label_of = np.full(units.max() + 1, -1)
    label_of[units[::-1]] = labels[::-1]
    pure = np.ones(len(label_of), dtype=bool)
    pure[units[label_of[units] != labels]] = False
    label_of[pure] = generator.permutation(label_of[pure])
    shuffled, mixed = label_of[units], ~pure[units]
    shuffled[mixed] = generator.permutation(labels[mixed])
    return shuffled


def cross_validated_recalls(
    table: np.ndarray, labellings: np.ndarray, fold_of: np.ndarray, n_classes: int
) -> np.ndarray:
    """Return the recall of each class under each labelling, ``(labellings, classes)``; ``nan`` for a class without images.

    Each image is given to the class whose mean, over the images of the other folds, is nearest in the metric of the covariance:
    Fisher's linear discriminant with equal priors.

    Parameters
    ----------
    table : ``(n, d)`` features.
    labellings : ``(labellings, n)`` whole numbers.
    fold_of : ``(n,)`` fold in which an image is held out.
    n_classes : number of classes.
    """
    n_labellings = len(labellings)
    hits = np.zeros((n_labellings, n_classes))
    for fold in np.unique(fold_of):
        out = fold_of == fold
        white = _whiten(table[~out])
        known, unknown = white(table[~out]), white(table[out])
        for which, labelling in enumerate(labellings):
            means, present = _class_means(known, labelling[~out], n_classes)
            closeness = unknown @ means.T - 0.5 * (means**2).sum(axis=1)
            guess = np.where(present, closeness, -np.inf).argmax(axis=1)
            right = guess == labelling[out]
            hits[which] += np.bincount(labelling[out][right], minlength=n_classes)
    sizes = np.stack([np.bincount(labelling, minlength=n_classes) for labelling in labellings])
    with np.errstate(invalid="ignore"):
        return np.where(sizes > 0, hits / np.maximum(sizes, 1), np.nan)


def _whiten(table: np.ndarray):  # type: ignore[no-untyped-def]
    """Return the function that makes the covariance of ``table`` ``(n, d)`` the identity."""
    mean = table.mean(axis=0)
    covariance = np.atleast_2d(np.cov(table, rowvar=False)) + 1e-6 * np.eye(table.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    projection = vectors / np.sqrt(np.maximum(values, 1e-6))
    return lambda rows: (rows - mean) @ projection


def _class_means(table: np.ndarray, labels: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    counts = np.bincount(labels, minlength=n_classes)
    members = np.zeros((n_classes, len(labels)))
    members[labels, np.arange(len(labels))] = 1
    return members @ table / np.maximum(counts, 1)[:, None], counts > 0


def find_tells(
    features: Mapping[str, np.ndarray],
    labels: np.ndarray,
    n_classes: int,
    *,
    groups: np.ndarray | None = None,
) -> tuple[Tell, ...]:
    """Return the features that set a class apart, corrected for the number of looks (Bonferroni, 1 %), the strongest first.

    How sure that is goes by the number of ``groups``, as in :func:`check_shortcuts`: many images of one patient tell no more
    than one would.
    """
    looks = max(len(features) * n_classes, 1)
    sure = stats.norm.ppf(1 - LEVEL / (2 * looks))
    units = np.arange(len(labels)) if groups is None else groups
    own_of = [labels == label for label in range(n_classes)]
    sizes = [(len(np.unique(units[own])), len(np.unique(units[~own]))) for own in own_of]
    found = []
    for name, values in features.items():
        ranks = stats.rankdata(values)
        spread = values.std() or 1.0
        for label, (own, (n_own, n_others)) in enumerate(zip(own_of, sizes, strict=True)):
            if min(n_own, n_others) < FOLDS:
                continue
            area = (ranks[own].mean() - (own.sum() + 1) / 2) / (~own).sum()
            null = np.sqrt((n_own + n_others + 1) / (12 * n_own * n_others))
            if abs(area - 0.5) < sure * null:
                continue
            strength = float(max(area, 1 - area))
            shift = float((values[own].mean() - values[~own].mean()) / spread)
            found.append(Tell(name, label, strength, shift, *_area_interval(strength, n_own, n_others)))
    return tuple(sorted(found, key=lambda tell: -tell.auc))


def strongest_tells(tells: tuple[Tell, ...]) -> tuple[Tell, ...]:
    """Return the strongest tell of each class, the strongest first."""
    first: dict[int, Tell] = {}
    for tell in tells:
        first.setdefault(tell.label, tell)
    return tuple(first.values())


def _area_interval(area: float, n_own: int, n_others: int) -> tuple[float, float]:
    """Return the 95 % interval of an area under the ROC curve, by its standard error, or Wilson's where it is 1 and has none."""
    if area == 1:
        return wilson(area, min(n_own, n_others))
    half = 1.96 * _area_error(area, n_own, n_others)
    return max(area - half, 0.5), min(area + half, 1.0)


def _area_error(area: float, n_own: int, n_others: int) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil, Radiology 143 (1982) 29)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (n_own - 1) * (q1 - area**2) + (n_others - 1) * (q2 - area**2)) / (
        n_own * n_others
    )
    return float(np.sqrt(max(variance, 0)))
