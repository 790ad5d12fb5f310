"""Anybody's predictions: MedMNIST's standard result file, CSV with named columns (a run's own among them), and ``.npy``."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from giemsa.data.addresses import find_by_address
from giemsa.data.packed import DAMAGED
from giemsa.errors import PredictionError
from giemsa.writing import replacing

STANDARD_NAME = re.compile(r"(?P<data>[a-z]+)(_(?P<size>\d+))?_(?P<split>train|val|test)(_|@|\.|$)")
KEY_COLUMNS = ("index", "label", "path", "address")


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """What a file says.

    Parameters
    ----------
    probabilities : ``(n, classes)``, in the order of the images.
    labels : ``(n,)``, where the file names them, else ``None``.
    class_names : where the file names its columns, else ``None``.
    split : ``train``, ``val`` or ``test`` where the file's name says so, else ``None``.
    addresses : ``n`` strings, where the file has a column ``path`` or ``address`` and no index, else ``None``.
    """

    probabilities: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None
    split: str | None = None
    addresses: tuple[str, ...] | None = None

    def in_order_of(self, addresses: Sequence[str]) -> PredictionTable | None:
        """Return the table with its rows in the order of ``addresses``; ``None`` where it does not name each of them once.

        A table without addresses is taken to be in order.
        """
        if self.addresses is None:
            return self
        places = [place for place in find_by_address(self.addresses, addresses) if place is not None]
        if sorted(places) != list(range(max(len(addresses), len(self.probabilities)))):
            return None
        order = np.argsort(places)
        labels = None if self.labels is None else self.labels[order]
        return dataclasses.replace(
            self, probabilities=self.probabilities[order], labels=labels, addresses=tuple(addresses)
        )


def read_predictions(path: Path, *, class_names: Sequence[str] | None = None) -> PredictionTable:
    """Read anybody's predictions.

    Parameters
    ----------
    path : ``.npy`` of the shape ``(n, classes)``; CSV without header, an index and then one column a class, as MedMNIST's
        evaluator writes; or CSV with a header that names the classes, or numbers them from 0, with ``index`` (or pandas's first
        column without a name) or ``path``, and ``label``, where they are known. A first line of numbers alone is no header,
        unless they are just those of the classes.
    class_names : the classes in the order wanted; named columns are put into it.

    Raises
    ------
    PredictionError : the file is missing, empty, of another kind, or its columns, rows or indices do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise PredictionError(f"no file {path}: expected predictions as CSV or .npy")
    split = _split_of(path)
    if path.suffix == ".npy":
        return PredictionTable(_read_npy(path), split=split)
    rows = _read_rows(path)
    first = [cell.strip() for cell in rows[0]]
    named_by_numbers = class_names is not None and set(first) in (set(class_names), _numbered(class_names))
    if all(map(_is_number, first)) and not named_by_numbers:
        return PredictionTable(_standard(path, rows), split=split)
    return _named(path, rows, class_names, split)


