"""What a check says back: what is right, what is missing, and a word beside."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["right", "missing", "remark"]
_MARKS: dict[Kind, str] = {"right": "✓", "missing": "✗", "remark": "·"}
_COLORS: dict[Kind, str] = {"right": "#00684B", "missing": "#A63E00", "remark": "#555555"}


@dataclass(frozen=True)
class Line:
    """One sentence of a check.

    Parameters
    ----------
    kind : ``right``, ``missing`` or ``remark``; only ``missing`` keeps an exercise open.
    words : the sentence.
    """

    kind: Kind
    words: str


def right(words: str) -> Line:
    """Return a line about something that is as it was asked for."""
    return Line("right", words)


def missing(words: str) -> Line:
    """Return a line about something that is not yet as it was asked for."""
    return Line("missing", words)


def remark(words: str) -> Line:
    """Return a line that is worth knowing and decides nothing."""
    return Line("remark", words)


@dataclass(frozen=True)
class Feedback:
    """What a check found; shows itself in a notebook and on a terminal, and is true when nothing is missing.

    Parameters
    ----------
    exercise : what the exercise is called.
    lines : the sentences, in the order in which they are read.

    Examples
    --------
    >>> Feedback("count the cells", (right("there are eight numbers"), missing("they add up to 3, not to 4")))
    count the cells: not yet
      ✓ there are eight numbers
      ✗ they add up to 3, not to 4
    """

    exercise: str
    lines: tuple[Line, ...]

    @classmethod
    def gather(cls, exercise: str, lines: Iterable[Line]) -> Feedback:
        """Collect the lines of a check, in order."""
        return cls(exercise, tuple(lines))

    @property
    def passed(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """The sentences about what is missing."""
        return tuple(line.words for line in self.lines if line.kind == "missing")

    @property
    def remarks(self) -> tuple[str, ...]:
        """The sentences that decide nothing."""
        return tuple(line.words for line in self.lines if line.kind == "remark")

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        rows = [f"  {_MARKS[line.kind]} {line.words}" for line in self.lines]
        return "\n".join([f"{self.exercise}: {self._verdict}", *rows])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<li style="color:{_COLORS[line.kind]};list-style:none">{_MARKS[line.kind]} {html.escape(line.words)}</li>'
            for line in self.lines
        )
        color = _COLORS["right" if self.passed else "missing"]
        return (
            f'<div style="background:#fff;border-left:4px solid {color};padding:0.4em 1em">'
            f'<b style="color:{color}">{html.escape(self.exercise)}: {self._verdict}</b>'
            f'<ul style="margin:0.3em 0;padding:0">{rows}</ul></div>'
        )

    @property
    def _verdict(self) -> str:
        return "done, well done!" if self.passed else "not yet"


def is_blank(answer: object) -> bool:
    """Return whether an answer is still the ``...`` (or ``None``) of the blank cell."""
    return answer is None or answer is Ellipsis


def as_array(answer: object) -> np.ndarray | None:
    """Return an answer as an array, asking for its parts one by one where it must be; ``None`` where its rows are not alike.

    Examples
    --------
    >>> as_array(number for number in (1, 2)), as_array([[1], [1, 2]])
    (array([1, 2]), None)
    """
    if isinstance(answer, Mapping):
        answer = answer.values()
    try:
        return np.asarray(list(answer) if isinstance(answer, Iterator | ValuesView) else answer)
    except ValueError:
        return None


NOTHING_YET = missing(
    "there is no answer yet: put yours in the place of the three dots, run the cell, then this one"
)
