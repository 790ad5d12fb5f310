"""Prediction sets: for each image the classes that cannot be ruled out, right as often as promised.

Split conformal prediction with adaptive sets. The promise holds for any classifier, as long as the calibration images came about
as the test images did and nothing about the classifier was chosen by them. It is a promise about images taken together, not
for each class: what each class gets is shown beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from giemsa.evaluation.intervals import Score, plain
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.shares import effective_number, score_share

COVERAGES = (0.9, 0.95, 0.99)
LEAST_MASS = 1e-6  # that each class adds to its probability


@dataclass(frozen=True, eq=False)
class PredictionSets:
    """Sets for the images of a split, and how they fared.

    Parameters
    ----------
    target : the coverage promised, 0 to 1.
    threshold : the calibrated mass of probability; infinite where the calibration images are too few, and sets hold every class.
    n_calibration : images that it was calibrated on.
    members : ``(n, classes)`` booleans.
    coverage : share of images whose label lies in the set, with its interval.
    by_class : the same for each true class.
    expected : where the coverage of this many images should lie in about 95 of 100 cases, low and high; where patients or other
        groups are known, of the effective number of images.
    """

    target: float
    threshold: float
    n_calibration: int
    members: np.ndarray
    coverage: Score
    by_class: tuple[Score, ...]
    expected: tuple[float, float]

    @property
    def sizes(self) -> np.ndarray:
        """How many classes each set holds, ``(n,)``."""
        return self.members.sum(axis=1)

    @property
    def held(self) -> bool:
        """Whether the coverage lies where it should."""
        return self.expected[0] <= self.coverage.value <= self.expected[1]

    def to_json(self) -> dict[str, object]:
        """Return the summary as a plain dict, without the sets themselves."""
        sizes = np.bincount(self.sizes, minlength=self.members.shape[1] + 1)
        return {
            "target": self.target,
            "threshold": plain(self.threshold),
            "n_calibration": self.n_calibration,
            "coverage": self.coverage.to_json(),
            "expected": list(self.expected),
            "held": self.held,
            "by_class": [score.to_json() for score in self.by_class],
            "mean_size": float(self.sizes.mean()),
            "sizes": sizes.tolist(),
        }


def prediction_sets(
    calibration: Predictions, test: Predictions, *, generator: np.random.Generator, target: float = 0.9
) -> PredictionSets:
    """Calibrate on one split and form sets for another.

    Parameters
    ----------
    calibration : images that selected nothing about the classifier, at least ``1 / (1 - target)`` of them to be of use.
    test : images of the same kind; its labels serve only to tell how the sets fared.
    generator : decides how far the last class on the edge is let in, and which of equally likely classes comes first; without it
        the sets would cover more than promised. A set may be empty: then no class is likely enough.
    target : coverage wanted, above 0 and below 1.

    References
    ----------
    Romano, Sesia and Candès, Classification with valid and adaptive coverage, NeurIPS 2020, equations 5 to 8.
    """
    seen = _draw_conformity(calibration.probabilities, generator)
    own = seen[np.arange(len(calibration)), calibration.labels]
    threshold = conformal_quantile(own, target)
    members = _draw_conformity(test.probabilities, generator) <= threshold
    covered = members[np.arange(len(test)), test.labels]
    by_class = tuple(_share(covered, test, test.labels == label) for label in range(test.n_classes))
    return PredictionSets(
        target=target,
        threshold=threshold,
        n_calibration=len(calibration),
        members=members,
        coverage=score_share(covered, test.groups),
        by_class=by_class,
        expected=_expected((own <= threshold, calibration.groups), (covered, test.groups), target),
    )


def _draw_conformity(probabilities: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return conformity(
        probabilities, generator.random(len(probabilities)), generator.random(probabilities.shape)
    )


def conformity(probabilities: np.ndarray, uniform: np.ndarray, tie_break: np.ndarray) -> np.ndarray:
    """Return for each class the probability of all likelier classes plus a random part of its own, ``(n, classes)``.

    Each class has a millionth beside its probability. Without it classes of probability 0 would all have the same conformity,
    and sets that need one of them would take them all.

    Parameters
    ----------
    probabilities : ``(n, classes)``.
    uniform : ``(n,)``, 0 to 1.
    tie_break : ``(n, classes)``, of equally likely classes the one with the smallest number comes first.

    Examples
    --------
    >>> conformity(np.array([[0.7, 0.2, 0.1]]), np.array([0.5]), np.zeros((1, 3))).round(2).tolist()
    [[0.35, 0.8, 0.95]]
    """
    order = np.lexsort((tie_break, -probabilities), axis=1)
    falling = np.take_along_axis(probabilities, order, axis=1) + LEAST_MASS
    above = np.cumsum(falling, axis=1) - falling
    scores = np.empty_like(probabilities)
    np.put_along_axis(scores, order, above + uniform[:, None] * falling, axis=1)
    return scores


def conformal_quantile(scores: np.ndarray, target: float) -> float:
    """Return the ``ceil((n + 1) target)``-th smallest score; infinity where there are too few scores to promise anything."""
    rank = _rank(len(scores), target)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf


def _rank(n: int, target: float) -> int:
    return math.ceil((n + 1) * target * (1 - 1e-12))  # 100 * 0.55 is 55.00000000000001


Hits = tuple[np.ndarray, np.ndarray | None]  # booleans (n,) and groups (n,), where they are known


def _expected(calibration: Hits, test: Hits, target: float) -> tuple[float, float]:
    n = len(calibration[0])
    rank = _rank(n, target)
    if rank > n or not len(test[0]):
        return target, 1.0
    # given the calibration, coverage is Beta distributed, and the test images' count Beta-binomial; images of one group count
    # as the independent ones that would tell as much
    weight = (_independent(*calibration) + 1) / (n + 1)
    n_test = max(1, round(_independent(*test)))
    counts = stats.betabinom(n_test, weight * rank, weight * (n + 1 - rank)).ppf([0.025, 0.975])
    return float(counts[0] / n_test), float(counts[1] / n_test)


def _independent(hits: np.ndarray, groups: np.ndarray | None) -> float:
    """Return the effective number of images; of a single group, which cannot say how much groups differ, it is one."""
    number = effective_number(hits, groups)
    return 1.0 if math.isnan(number) else number


def _share(covered: np.ndarray, test: Predictions, chosen: np.ndarray) -> Score:
    return score_share(covered[chosen], None if test.groups is None else test.groups[chosen])
