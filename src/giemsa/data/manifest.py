"""A CSV manifest: a row an image, with the columns ``path``, ``label`` and, if wanted, ``split``, ``group`` and others.

Where the comma is a decimal sign, spreadsheets write semicolons, or tabs, in its place; the header tells which.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PureWindowsPath

import numpy as np

from giemsa.data.records import Records, one_spelling, split_name
from giemsa.errors import DataError
from giemsa.wording import count_words

SEPARATORS = ",;\t"
KNOWN_COLUMNS = ("path", "label", "split", "group")
LIKE_GROUPS = {"patient", "subject", "donor", "case", "slide", "animal", "mouse"}
BEYOND = "beyond the header"
# as pandas writes, and calls when it reads it again, the numbers of its rows
NAMELESS = re.compile(r"(Unnamed: \d+)?")
CODE = re.compile(r"0\d|\d{16}")  # of digits, but no number: it would lose some


def read_manifest(path: Path) -> Records:
    """Read a manifest; relative paths are seen from the manifest's own folder, blank rows and columns without a name say nothing.

    Raises
    ------
    DataError : no rows, columns missing or doubled, an empty field, fields beyond the header's, an unknown split, no file that
        exists.
    """
    rows, lines, separator = _rows(path)
    where = [f"{path}, line {number}" for number in lines]
    for row, place in zip(rows, where, strict=True):
        if not row["path"] or not row["label"]:
            raise DataError(f"{place}: path and label must not be empty")
    columns = list(rows[0])
    splits = groups = None
    if any(row.get("split") for row in rows):
        splits = tuple(split_name(row["split"], place) for row, place in zip(rows, where, strict=True))
    if "group" in columns:
        groups = tuple(one_spelling(row["group"]) for row in rows)
    named = [name for name in columns if name not in KNOWN_COLUMNS and not NAMELESS.fullmatch(name)]
    metadata = {name: _column([row[name] for row in rows], separator) for name in named}
    addresses = tuple(_address(path, row["path"]) for row in rows)
    if not any("::" in address or Path(address).exists() for address in addresses):
        raise DataError(
            f"{where[0]}: {rows[0]['path']} does not exist, nor does any other file of this manifest: "
            f"expected paths that begin at its folder, {path.resolve().parent}, or whole ones"
        )
    labels = tuple(one_spelling(row["label"]) for row in rows)
    like_groups = () if groups and any(groups) else filter(_is_like_group, metadata)
    notes = (
        *_tell_doubled(addresses, zip(labels, splits or labels, strict=True)),
        *map(_tell_group, like_groups),
    )
    return Records(addresses, labels, splits, groups, metadata, notes)


def _tell_doubled(addresses: Sequence[str], said: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence where images stand in several rows; what each row says of its image tells whether they agree."""
    rows = defaultdict[str, list[tuple[str, str]]](list)
    for address, words in zip(addresses, said, strict=True):
        rows[address].append(words)
    doubled = {address: words for address, words in rows.items() if len(words) > 1}
    if not doubled:
        return
    apart = [address for address, words in doubled.items() if len(set(words)) > 1]
    stand = "stands" if len(doubled) == 1 else "stand"
    but = f", {len(apart)} of them with different labels or in different splits" if apart else ""
    yield (
        f"{count_words(len(doubled), 'image')} {stand} in several rows of the manifest{but}: every row counts. "
        f"The first: {(apart or list(doubled))[0]}."
    )


def _is_like_group(column: str) -> bool:
    """Return whether a column's name says that it may tell what belongs together, such as ``Patient_ID``."""
    return bool(LIKE_GROUPS & set(re.split(r"[\W_]+", column.lower())))


def _tell_group(column: str) -> str:
    return (
        f"The column {column!r} is taken for a fact of each image: if it says which images belong together, call it group, "
        "and a split that giemsa makes cuts through none of them."
    )


def _rows(path: Path) -> tuple[list[dict[str, str]], list[int], str]:
    """Return the rows that are not blank, the line on which each of them ends, and what stands between two fields."""
    rows, lines = [], []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            separator = max(SEPARATORS, key=file.readline().count)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator, restkey=BEYOND, skipinitialspace=True)
            reader.fieldnames = names = [_column_name(name) for name in reader.fieldnames or []]
            _check_names(path, names)
            for row in reader:
                if any(map(str.strip, row.pop(BEYOND, ()))):
                    raise DataError(
                        f"{path}, line {reader.line_num}: expected {len(names)} fields, as the header has, and got more; "
                        f"put quotes around a field that holds a {separator!r}"
                    )
                fields = {name: (field or "").strip() for name, field in row.items()}
                if any(fields.values()):
                    rows.append(fields)
                    lines.append(reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read as a CSV manifest ({error}): expected UTF-8 text, which spreadsheets save as “CSV UTF-8”"
        ) from error
    if not rows:
        raise DataError(f"{path} has no rows: expected one an image")
    return rows, lines, separator


def _column_name(written: str) -> str:
    """Return a column's name as the header has it; those with a meaning may be written in capitals."""
    name = written.strip()
    return name.lower() if name.lower() in KNOWN_COLUMNS else name


def _check_names(path: Path, names: list[str]) -> None:
    doubled = [name for name in KNOWN_COLUMNS if names.count(name) > 1]
    if doubled:
        raise DataError(f"{path} has {names.count(doubled[0])} columns {doubled[0]}: expected one")
    missing = [name for name in ("path", "label") if name not in names]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected path,label[,split][,group], got {','.join(names) or 'nothing'}"
        )


def _address(manifest: Path, text: str) -> str:
    """Return an image's address: a path from where one stands, that of a packed file whole."""
    source, separator, place = text.partition("::")
    file = manifest.parent / source
    if "\\" in source and not file.exists():  # it may have been written on Windows
        file = manifest.parent / PureWindowsPath(source).as_posix()
    if separator:
        return f"{file.resolve() if file.is_file() else source}::{place}"
    return str(file)


def _column(values: list[str], separator: str) -> np.ndarray:
    """Return a metadata column: numbers, and NaN for blanks, where all that is given is numbers; else strings."""
    words = np.array(values, dtype=np.str_)
    if not any(values) or any(map(CODE.match, values)):
        return words
    try:
        point = values if separator == "," else [value.replace(",", ".") for value in values]
        return np.array([float(value or "nan") for value in point])
    except ValueError:
        return words
