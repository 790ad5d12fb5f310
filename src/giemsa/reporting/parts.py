"""The values that the page is made of: everything is decided here, and the template only prints."""

from __future__ import annotations

from dataclasses import dataclass

LONG = 24  # rows; a longer table is folded


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, and a smaller line below it (an interval)."""

    text: str
    below: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    caption : what it says, one sentence.
    head : one title a column.
    rows : one tuple of cells a row, as long as ``head``.
    note : a sentence below; may be empty.
    folded : shown closed on the screen (and open on paper) where it is long and of second rank.
    wordy : columns of words rather than numbers, besides the first.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False
    wordy: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A term and what it is here; ``blank`` marks what only a person can fill in."""

    term: str
    value: str
    blank: bool = False


@dataclass(frozen=True)
class Number:
    """A headline number: what it is called, its value, its interval, and what it means."""

    title: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True)
class Thumbnail:
    """One image of the data, as a ``data:`` address, with the words for those who cannot see it."""

    address: str
    alt: str
    caption: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Strip:
    """A row of images under one name."""

    title: str
    thumbnails: tuple[Thumbnail, ...]
    note: str = ""


@dataclass(frozen=True)
class Illustration:
    """A figure of the run folder with its words; ``doubt`` greys it out and says why."""

    name: str
    title: str
    alt: str
    shows: str
    caution: str
    address: str
    width: int
    height: int
    doubt: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a chapter: figures and the tables that belong to them."""

    title: str
    pictures: tuple[Illustration, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Missing:
    """A stage that has not been run: what it would tell, the command that runs it, and the one that then tells it here."""

    what: str
    command: str
    report: str
