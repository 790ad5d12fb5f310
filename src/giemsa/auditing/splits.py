"""Splits and balance: classes too rare to learn or to evaluate, and splits that differ in labels or in appearance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from giemsa.data.statistics import split_agreement
from giemsa.evaluation.multiple_tests import holm
from giemsa.evaluation.shares import count_units

LEVEL = 0.01  # of the corrected tests


@dataclass(frozen=True)
class Drift:
    """A measure in which a split differs from train.

    Parameters
    ----------
    split, measure : where, and in what.
    size : Cramér's V for labels, the Kolmogorov-Smirnov distance otherwise; 0 to 1.
    probability : corrected by Holm for the number of tests made; copies, and images of one patient, count as one.
    """

    split: str
    measure: str
    size: float
    probability: float


@dataclass(frozen=True, eq=False)
class SplitCheck:
    """How the classes are spread, and how the splits differ.

    Parameters
    ----------
    counts : ``(classes,)`` images of each class by split.
    tested : ``(classes,)`` test images of each class; copies, and images of one patient, count as one.
    half_widths : ``(classes,)`` half the width of the 95 % interval that recall on test will have at 0.9; 1 without images, and
        where all are of one patient.
    drifts : every test made, the surest difference first.
    """

    counts: Mapping[str, np.ndarray]
    tested: np.ndarray
    half_widths: np.ndarray
    drifts: tuple[Drift, ...]

    @property
    def imbalance(self) -> float:
        """Images of the largest class in train for one of the smallest that has any; ``nan`` without images."""
        present = self.counts["train"][self.counts["train"] > 0]
        return float(present.max() / present.min()) if len(present) else float("nan")

    def clear_drifts(self, *, least: float = 0.1) -> tuple[Drift, ...]:
        """Return the differences that are both sure (corrected p below 0.01) and large enough to matter."""
        return tuple(d for d in self.drifts if d.probability < LEVEL and d.size >= least)


def check_splits(
    labels: Mapping[str, np.ndarray],
    measures: Mapping[str, Mapping[str, np.ndarray]],
    n_classes: int,
    *,
    groups: Mapping[str, np.ndarray] | None = None,
) -> SplitCheck:
    """Count classes, and test val and test against train in labels and in each measure.

    Parameters
    ----------
    labels : ``(n,)`` by split: train, val, test.
    measures : for each measure, ``(n,)`` values by split.
    n_classes : number of classes.
    groups : ``(n,)`` by split, such as patients; how sure a difference is goes by their number, since many images of one patient
        tell no more than one would.

    Returns
    -------
    SplitCheck : an empty split is counted and not tested.
    """
    counts = {split: np.bincount(values, minlength=n_classes) for split, values in labels.items()}
    units = {split: _units(values, groups[split] if groups else None) for split, values in labels.items()}
    tests = []
    for split in ("val", "test"):
        if not len(labels["train"]) or not len(labels[split]):
            continue
        both = np.stack([counts["train"], counts[split]])
        known = np.array([[units["train"]], [units[split]]])
        chance = split_agreement(both / both.sum(axis=1, keepdims=True) * known).p_value
        tests.append(
            (split, "labels", split_agreement(both).cramers_v or 0.0, 1.0 if chance is None else chance)
        )
        for name, values in measures.items():
            distance = _kolmogorov_smirnov(values["train"], values[split])
            scaled = distance * np.sqrt(units["train"] * units[split] / (units["train"] + units[split]))
            tests.append((split, name, distance, float(stats.kstwobign.sf(scaled))))
    corrected = holm(np.array([test[3] for test in tests]))
    drifts = [Drift(s, m, size, float(p)) for (s, m, size, _), p in zip(tests, corrected, strict=True)]
    tested = _count_tested(labels["test"], n_classes, groups["test"] if groups else None)
    return SplitCheck(
        counts,
        np.maximum(tested, counts["test"] > 0),
        recall_half_widths(tested),
        tuple(sorted(drifts, key=lambda d: (d.probability, -d.size))),
    )


def _kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest distance between the shares of ``(n,)`` and of ``(m,)`` values that lie up to one value."""
    steps = np.concatenate([first, second])
    one, other = (np.searchsorted(np.sort(some), steps, side="right") / len(some) for some in (first, second))
    return float(np.abs(one - other).max())


def _count_tested(labels: np.ndarray, n_classes: int, groups: np.ndarray | None) -> np.ndarray:
    """Return the images of each class ``(classes,)``, or equal groups that would weigh as much; 0 for a single group."""
    return np.nan_to_num([count_units(groups, labels == label) for label in range(n_classes)])


def _units(labels: np.ndarray, groups: np.ndarray | None) -> float:
    """Return the number of images ``(n,)``, or of equal groups that would weigh as much; a single one tells nothing of others."""
    number = count_units(groups, np.ones(len(labels), dtype=bool))
    return 1.0 if np.isnan(number) else number


def recall_half_widths(counts: np.ndarray, *, recall: float = 0.9) -> np.ndarray:
    """Return half the width of Wilson's 95 % interval of a recall near ``recall``, for ``counts`` ``(classes,)`` test images."""
    z = stats.norm.ppf(0.975)
    n = np.maximum(counts, 1)
    half = z * np.sqrt(recall * (1 - recall) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.where(counts > 0, half, 1.0)
