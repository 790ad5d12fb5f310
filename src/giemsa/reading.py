"""Reading what giemsa wrote, though it may come from somebody else or be damaged: each file is checked first.

What a file should hold is declared beside its reader as a type, mostly a ``TypedDict``, a field a line. A field that is not
declared is not looked at.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from giemsa.errors import RunError

LARGEST_BYTES = 200_000_000  # a million test images are told in 40 million
LARGEST_NUMBER = 1e300
PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text", NoneType: "null"}


@dataclass(frozen=True)
class Between:
    """From where to where a number may lie, or how many letters or entries a text or a list may have; for ``Annotated``."""

    low: float
    high: float = math.inf

    def misfit(self, value: Any, where: str) -> str:
        """Return in words that ``value`` lies outside; nothing where it lies inside."""
        is_number = isinstance(value, int | float)
        if self.low <= (value if is_number else len(value)) <= self.high:
            return ""
        unit = "" if is_number else " letters" if isinstance(value, str) else " entries"
        bounds = f"{self.low:g} to {self.high:g}"
        if math.isinf(self.high) or self.low == self.high:
            bounds = f"at least {self.low:g}" if self.low < self.high else f"{self.low:g}"
        return _misfit(value, where, bounds + unit)


def read_json(path: Path, kind: Any, *, mend: str, version: int | None = None) -> Any:
    """Read a JSON file, and check it.

    Parameters
    ----------
    path : the file.
    kind : what it should hold, as for :func:`find_misfit`.
    mend : what a user can do where it does not; the end of a sentence.
    version : the highest of the field ``version`` that can be read, in files that are also written again; ``None`` where the file
        has no such field.

    Raises
    ------
    RunError : it is missing, no JSON, of a newer version, or not of that kind; the text names the field.
    """
    value = _parse(path, mend)
    if version is not None:
        _refuse_newer(path, value, version)
    if found := find_misfit(value, kind):
        raise RunError(f"{path} was changed or damaged: {found}; {mend}")
    if version is not None:
        _refuse_unwritable(path, value, mend)
    return value


def pick(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``value`` that a ``TypedDict`` declares."""
    return {name: value[name] for name in _fields(kind) if name in value}


def _parse(path: Path, mend: str) -> Any:
    if not path.is_file():
        raise RunError(f"{path} is missing; {mend}")
    if path.stat().st_size > LARGEST_BYTES:
        raise RunError(
            f"{path} has {path.stat().st_size:,} bytes, expected {LARGEST_BYTES:,} at most; {mend}"
        )
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunError(
            f"{path} is not readable JSON ({error}): it was changed or cut short; {mend}"
        ) from error


def _refuse_unwritable(path: Path, value: Any, mend: str) -> None:
    """Refuse, before any work is done, what no reader asks for and cannot be written again."""
    try:
        json.dumps(value, indent=2, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} was changed or damaged ({error}); {mend}") from error


def _refuse_newer(path: Path, value: Any, known: int) -> None:
    version = value.get("version") if isinstance(value, dict) else None
    if not isinstance(version, int):
        raise RunError(f"{path} has no version: it was not written by giemsa, or was changed")
    if version > known:
        raise RunError(
            f"{path} is of version {version}, this giemsa reads up to {known}: install a newer giemsa"
        )


def find_misfit(value: Any, kind: Any, where: str = "") -> str:
    """Return in words the first thing that keeps ``value`` from being of ``kind``; nothing where it is.

    Parameters
    ----------
    value : what ``json.loads`` gives.
    kind : ``bool``, ``int``, ``float``, ``str`` or ``None``; ``Literal``; ``list[X]``, ``tuple[X, Y]`` (a list of two) or
        ``dict[str, X]``; a ``TypedDict``; ``X | Y``; ``Annotated`` with :class:`Between`; ``Any``, of which nothing is asked.
    where : the name of the field.

    Examples
    --------
    >>> find_misfit({"seeds": [0, "x"]}, dict[str, list[int]])
    "seeds[1] is 'x', expected a whole number"
    >>> find_misfit(0.5, Annotated[float, Between(0, 1)])
    ''
    """
    origin, parts = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        return _in_record(value, kind, where)
    if origin is Annotated:
        return find_misfit(value, parts[0], where) or parts[1].misfit(value, where)
    if origin in (Union, UnionType):
        found = [find_misfit(value, part, where) for part in parts]
        return "" if "" in found else found[0]
    if origin is Literal:
        known = ", ".join(map(str, parts))
        return "" if (type(value), value) in [(type(p), p) for p in parts] else _misfit(value, where, known)
    if origin in (list, tuple, dict):
        return _inside(value, origin, parts, where)
    return "" if kind is Any else _in_plain(value, kind, where)


def _in_record(value: Any, kind: Any, where: str) -> str:
    if not isinstance(value, dict):
        return _misfit(value, where, "an object")
    for name, (inner, is_needed) in _fields(kind).items():
        field = _inner(where, name)
        if name in value:
            if found := find_misfit(value[name], inner, field):
                return found
        elif is_needed:
            return f"{field} is missing"
    return ""


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Return the kind of each field of a ``TypedDict``, and whether it may not be missing."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: (get_args(hint)[0], False) if get_origin(hint) is NotRequired else (hint, kind.__total__)
        for name, hint in hints.items()
    }


def _inside(value: Any, origin: type, parts: tuple[Any, ...], where: str) -> str:
    if origin is dict:
        if not isinstance(value, dict):
            return _misfit(value, where, "an object")
        names = ((name, parts[0], f"a name in {where}") for name in value)
        return _first_misfit(
            chain(names, ((each, parts[1], _inner(where, name)) for name, each in value.items()))
        )
    if not isinstance(value, list):
        return _misfit(value, where, "a list")
    if origin is tuple and len(value) != len(parts):
        return _misfit(value, where, f"a list of {len(parts)}")
    kinds = parts if origin is tuple else repeat(parts[0])
    return _first_misfit(
        (each, kind, f"{where}[{place}]")
        for place, (each, kind) in enumerate(zip(value, kinds, strict=False))
    )


def _first_misfit(entries: Iterable[tuple[Any, Any, str]]) -> str:
    return next(filter(None, (find_misfit(*entry) for entry in entries)), "")


def _in_plain(value: Any, kind: Any, where: str) -> str:
    kind = NoneType if kind is None else kind
    if not isinstance(value, int | float if kind is float else kind) or (
        isinstance(value, bool) and kind is not bool
    ):
        return _misfit(value, where, PLAIN[kind])
    if kind in (int, float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        return _misfit(value, where, f"{PLAIN[kind]} of a usual size")
    return ""


def _inner(where: str, name: str) -> str:
    shown = name if name.isprintable() and len(name) <= 60 else reprlib.repr(name)
    return f"{where}.{shown}" if where else shown


def _misfit(value: Any, where: str, expected: str) -> str:
    return f"{where or 'all of it'} is {_shown(value)}, expected {expected}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return json.dumps(value) if value is None or isinstance(value, bool) else reprlib.repr(value)