def write_standard_file(
    folder: Path, data: str, split: str, probabilities: np.ndarray, *, scores: tuple[float, float], run: str
) -> Path:
    """Write MedMNIST's standard result file, which its evaluator reads, and return its path.

    Parameters
    ----------
    folder : where it goes.
    data : name of the set, with ``_64`` and so on where its images are not 28 pixels wide.
    split : ``train``, ``val`` or ``test``.
    probabilities : ``(n, classes)``.
    scores : AUC and accuracy, for the name.
    run : a word for the run; other signs than letters, digits and hyphens become hyphens.

    References
    ----------
    MedMNIST/MedMNIST, medmnist/evaluator.py, ``get_standard_evaluation_filename`` and ``parse_and_evaluate``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    word = re.sub(r"[^A-Za-z0-9-]+", "-", run).strip("-") or "giemsa"
    path = folder / f"{data}_{split}_[AUC]{scores[0]:.3f}_[ACC]{scores[1]:.3f}@{word}.csv"
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(
            [index, *(repr(float(value)) for value in row)] for index, row in enumerate(probabilities)
        )
    return path


def _read_npy(path: Path) -> np.ndarray:
    try:
        table = np.load(path, allow_pickle=False)
    except DAMAGED as trouble:
        raise PredictionError(f"cannot read {path.name} as an array of numbers: {trouble}") from None
    if not isinstance(table, np.ndarray) or table.dtype.kind not in "fiu":
        raise PredictionError(f"{path.name} must hold one array of numbers")
    if table.ndim != 2:
        raise PredictionError(
            f"{path.name} holds an array of the shape {table.shape}; expected (images, classes)"
        )
    return table.astype(np.float64)


def _read_rows(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as trouble:
        raise PredictionError(f"cannot read {path.name} as CSV in UTF-8: {trouble}") from None
    if not rows:
        raise PredictionError(f"{path.name} is empty; expected one row an image")
    width = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise PredictionError(
                f"line {number} of {path.name} has {len(row)} columns, the first has {width}"
            )
    return rows


def _standard(path: Path, rows: list[list[str]]) -> np.ndarray:
    table = _numbers(path, rows, first_line=1)
    return table[_order(path, table[:, 0]), 1:]


def _named(
    path: Path, rows: list[list[str]], class_names: Sequence[str] | None, split: str | None
) -> PredictionTable:
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        raise PredictionError(f"{path.name} has two columns of one name: {', '.join(header)}")
    columns = {name: place for place, name in enumerate(header)}
    keys = {name.lower(): place for name, place in columns.items() if name.lower() in KEY_COLUMNS}
    if not header[0] and len(rows) > 1 and _is_number(rows[1][0]):
        keys.setdefault("index", 0)  # pandas writes it so
    given = [name for name in header if name.lower() not in keys and name]
    wanted = list(class_names) if class_names is not None else given
    if class_names is not None and set(given) == _numbered(class_names) != set(wanted):
        columns |= {name: columns[str(label)] for label, name in enumerate(class_names)}
        given = wanted
    if set(wanted) != set(given):
        raise PredictionError(
            f"the columns of {path.name} must be the classes {', '.join(wanted)}; it has {', '.join(given)}"
        )
    body = rows[1:]
    if not body:
        raise PredictionError(f"{path.name} holds a header and nothing else; expected one row an image")
    table = _numbers(path, [[row[columns[name]] for name in wanted] for row in body], first_line=2)
    order = np.arange(len(body))
    if "index" in keys:
        index = _numbers(path, [[row[keys["index"]]] for row in body], first_line=2)
        order = _order(path, index[:, 0])
    labels = None
    if "label" in keys:
        labels = _labels(path, [row[keys["label"]].strip() for row in body], wanted)[order]
    named_by = keys.keys() & {"path", "address"} if "index" not in keys else set()
    addresses = tuple(row[keys[name]] for row in body for name in named_by) if len(named_by) == 1 else None
    return PredictionTable(table[order], labels, tuple(wanted), split, addresses)


def _numbered(class_names: Sequence[str]) -> set[str]:
    return {str(label) for label in range(len(class_names))}


def _labels(path: Path, words: list[str], names: list[str]) -> np.ndarray:
    by_number = {str(label): label for label in range(len(names))}
    by_name = {name: label for label, name in enumerate(names)}
    # classes may be called by numbers, such as grades from 1 on
    named = set(words) <= by_name.keys() and not set(words) <= by_number.keys()
    known = by_name if named else by_name | by_number
    for number, word in enumerate(words, start=2):
        if word not in known:
            raise PredictionError(
                f"line {number} of {path.name} has the label {word!r}; expected 0 to {len(names) - 1} or a class's name"
            )
    return np.array([known[word] for word in words], dtype=np.int64)


def _numbers(path: Path, rows: list[list[str]], *, first_line: int) -> np.ndarray:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        for number, row in enumerate(rows, start=first_line):
            for word in row:
                if not _is_number(word):
                    raise PredictionError(
                        f"line {number} of {path.name} holds {word!r}; expected a number"
                    ) from None
        raise


def _order(path: Path, index: np.ndarray) -> np.ndarray:
    """Return the order that sorts the rows by index, which must be 0, 1, ... each once."""
    order = np.argsort(index, kind="stable")
    if not np.array_equal(index[order], np.arange(len(index))):
        expected = f"0 to {len(index) - 1}, each once"
        raise PredictionError(f"the first column of {path.name} must hold the images' indices, {expected}")
    return order


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _split_of(path: Path) -> str | None:
    found = STANDARD_NAME.match(path.name)
    if found:
        return found["split"]
    return path.stem if path.stem in ("train", "val", "test") else None
