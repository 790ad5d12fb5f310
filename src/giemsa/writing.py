"""Writing so that nothing is ever half there, into a file beside the old one, then in its place; and why that is not possible."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from giemsa.errors import RunError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, and put that file in the place of ``path`` when all went well.

    Raises
    ------
    RunError : the disk is full, or may not be written to.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)  # what lies there may be a link to another file
        yield beside
        beside.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {place_words(error)}") from error
    finally:
        with suppress(OSError):  # where nothing may be removed, nothing was written
            beside.unlink(missing_ok=True)


def try_to_write(folder: Path, words: str, option: str | None = "--out") -> None:
    """Raise a :class:`RunError` that begins with ``words`` where nothing can be written into ``folder``."""
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise RunError(f"{words}: {place_words(error, option)}") from error


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as readable JSON; see :func:`replacing`."""
    with replacing(path) as beside:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")  # names may be any bytes


def place_words(error: OSError, option: str | None = "--out") -> str:
    """Return why a place cannot be used, and what to do, for the end of a sentence; ``option`` chooses the place, if one does.

    Examples
    --------
    >>> place_words(OSError(errno.ENOSPC, "No space left on device"))
    'the disk is full; choose another place with --out, or free some space'
    """
    advice = "choose another place " + (f"with {option}" if option else "that can be read and written")
    if error.errno == errno.ENOSPC:
        return f"the disk is full; {advice}, or free some space"
    return f"{error.strerror or error}; {advice}"
