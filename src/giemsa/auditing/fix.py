"""The cleaned manifest: what to train on instead, with every image that was left out accounted for."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giemsa.data.dataset import SPLITS
from giemsa.data.images import FILE_FACTS
from giemsa.data.records import field_words
from giemsa.errors import DataError
from giemsa.writing import replacing

if TYPE_CHECKING:
    from giemsa.auditing.pool import Pool
    from giemsa.auditing.report import AuditReport, Labels

LEAST_MARGIN = 0.5  # a suspect label is set aside where another class is at least so much more probable


@dataclass(frozen=True, eq=False)
class Cleaning:
    """Which images stay, and why the others do not.

    Parameters
    ----------
    kept : ``(n,)`` of truth values, in the order of the pool.
    reasons : for each image left out, by place in the pool, why.
    """

    kept: np.ndarray
    reasons: dict[int, str]

    def __str__(self) -> str:
        words = [
            f"{list(self.reasons.values()).count(reason)} {reason}"
            for reason in dict.fromkeys(self.reasons.values())
        ]
        return f"{int(self.kept.sum())} images kept; left out: {', '.join(words) or 'none'}"


def choose_cleaning(report: AuditReport) -> Cleaning:
    """Decide what a cleaned set leaves out; no label is changed and nothing moves from split to split.

    Of each group of duplicates one image stays, in the split that is scored last: a copy leaves train for the sake of test.
    Groups with different labels are set aside whole, outside test; so are suspect labels and empty images. Test is left as
    it is but for copies within it, since a test set cleaned by a network's opinion would flatter networks.
    """
    pool, results = report.pool, report.results
    in_test = pool.split_of == SPLITS.index("test")
    reasons: dict[int, str] = {}
    for group in results.duplicates.members():
        if len(set(pool.labels[group].tolist())) > 1:
            reasons |= dict.fromkeys(group[~in_test[group]].tolist(), "duplicate with another label")
            continue
        keeper = group[np.argmax(pool.split_of[group])]
        reasons |= {place: "duplicate" for place in group.tolist() if place != keeper}
    for place in results.quality.faults["empty"].tolist():
        if not in_test[place]:
            reasons.setdefault(place, "empty")
    if results.labels is not None:
        for place in _mislabelled(results.labels, pool.labels).tolist():
            if not in_test[place]:
                reasons.setdefault(place, "suspect label")
    reasons |= _shared_groups(report, reasons)
    kept = np.ones(len(pool), dtype=bool)
    kept[list(reasons)] = False
    return Cleaning(kept, reasons)


def _mislabelled(judged: Labels, labels: np.ndarray) -> np.ndarray:
    """Return the suspects that the networks call by another name with a wide margin, worst first."""
    suspects = judged.errors.suspects
    other, own = (judged.probabilities[suspects, of[suspects]] for of in (judged.errors.suggested, labels))
    return suspects[other - own >= LEAST_MARGIN]


def _shared_groups(report: AuditReport, gone: dict[int, str]) -> dict[int, str]:
    """Take the images of a patient that stands in several splits out of all but the last of them."""
    pool = report.pool
    if pool.groups is None:
        return {}
    _, which = np.unique(pool.groups, return_inverse=True)
    which = which.ravel()
    last = np.zeros(int(which.max()) + 1, dtype=np.int64)
    np.maximum.at(last, which, pool.split_of)
    places = np.flatnonzero(pool.split_of < last[which])
    return {place: "group in a later split" for place in places.tolist() if place not in gone}


def write_manifest(report: AuditReport, path: str | Path, *, overwrite: bool = False) -> Cleaning:
    """Write the cleaned set as a manifest that ``giemsa train`` takes: ``path,label,split``, ``group``, and the user's columns.

    Parameters
    ----------
    report : an audit.
    path : a file that ends in ``.csv``.
    overwrite : replace it where it exists.

    Returns
    -------
    Cleaning : what was left out, and why; it is also written beside the manifest, as ``NAME.left-out.csv``.

    Raises
    ------
    DataError : the name does not end in ``.csv``, the file exists and may not be replaced, or nothing would be left in train, in
        val, or in train of a class that val or test has.
    RunError : the place cannot be written.
    """
    paths = check_targets(path, overwrite=overwrite)
    pool, cleaning = report.pool, choose_cleaning(report)
    _refuse_emptied(pool, cleaning.kept)
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    kept = [_row(pool, place) for place in np.flatnonzero(cleaning.kept).tolist()]
    left_out = [_row(pool, place) | {"reason": reason} for place, reason in sorted(cleaning.reasons.items())]
    header = list(_row(pool, 0))
    with replacing(paths[0]) as manifest, replacing(paths[1]) as account:
        _write_rows(manifest, header, kept)
        _write_rows(account, [*header, "reason"], left_out)
    return cleaning


def check_targets(path: str | Path, *, overwrite: bool) -> tuple[Path, Path]:
    """Return the manifest's path, and that of the account of what was left out, if both may be written.

    Raises
    ------
    DataError : the name does not end in ``.csv``, by which a manifest is known, or one of both exists and may not be replaced.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise DataError(
            f"{path} does not end in .csv, by which a manifest is known: expected a name such as cleaned.csv"
        )
    targets = path, path.with_suffix(".left-out.csv")
    for target in targets:
        if target.exists() and not overwrite:
            raise DataError(f"{target} exists already: choose another name for the cleaned manifest")
    return targets


def _write_rows(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def _refuse_emptied(pool: Pool, kept: np.ndarray) -> None:
    """Refuse to empty train or val, and to take a class out of train that stands in val or test."""
    advice = "look at the findings before cleaning"
    before, after = (_counts(pool, chosen) for chosen in (np.ones(len(pool), dtype=bool), kept))
    for split in ("train", "val"):
        place = SPLITS.index(split)
        if before[place].any() and not after[place].any():
            raise DataError(f"nothing would be left in {split}: {advice}")
    lost = np.flatnonzero((before[0] > 0) & (after[0] == 0) & (after[1:].sum(axis=0) > 0))
    if len(lost):
        names = ", ".join(pool.class_name(label) for label in lost)
        raise DataError(f"nothing would be left in train of {names}, which val or test has: {advice}")


def _counts(pool: Pool, chosen: np.ndarray) -> np.ndarray:
    """Return the number of ``chosen`` images of each class in each split, ``(splits, classes)``."""
    counts = np.zeros((len(SPLITS), len(pool.data.class_names)), dtype=np.int64)
    np.add.at(counts, (pool.split_of[chosen], pool.labels[chosen]), 1)
    return counts


def _row(pool: Pool, place: int) -> dict[str, str]:
    """Return what a manifest says of an image, by column; what its file says itself is left out."""
    address = pool.address(place)
    row = {
        "path": _absolute(address),
        "label": pool.class_name(pool.labels[place]),
        "split": pool.split_name(place),
    }
    if pool.groups is not None:
        group = str(pool.groups[place])
        row["group"] = "" if group == address else group  # an image without a group bears its address
    return row | {
        name: field_words(column[place]) for name, column in pool.columns.items() if name not in FILE_FACTS
    }


def _absolute(address: str) -> str:
    """Return an address that holds wherever the manifest lies: its file, if it is one, by its whole path."""
    file, separator, place = address.partition("::")
    return f"{Path(file).resolve()}{separator}{place}" if Path(file).exists() else address
