"""A finding: how bad, what, how many, why it matters, what to do. The worst comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Severity = Literal["severe", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("severe", "warning", "note")
EXAMPLES = 12
MOST_LISTED = 12  # names in a sentence


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


def count_words(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> count_words(1, "image"), count_words(1200, "image"), count_words(2, "class", "classes")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names in a row; of many the first, and how many more there are.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a"] * 16)
    ('a', 'a and b', 'a, a, a, a, a, a, a, a, a, a, a, a and 4 more')
    """
    rest = len(names) - MOST_LISTED
    told = [*names[:MOST_LISTED], f"{rest} more"] if rest > 0 else list(names)
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def percent(share: float) -> str:
    """Return a share of 0 to 1 in percent, "100 %" and "0 %" only where it is exact.

    Examples
    --------
    >>> percent(0.123), percent(0.0004), percent(0.9999), percent(1.0)
    ('12.3 %', '0.04 %', '99.9 %', '100 %')
    """
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    if share < 0.001:
        return f"{100 * share:.1g} %"
    return f"{min(100 * share, 99.9):.1f} %"
