"""Where a command may write: never over something that exists, unless asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from giemsa.errors import RunError
from giemsa.writing import place_words


def target_file(out: Path | None, *, overwrite: bool, option: str = "--out") -> Path | None:
    """Return ``out``, as the ``option`` of that name gave it, its folder made; ``None`` if nothing is to be written.

    Raises
    ------
    RunError : it exists and may not be overwritten, or cannot be written.
    """
    if out is None:
        return None
    if out.is_dir():
        raise RunError(f"{out} is a folder, expected the name of a file; give another {option}")
    if out.exists() and not overwrite:
        raise RunError(f"{out} exists already; give another {option}, or --overwrite it")
    with _told(out, option):
        out.parent.mkdir(parents=True, exist_ok=True)
        is_new = not out.exists()
        out.open("ab").close()  # writes nothing, but shows whether one may
        if is_new:
            out.unlink()
    return out


def target_folder(out: Path | None, *, overwrite: bool) -> Path | None:
    """Return ``out`` as a folder that exists; files in it stay, and are replaced only where they bear the same names.

    Raises
    ------
    RunError : it exists with something in it and ``overwrite`` was not asked for, or cannot be made or written.
    """
    if out is None:
        return None
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file, expected the name of a folder; give another --out")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise RunError(f"{out} exists already and is not empty; give another --out, or --overwrite it")
    with _told(out, "--out"):
        out.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=out).close()
    return out


@contextmanager
def _told(out: Path, option: str) -> Iterator[None]:
    """Tell before any work is done that a place cannot be written."""
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {out}: {place_words(error, option)}") from error
