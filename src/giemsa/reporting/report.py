"""`report`: a run folder in, one page out."""

from __future__ import annotations

from pathlib import Path

import jinja2

from giemsa.errors import RunError
from giemsa.reporting.material import RunLike, gather
from giemsa.reporting.page import Page, page
from giemsa.reporting.parts import Missing
from giemsa.writing import place_words, replacing

TEMPLATES = Path(__file__).parent / "templates"


def report(run: RunLike | str | Path, *, out: str | Path | None = None) -> Path:
    """Write the page that tells a run, and return its path.

    It is one file that needs no network and no other file: made from what lies in the run folder, and from the images of the
    data, of which it shows a few. A stage that has not been run is named with the command that runs it.

    Parameters
    ----------
    run : from ``giemsa.train`` or ``giemsa.open_run``, or its folder.
    out : where to write; ``report.html`` in the run folder by default.

    Raises
    ------
    RunError : a file of the run folder cannot be read, or the page cannot be written.
    """
    from giemsa.training.run import as_run

    run = as_run(run)
    path = Path(out) if out is not None else Path(run.folder) / "report.html"
    text = render(page(gather(run)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise RunError(f"cannot write {path}: {place_words(trouble)}") from None
    with replacing(path) as beside:
        beside.write_text(
            text, encoding="utf-8", errors="backslashreplace"
        )  # names of files may be any bytes
    return path


def render(told: Page) -> str:
    """Return the page as HTML; every word of the data is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["missing"] = lambda chapter: isinstance(chapter, Missing)
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(page=told, style=style, script=script)
