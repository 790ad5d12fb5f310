"""How far the probabilities of a run may be believed: the temperature, the prediction sets, and on which half of val each rests.

Val is cut in two by seed. One half finds the temperature. The other selects nothing and calibrates the prediction sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.calibration import Reliability, reliability
from giemsa.evaluation.conformal import COVERAGES, PredictionSets, prediction_sets
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import Predictions

SMALLEST_HALF = 20


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the temperature did on the test split.

    Parameters
    ----------
    temperature : logits are divided by it.
    n_fit : images of val that it was found on.
    before, after : bins of the test split with and without it.
    scores_before : calibration error and log loss without it.
    """

    temperature: float
    n_fit: int
    before: Reliability
    after: Reliability
    scores_before: Mapping[str, Score]

    def to_json(self) -> dict[str, object]:
        """Return a plain dict."""
        return {
            "temperature": self.temperature,
            "n_fit": self.n_fit,
            "binning": f"{len(self.after.counts)} bins of equal width; a value on an edge counts to the bin below",
            "before": self.before.to_json()
            | {name: score.to_json() for name, score in self.scores_before.items()},
            "after": self.after.to_json(),
        }


def halves(
    n: int, generator: np.random.Generator, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cut ``n`` places into two random halves, each sorted; ``groups`` ``(n,)``, such as patients, stay whole.

    Examples
    --------
    >>> first, second = halves(5, np.random.default_rng(0))
    >>> sorted(map(int, [*first, *second])), len(first)
    ([0, 1, 2, 3, 4], 3)
    """
    if groups is None:
        order = generator.permutation(n)
        middle = (n + 1) // 2
        return np.sort(order[:middle]), np.sort(order[middle:])
    _, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = generator.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]  # images in the groups that were dealt out earlier
    in_first = np.isin(group_of.ravel(), order[before + sizes[order] / 2 <= n / 2])
    return np.flatnonzero(in_first), np.flatnonzero(~in_first)


def describe_calibration(
    before: Predictions,
    after: Predictions,
    *,
    temperature: float,
    n_fit: int,
    scores_before: Mapping[str, Score],
) -> Calibration:
    """Return the test split's bins before and after the temperature."""
    return Calibration(
        temperature=temperature,
        n_fit=n_fit,
        before=reliability(before.confidence, before.correct),
        after=reliability(after.confidence, after.correct),
        scores_before=scores_before,
    )


def sets_for(
    val: Predictions, test: Predictions, generator: np.random.Generator, coverage: float
) -> tuple[PredictionSets, ...]:
    """Return prediction sets for the coverage chosen and the usual ones, calibrated on ``val``; rising coverage."""
    wanted = sorted({*COVERAGES, coverage})
    return tuple(prediction_sets(val, test, generator=generator, target=target) for target in wanted)


def condition(selection: str, patience: int | None, *, halved: bool = True) -> str:
    """Return a sentence on whether the half of val that calibrates the sets selected nothing.

    Parameters
    ----------
    selection : the recipe's ``selection``: ``best`` chooses an epoch by all of val, the others choose nothing by it.
    patience : the recipe's ``patience``: unless it is ``None``, all of val may choose the last epoch.
    halved : val was large enough to be cut in two.
    """
    promise = "so the promise of the prediction sets is not exact here, and what they cover on test is the evidence."
    if selection == "best":
        return f"The training chose its epoch by the loss on all of val, the calibration half included: {promise}"
    if patience is not None:
        return (
            f"The training was to stop once the loss on all of val had not fallen for {patience} epochs, the calibration half "
            f"included: {promise}"
        )
    if not halved:
        return (
            "Val had too few images, or patients, to be cut in two: all of it calibrates the prediction sets, and it selected "
            "nothing."
        )
    return "The calibration half of val selected nothing: not the weights, not the temperature."
