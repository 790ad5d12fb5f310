"""Two sets of predictions for the same images: what is different, and is it more than chance?"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from giemsa.errors import PredictionError
from giemsa.evaluation.intervals import LEVEL, Score, known_replicates, plain
from giemsa.evaluation.paired import difference_interval, flip_groups, mcnemar, newcombe
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import RESAMPLES, draw_weights, prepare
from giemsa.evaluation.shares import COSTS, HALF_A_MISTAKE, count_units, doubt_of
from giemsa.wording import count_words

COMPARED = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sets of predictions for the same images.

    Parameters
    ----------
    names : a word for each of the two.
    scores : for each score the value of the first, of the second, and second minus first with its interval: Newcombe's for the
        accuracy and the balanced accuracy of independent images, else that of
        :func:`giemsa.evaluation.paired.difference_interval` with the variance of the bootstrap, which draws whole groups where
        patients or other groups are known. Where all images are of one group, or of two classes one is, there is none.
    both_right, only_first, only_second, both_wrong : places of images ``(m,)``.
    p_value : McNemar's exact test: how often chance alone would make the two differ in as many images or more; where patients or
        other groups are known, whole groups change sides.
    notes : sentences a reader should know.
    """

    names: tuple[str, str]
    scores: Mapping[str, tuple[float, float, Score]]
    both_right: np.ndarray
    only_first: np.ndarray
    only_second: np.ndarray
    both_wrong: np.ndarray
    p_value: float
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of images."""
        parts = (self.both_right, self.only_first, self.only_second, self.both_wrong)
        return sum(len(part) for part in parts)

    @property
    def told_apart(self) -> bool:
        """Whether one is more accurate by more than chance: the interval leaves 0 out, and the test agrees."""
        difference = self.scores["accuracy"][2]
        return bool((difference.low > 0 or difference.high < 0) and self.p_value < 1 - LEVEL)

    @property
    def sentence(self) -> str:
        """The result in words."""
        difference = self.scores["accuracy"][2]
        better, worse = self.names[::-1] if difference.value > 0 else self.names
        gap = f"{100 * abs(difference.value):.2f} points"
        low, high = 100 * difference.low, 100 * difference.high
        limits = (
            f"95 % interval of the difference {low:+z.2f} to {high:+z.2f}; McNemar p = {self.p_value:.2g}"
        )
        if math.isnan(low):
            limits = "no interval, since all images are of one group"
        if not self.told_apart:
            return (
                f"On {count_words(self.n, 'image')} {self.names[0]} and {self.names[1]} cannot be told apart by accuracy "
                f"(they differ by {gap}; {limits})."
            )
        return (
            f"On {count_words(self.n, 'image')} {better} is more accurate than {worse} by {gap} ({limits})."
        )

    def __str__(self) -> str:
        wide = [max(len(name), len("0.0000")) for name in self.names]
        first, second = (name.rjust(width) for name, width in zip(self.names, wide, strict=True))
        lines = [self.sentence, "", f"{'':18}  {first}  {second}  difference (95 % interval)"]
        for name, (one, other, gap) in self.scores.items():
            lines.append(f"{name.replace('_', ' '):18}  {_row(one, other, gap, wide)}")
        for who, only in zip(self.names, (self.only_first, self.only_second), strict=True):
            lines.append(f"right alone: {who:{max(wide)}}  {count_words(len(only), 'image')}")
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def to_json(self) -> dict[str, object]:
        """Return everything as a plain dict."""
        return {
            "names": list(self.names),
            "n": self.n,
            "sentence": self.sentence,
            "scores": {
                name: {"first": plain(first), "second": plain(second), "difference": score.to_json()}
                for name, (first, second, score) in self.scores.items()
            },
            "mcnemar_p": self.p_value,
            "both_right": len(self.both_right),
            "both_wrong": len(self.both_wrong),
            "only_first": self.only_first.tolist(),
            "only_second": self.only_second.tolist(),
            "notes": list(self.notes),
        }


def compare_predictions(
    first: Predictions,
    second: Predictions,
    *,
    generator: np.random.Generator,
    names: tuple[str, str] = ("first", "second"),
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare two sets of predictions for the same images, image by image.

    Parameters
    ----------
    first, second : with the same labels, and groups, in the same order.
    generator : source of the resamples, in which both stand with the same images.
    names : a word for each.
    resamples : number of bootstrap resamples.

    Raises
    ------
    PredictionError : they are not about the same images.
    """
    if len(first) != len(second) or not np.array_equal(first.labels, second.labels):
        raise PredictionError(
            f"{names[0]} and {names[1]} are not about the same images: "
            f"{len(first)} and {len(second)} labels that differ; compare runs on the same data"
        )
    right, also = first.correct, second.correct
    only_first, only_second = np.flatnonzero(right & ~also), np.flatnonzero(~right & also)
    return Comparison(
        names=names,
        scores=_differences(first, second, resamples, generator),
        both_right=np.flatnonzero(right & also),
        only_first=only_first,
        only_second=only_second,
        both_wrong=np.flatnonzero(~right & ~also),
        p_value=_chance(first, second),
    )


