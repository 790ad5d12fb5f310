"""A finding: how bad, what, how many, why it matters, what to do. The worst comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Severity = Literal["severe", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("severe", "warning", "note")
EXAMPLES = 12


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong with the data, or worth knowing about it.

    Parameters
    ----------
    kind : a word for programs, such as ``leakage``.
    severity : ``severe`` makes results worthless, ``warning`` makes them worse, ``note`` is worth knowing.
    title : a few words.
    count : how many images, classes or features it concerns.
    evidence : sentences with the numbers.
    why : one sentence on why it matters.
    advice : one sentence on what to do.
    images : ``(m,)`` places in the pool of the images concerned, worst first.
    score : ``(m,)`` how bad each is, by the finding's own measure; empty where there is none.
    """

    kind: str
    severity: Severity
    title: str
    count: int
    evidence: str
    why: str
    advice: str
    images: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    score: np.ndarray = field(default_factory=lambda: np.empty(0))

    def to_json(self, address: Callable[[int], str]) -> dict[str, Any]:
        """Return a plain dict, with the addresses of the first images."""
        words = {
            name: getattr(self, name)
            for name in ("kind", "severity", "title", "count", "evidence", "why", "advice")
        }
        return words | {"examples": [address(int(place)) for place in self.images[:EXAMPLES]]}


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order of severity; within one, as they came."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
