"""The failures of one split, gathered: pairs, worst mistakes, and the accuracy of groups of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from giemsa.evaluation.failures import (
    ConfusedPair,
    Mistake,
    Subgroup,
    accuracy_of,
    by_column,
    by_quarter,
    confused_pairs,
    mark_differences,
    worst_mistakes,
)
from giemsa.evaluation.measures import brightness, sharpness
from giemsa.evaluation.predictions import Predictions

SPOKEN = {"bytes": "file size"}  # columns that are no words


@dataclass(frozen=True, eq=False)
class AuditHints:
    """What an audit of the data knows about the test split.

    Parameters
    ----------
    leaked : places of test images that have a copy, or nearly one, in train or val.
    suspects : places of test images whose label is doubtful; ``None`` where none was judged, as in a quick audit.
    """

    leaked: np.ndarray
    suspects: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Failures:
    """Where the classifier fails.

    Parameters
    ----------
    pairs, mistakes : the most frequent and the worst.
    subgroups : groups of images by what they were sorted by.
    without_leaks : accuracy without the test images that have a copy in train or val; ``None`` before an audit.
    suspect_mistakes : places of mistakes whose label the audit doubts; ``None`` where no audit judged the labels.
    """

    pairs: tuple[ConfusedPair, ...]
    mistakes: tuple[Mistake, ...]
    subgroups: Mapping[str, tuple[Subgroup, ...]]
    without_leaks: Subgroup | None = None
    suspect_mistakes: np.ndarray | None = None

    def to_json(self) -> dict[str, object]:
        """Return everything as a plain dict."""
        suspects = self.suspect_mistakes
        return {
            "pairs": [asdict(pair) for pair in self.pairs],
            "mistakes": [asdict(mistake) for mistake in self.mistakes],
            "subgroups": {name: [one.to_json() for one in groups] for name, groups in self.subgroups.items()},
            "without_leaks": None if self.without_leaks is None else self.without_leaks.to_json(),
            "suspect_mistakes": None if suspects is None else suspects.tolist(),
        }


def find_failures(
    predictions: Predictions,
    *,
    images: np.ndarray | None = None,
    metadata: Mapping[str, np.ndarray] | None = None,
    hints: AuditHints | None = None,
) -> Failures:
    """Gather the failures of a split.

    Parameters
    ----------
    predictions : of ``n`` images.
    images : ``(n, h, w, c)``, ``uint8``, for the groups by brightness and sharpness.
    metadata : columns ``(n,)`` by name.
    hints : what an audit found.
    """
    groups: dict[str, tuple[Subgroup, ...]] = {}
    if images is not None and min(images.shape[1:3]) > 2:
        groups["brightness"] = by_quarter(predictions, brightness(images), ("darkest", "brightest"))
        groups["sharpness"] = by_quarter(predictions, sharpness(images), ("most blurred", "sharpest"))
    for name, column in (metadata or {}).items():
        groups[SPOKEN.get(name, name)] = by_column(predictions, column)
    without_leaks, suspects = None, None
    if hints is not None:
        kept = np.ones(len(predictions), dtype=bool)
        kept[hints.leaked] = False
        without_leaks = accuracy_of(predictions, "without images that have a copy in train or val", kept)
        if hints.suspects is not None:
            suspects = np.intersect1d(hints.suspects, np.flatnonzero(~predictions.correct))
    return Failures(
        pairs=confused_pairs(predictions),
        mistakes=worst_mistakes(predictions),
        subgroups=mark_differences({name: found for name, found in groups.items() if found}),
        without_leaks=without_leaks,
        suspect_mistakes=suspects,
    )
