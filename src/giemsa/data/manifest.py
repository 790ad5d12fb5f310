"""A CSV manifest: a row an image, with the columns ``path``, ``label`` and, if wanted, ``split``, ``group`` and others.

Where the comma is a decimal sign, spreadsheets write semicolons, or tabs, in its place; the header tells which.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from giemsa.data.records import Records, split_name
from giemsa.errors import DataError

SEPARATORS = ",;\t"
KNOWN_COLUMNS = ("path", "label", "split", "group")


def read_manifest(path: Path) -> Records:
    """Read a manifest; relative paths are seen from the manifest's own folder.

    Raises
    ------
    DataError : no rows, columns missing, an empty field, an unknown split.
    """
    rows, lines = _rows(path)
    where = [f"{path}, line {number}" for number in lines]
    for row, place in zip(rows, where, strict=True):
        if not row["path"] or not row["label"]:
            raise DataError(f"{place}: path and label must not be empty")
    columns = [name for name in rows[0] if name]
    splits = groups = None
    if "split" in columns:
        splits = tuple(split_name(row["split"], place) for row, place in zip(rows, where, strict=True))
    if "group" in columns:
        groups = tuple(row["group"] for row in rows)
    metadata = {name: _column([row[name] for row in rows]) for name in columns if name not in KNOWN_COLUMNS}
    addresses = tuple(_address(path, row["path"]) for row in rows)
    return Records(addresses, tuple(row["label"] for row in rows), splits, groups, metadata)


def _rows(path: Path) -> tuple[list[dict[str, str]], list[int]]:
    """Return the rows, and the line on which each of them ends."""
    rows, lines = [], []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            separator = max(SEPARATORS, key=file.readline().count)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator)
            reader.fieldnames = names = [name.strip() for name in reader.fieldnames or []]
            _check_names(path, names)
            for row in reader:
                rows.append({key: (value or "").strip() for key, value in row.items() if key})
                lines.append(reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a CSV manifest ({error}): expected UTF-8 text") from error
    if not rows:
        raise DataError(f"{path} has no rows: expected one an image")
    return rows, lines


def _check_names(path: Path, names: list[str]) -> None:
    missing = [name for name in ("path", "label") if name not in names]
    if missing:
        raise DataError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected path,label[,split][,group], got {','.join(names) or 'nothing'}"
        )


def _address(manifest: Path, text: str) -> str:
    """Return an image's address; a path is made absolute, that of a packed file as well."""
    source, separator, place = text.partition("::")
    if separator:
        file = manifest.parent / source
        return f"{file.resolve() if file.exists() else source}::{place}"
    return str(manifest.parent / text)


def _column(values: list[str]) -> np.ndarray:
    """Return a metadata column: numbers where all are numbers, else strings."""
    try:
        return np.array([float(value) for value in values])
    except ValueError:
        return np.array(values, dtype=np.str_)
