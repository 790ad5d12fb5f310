"""Figures on their way to a run folder: each with a title, a text for those who cannot see it, and what it shows.

A stage hands over :class:`Picture` values; :func:`save_pictures` writes PNG and SVG and keeps ``figures/index.json``, from which
the report takes its words. No stage knows the report, and the report knows no stage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from matplotlib.figure import Figure

from giemsa.plots.lettering import write_as_named
from giemsa.reading import read_json
from giemsa.writing import replacing

INDEX = "index.json"
DOTS_PER_INCH = 144


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and its words.

    Parameters
    ----------
    name : file name without ending, ``stage-what``, such as ``evaluate-confusion``.
    figure : what is drawn.
    title : a few words that say what is seen.
    alt : one or two sentences for a reader who cannot see it, with the figures that matter.
    shows : one sentence on what it shows and how to read it.
    caution : one sentence on what it does not show; may be empty.
    """

    name: str
    figure: Figure
    title: str
    alt: str
    shows: str
    caution: str = ""

    def _repr_html_(self) -> str:
        """Return the figure with its words, for a notebook."""
        import base64
        import html
        import io

        file = io.BytesIO()
        write_as_named(self.figure)
        self.figure.savefig(file, format="png", facecolor="white")
        words = {name: html.escape(getattr(self, name)) for name in ("title", "alt", "shows", "caution")}
        stop = "" if self.title.endswith("?") else "."
        return (
            f'<figure style="margin:1em 0"><img style="max-width:100%" alt="{words["alt"]}" '
            f'src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'
            f"<figcaption><b>{words['title']}{stop}</b> {words['shows']} {words['caution']}</figcaption></figure>"
        )

    @property
    def stage(self) -> str:
        """The part of the name before the first hyphen."""
        return self.name.split("-")[0]


class Words(TypedDict, total=False):
    """What ``index.json`` says of a figure; ``doubt`` is why it is not to be believed."""

    title: str
    alt: str
    shows: str
    caution: str
    doubt: str


def read_index(folder: Path) -> dict[str, Words]:
    """Return the words of the figures in a folder, by name; nothing where none were drawn."""
    path = folder / INDEX
    if not path.exists():
        return {}
    return read_json(
        path, dict[str, Words], mend="remove it, and run the stages again that drew the figures beside it"
    )


def save_pictures(folder: Path, pictures: Iterable[Picture]) -> list[Path]:
    """Write each picture as PNG and SVG into ``folder`` and record its words in ``index.json``; return the PNGs' paths.

    A picture of the same name is replaced; others stay.

    Raises
    ------
    RunError : ``index.json`` is damaged, or a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = read_index(folder)
    paths = []
    for picture in pictures:
        path = folder / f"{picture.name}.png"
        _lay_out(picture.figure)
        with replacing(path) as beside:
            picture.figure.savefig(beside, format="png", dpi=DOTS_PER_INCH, facecolor="white")
        with replacing(path.with_suffix(".svg")) as beside:
            picture.figure.savefig(beside, format="svg", facecolor="white", metadata={"Date": None})
        index[picture.name] = {
            "title": picture.title,
            "alt": picture.alt,
            "shows": picture.shows,
            "caution": picture.caution,
        }
        paths.append(path)
    text = json.dumps(index, indent=2, ensure_ascii=False) + "\n"
    with replacing(folder / INDEX) as beside:
        beside.write_text(
            text, encoding="utf-8", errors="backslashreplace"
        )  # the data's name may be any bytes
    return paths


def _lay_out(figure: Figure) -> None:
    """Give the parts their letters, and their places for good: with a layout engine matplotlib draws twice for each file."""
    write_as_named(figure)
    engine = figure.get_layout_engine()
    if engine is None:
        return
    dots_per_inch = figure.dpi
    figure.dpi = DOTS_PER_INCH  # the size of letters depends on it
    engine.execute(figure)
    figure.dpi = dots_per_inch
    figure.set_layout_engine(None)
