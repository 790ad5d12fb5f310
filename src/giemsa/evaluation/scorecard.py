"""Every score of a split, for the whole and for each class, with its interval and its number of images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.calibration import calibration_replicates, classwise_errors, reliability
from giemsa.evaluation.intervals import (
    Score,
    balanced_wilson,
    effective_wilson,
    hall,
    recentred_percentiles,
)
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import RESAMPLES, WeightedScores, draw_weights, prepare
from giemsa.evaluation.scores import confusion_matrix
from giemsa.evaluation.shares import HALF_A_MISTAKE, PARTS, count_units, doubt_of, score_share
from giemsa.wording import listed

LOSSES = {"log_loss": "log_losses", "brier": "brier_scores"}
FLOORS = {"matthews": -1.0, "kappa": -1.0}
FEW_GROUPS = 20
FEW_IMAGES = 20  # of a class of which there are also fewer than a quarter of the mean
CLASS_MEANS = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "auc", "average_precision")
RANKINGS = ("auc", "average_precision")
LARGEST_LOG_LOSS = -math.log(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Scorecard:
    """The scores of one split.

    Parameters
    ----------
    whole : one score a name, such as ``accuracy``; the keys of ``metrics.json``.
    by_class : for each class, one score a name.
    confusion : ``(classes, classes)`` counts, rows true.
    class_names : one a class.
    notes : a sentence for each score that is undefined, or rests on fewer classes, on few images of a class, or on few groups.
    """

    whole: Mapping[str, Score]
    by_class: tuple[Mapping[str, Score], ...]
    confusion: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def support(self) -> np.ndarray:
        """Images of each true class, ``(classes,)``."""
        return self.confusion.sum(axis=1)

    def to_json(self) -> dict[str, object]:
        """Return everything as a plain dict."""
        rows = zip(self.class_names, self.support, self.by_class, strict=True)
        return {
            "scores": {name: score.to_json() for name, score in self.whole.items()},
            "classes": [
                {"class": name, "support": int(support)}
                | {key: score.to_json() for key, score in scores.items()}
                for name, support, scores in rows
            ],
            "confusion": self.confusion.tolist(),
            "notes": list(self.notes),
        }


def score_predictions(
    predictions: Predictions, *, generator: np.random.Generator, resamples: int = RESAMPLES
) -> Scorecard:
    """Compute every score with its 95 % interval.

    Parameters
    ----------
    predictions : labels and probabilities; its groups, where known, are resampled as wholes. There is no interval where fewer
        than two groups stand behind a score.
    generator : source of the resamples.
    resamples : number of bootstrap resamples; 0 leaves all intervals that need them ``nan``.

    Examples
    --------
    >>> from giemsa.evaluation.predictions import check_predictions
    >>> both = check_predictions([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> card = score_predictions(both, generator=np.random.default_rng(0), resamples=50)
    >>> round(card.whole["accuracy"].value, 3), card.whole["accuracy"].n
    (0.667, 3)
    """
    prepared = prepare(predictions)
    replicates = _replicates(predictions, prepared, resamples, generator)
    confusion = confusion_matrix(predictions.labels, predictions.predicted, predictions.n_classes)
    overall, of_class = prepared.weigh(np.ones((len(predictions), 1)))
    values = {name: float(value[0]) for name, value in overall.items()}
    whole = {
        name: Score(
            value, *interval_of(name, value, replicates[name], predictions, prepared), n=len(predictions)
        )
        for name, value in values.items()
    }
    return Scorecard(
        whole=whole | _calibration_scores(predictions, replicates["ece"]),
        by_class=tuple(
            {
                name: _class_score(
                    predictions, label, name, float(rows[0, label]), replicates[f"class {name}"][:, label]
                )
                for name, rows in of_class.items()
            }
            for label in range(predictions.n_classes)
        ),
        confusion=confusion,
        class_names=predictions.class_names,
        notes=_notes(predictions, confusion, values),
    )


def _replicates(
    predictions: Predictions, prepared: WeightedScores, resamples: int, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    chunks: dict[str, list[np.ndarray]] = {}
    draws = draw_weights(
        len(predictions), resamples=max(resamples, 1), generator=generator, groups=predictions.groups
    )
    for weights in draws:
        overall, by_class = prepared.weigh(weights)
        of_class = {f"class {name}": values for name, values in by_class.items()}
        errors = {"ece": calibration_replicates(predictions, weights)}
        for name, values in (overall | of_class | errors).items():
            chunks.setdefault(name, []).append(values)
    joined = {name: np.concatenate(parts) for name, parts in chunks.items()}
    return joined if resamples else {name: values[:0] for name, values in joined.items()}


def interval_of(
    name: str, value: float, replicates: np.ndarray, predictions: Predictions, prepared: WeightedScores
) -> tuple[float, float]:
    """Return the 95 % interval of an overall score.

    Parameters
    ----------
    name, value : of the score.
    replicates : ``(resamples,)``, the score in each resample.
    predictions, prepared : what it was computed from.
    """
    groups = predictions.groups
    worst = LARGEST_LOG_LOSS if name == "log_loss" else min(predictions.n_classes - 1.0, 2.0)
    if name in LOSSES and groups is None:
        low, high = hall(getattr(prepared, LOSSES[name]))
        return low, min(high, worst)
    if name in ("accuracy", "weighted_recall"):
        share = score_share(predictions.correct, groups)
        return share.low, share.high
    if groups is None and name in ("balanced_accuracy", "macro_recall"):
        hits = np.bincount(predictions.labels, weights=predictions.correct)
        return balanced_wilson(hits, np.bincount(predictions.labels))
    behind = np.ones(len(predictions), dtype=bool)
    if name in LOSSES:
        low, high = _interval(name, 1 - value / worst, 1 - replicates / worst, predictions, behind)
        return worst * (1 - high), worst * (1 - low)
    if name in RANKINGS and predictions.n_classes == 2:
        behind = _fewer(predictions, predictions.labels == 1)
    most = kish_number(predictions.labels, groups) if name in (*CLASS_MEANS, *FLOORS) else math.inf
    return _interval(name, value, replicates, predictions, behind, most=most)


def kish_number(labels: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Return the effective number of images, or of groups, when each class weighs alike (Kish, Survey Sampling, 1965)."""
    if groups is not None:
        labels, _ = np.unique(np.stack([labels, groups]), axis=1)
    counts = np.bincount(labels)
    counts = counts[counts > 0]
    return float(len(counts) ** 2 / (1 / counts).sum())


def _interval(
    name: str,
    value: float,
    replicates: np.ndarray,
    predictions: Predictions,
    behind: np.ndarray,
    *,
    most: float = math.inf,
) -> tuple[float, float]:
    """Return Wilson's interval by the bootstrap's variance of a score that rests on the images ``behind`` ``(n,)``."""
    added = 0.0  # of independent images the bootstrap knows the variance
    if predictions.groups is not None:
        n = len(predictions) if name == "auc" else max(int(behind.sum()), 1)
        added = PARTS.get(name, HALF_A_MISTAKE) / n
    return effective_wilson(
        value,
        replicates,
        fallback_n=float(np.minimum(count_units(predictions.groups, behind), most)),
        floor=FLOORS.get(name, 0.0),
        doubt=doubt_of(predictions.units[behind]),
        added=added,
    )


def _fewer(predictions: Predictions, own: np.ndarray) -> np.ndarray:
    """Return ``own`` ``(n,)`` or the other images, whichever hold fewer units: a ranking rests on both."""
    return min((own, ~own), key=lambda side: len(np.unique(predictions.units[side])))


def _class_score(
    predictions: Predictions, label: int, name: str, value: float, replicates: np.ndarray
) -> Score:
    own, said, groups = predictions.labels == label, predictions.predicted == label, predictions.groups
    shares = {"recall": (own, said), "precision": (said, own), "specificity": (~own, ~said)}
    if name in shares:
        chosen, hits = shares[name]
        return score_share(hits[chosen], None if groups is None else groups[chosen])
    behind = _fewer(predictions, own) if name in RANKINGS else own
    return Score(value, *_interval(name, value, replicates, predictions, behind), n=int(own.sum()))


def _calibration_scores(predictions: Predictions, replicates: np.ndarray) -> dict[str, Score]:
    n = len(predictions)
    equal_width = reliability(predictions.confidence, predictions.correct)
    equal_mass = reliability(predictions.confidence, predictions.correct, binning="equal mass")
    error = equal_width.expected_error
    doubt = doubt_of(predictions.units)
    limits = recentred_percentiles(error, replicates[:0] if math.isnan(doubt) else replicates, doubt=doubt)
    return {
        "ece": Score(error, *limits, n=n),
        "ece_equal_mass": Score(equal_mass.expected_error, math.nan, math.nan, n),
        "maximum_calibration_error": Score(equal_width.maximum_error, math.nan, math.nan, n),
        "classwise_ece": Score(float(classwise_errors(predictions).mean()), math.nan, math.nan, n),
    }


def _notes(predictions: Predictions, confusion: np.ndarray, values: Mapping[str, float]) -> tuple[str, ...]:
    names = np.array(predictions.class_names)
    missing, unsaid = names[confusion.sum(axis=1) == 0], names[confusion.sum(axis=0) == 0]
    notes: list[str] = []
    if len(missing):
        notes.append(
            f"Among the labels {_does_not_occur(missing)}: recall, AUC and average precision of such a class are undefined, "
            "their mean over classes as well, and balanced accuracy is the mean over the classes that occur."
        )
    if len(unsaid):
        notes.append(
            f"Among the predictions {_does_not_occur(unsaid)}: precision of such a class is undefined, "
            "and macro and weighted precision are means over the others."
        )
    notes += _of_rare_classes(names, confusion.sum(axis=1))
    groups = 0 if predictions.groups is None else len(np.unique(predictions.groups))
    if 1 < groups < FEW_GROUPS:
        notes.append(
            f"The images come from {groups} patients or other groups: so few make intervals wide, and that of the "
            "calibration error rather too narrow."
        )
    if math.isnan(values["matthews"]) or math.isnan(values["kappa"]):
        notes.append("Labels or predictions are all of one class: correlation or kappa is undefined.")
    return tuple(notes)


def _of_rare_classes(names: np.ndarray, support: np.ndarray) -> list[str]:
    """Return a sentence on classes of so few images ``(classes,)`` beside the others that they are hardly known."""
    few = np.flatnonzero(
        (support > 0) & (support <= FEW_IMAGES) & (4 * support < support[support > 0].mean())
    )
    if not len(few):
        return []
    which = listed([f"{names[label]} ({support[label]})" for label in few])
    return [
        f"Of {which} there are few images: balanced accuracy, AUC and other means over classes lean on them, and where such a "
        "class is harder than the others, as so few images can hardly show, their intervals are too narrow."
    ]


def _does_not_occur(names: np.ndarray) -> str:
    return f"{listed(names.tolist())} {'does' if len(names) == 1 else 'do'} not occur"