def _chance(first: Predictions, second: Predictions) -> float:
    """Return McNemar's p-value, for single images or for groups of them."""
    gaps = second.correct.astype(np.int64) - first.correct
    if first.groups is None:
        return mcnemar(int((gaps < 0).sum()), int((gaps > 0).sum()))
    return flip_groups(np.rint(np.bincount(first.groups, weights=gaps)).astype(np.int64))


def _differences(
    first: Predictions, second: Predictions, resamples: int, generator: np.random.Generator
) -> dict[str, tuple[float, float, Score]]:
    prepared = prepare(first), prepare(second)
    once = np.ones((len(first), 1))
    before, after = ({name: float(value[0]) for name, value in one.whole(once).items()} for one in prepared)
    draws: dict[str, list[np.ndarray]] = {name: [] for name in COMPARED}
    for weights in draw_weights(len(first), resamples=resamples, generator=generator, groups=first.groups):
        ones, others = (one.whole(weights) for one in prepared)
        for name in COMPARED:
            draws[name].append(others[name] - ones[name])
    gaps = {name: after[name] - before[name] for name in COMPARED}
    limits = {
        name: _limits(name, before[name], after[name], np.concatenate(draws[name]), first)
        for name in COMPARED
    }
    if first.groups is None:
        limits["accuracy"] = newcombe(first.correct, second.correct)
        limits["balanced_accuracy"] = newcombe(first.correct, second.correct, labels=first.labels)
    return {
        name: (before[name], after[name], Score(gaps[name], *limits[name], n=len(first))) for name in COMPARED
    }


def _limits(
    name: str, before: float, after: float, replicates: np.ndarray, predictions: Predictions
) -> tuple[float, float]:
    """Return the interval of one score's difference, of which ``replicates`` are what the bootstrap drew."""
    known = known_replicates(replicates)
    if not len(known) or not _enough(name, predictions):
        return math.nan, math.nan
    units = count_units(predictions.groups, np.ones(len(predictions), dtype=bool))
    low, high = difference_interval(
        after - before,
        losses=before + after if name == "log_loss" else 2 - before - after,
        variance=doubt_of(predictions.units) * float(known.var()),
        unseen=HALF_A_MISTAKE * COSTS.get(name, 1.0) ** 2 / (len(predictions) * units),
    )
    farthest = math.inf if name == "log_loss" else 1.0
    return max(low, -farthest), min(high, farthest)


def _enough(name: str, predictions: Predictions) -> bool:
    """Say whether there are two images, or groups where they are known; in an AUC of two classes, of each."""
    whole, own = np.ones(len(predictions), dtype=bool), predictions.labels == 1
    sides = (own, ~own) if name == "auc" and predictions.n_classes == 2 else (whole,)
    return all(len(np.unique(predictions.units[side])) > 1 for side in sides)


def _row(first: float, second: float, gap: Score, wide: Sequence[int]) -> str:
    if math.isnan(gap.value):
        return "undefined"
    values = f"{first:{wide[0]}.4f}  {second:{wide[1]}.4f}  {gap.value:+z.4f}"
    return values if math.isnan(gap.low) else f"{values} ({gap.low:+z.4f} to {gap.high:+z.4f})"
