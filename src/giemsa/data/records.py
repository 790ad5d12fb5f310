"""What a folder or a manifest says of each image, before a pixel is read."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from giemsa.data.dataset import SPLITS
from giemsa.errors import DataError
from giemsa.wording import listed

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True, eq=False)
class Records:
    """Images that are known by address.

    Parameters
    ----------
    addresses : ``n`` paths, or ``source::split/index`` for images in packed sets.
    class_of : ``n`` names of classes.
    splits : ``n`` of train, val and test, or ``None`` where none is given.
    groups : ``n`` strings (patient, slide), empty for an image that is in none, or ``None``.
    metadata : further columns, each of ``n`` values.
    notes : sentences a user should know, such as which files were passed over.
    """

    addresses: tuple[str, ...]
    class_of: tuple[str, ...]
    splits: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    metadata: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def one_spelling(name: str) -> str:
    """Return a name in the one spelling of those that look alike: single blanks, none around, a letter and its accent as one.

    Examples
    --------
    >>> one_spelling(" Blutpla\u0308ttchen ") == "Blutpl\u00e4ttchen"
    True
    """
    return unicodedata.normalize("NFC", " ".join(name.split()))


def split_name(word: str, where: str) -> str:
    """Return train, val or test for a word such as ``Validation``.

    Raises
    ------
    DataError : another word; ``where`` says where it stood.
    """
    name = SPLIT_WORDS.get(word.strip().lower())
    if not word.strip():
        raise DataError(f"{where}: split is blank, but not in all rows: expected {', '.join(SPLITS)} in each")
    if name is None:
        raise DataError(f"{where}: split {word!r} is unknown, expected {', '.join(SPLITS)}")
    return name


def order_classes(names: Sequence[str], preferred: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the distinct names: in the ``preferred`` order where all of them stand in it, numbers by size, else by alphabet.

    Raises
    ------
    DataError : fewer than two classes.

    Examples
    --------
    >>> order_classes(["10", "9", "9"])
    ('9', '10')
    """
    distinct = set(names)
    if len(distinct) < 2:
        raise DataError(
            f"all images are of one class ({', '.join(sorted(distinct))}): expected at least two classes"
        )
    if distinct <= set(preferred):
        return tuple(name for name in preferred if name in distinct)
    if all(name.isdecimal() for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct, key=lambda name: (name.casefold(), name)))


def tell_look_alikes(class_names: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for classes whose names differ in capitals or leading zeros alone, as one class's might by mistake.

    Examples
    --------
    >>> list(tell_look_alikes(["blast", "Blast", "other"]))
    ["The classes 'blast' and 'Blast' are taken for different ones: if they are not, write them alike."]
    """
    alike: dict[str, list[str]] = {}
    for name in class_names:
        alike.setdefault(str(int(name)) if name.isdecimal() else name.casefold(), []).append(repr(name))
    for names in alike.values():
        if len(names) > 1:
            yield f"The classes {listed(names)} are taken for different ones: if they are not, write them alike."


def field_words(value: Any) -> str:
    """Return a further column's value as a table has it: whole numbers without a point, what is not given as a blank.

    Examples
    --------
    >>> field_words(1.0), field_words(0.25), field_words(float("nan")), field_words("slide 3")
    ('1', '0.25', '', 'slide 3')
    """
    if isinstance(value, float):
        return "" if math.isnan(value) else np.format_float_positional(value, trim="-")
    return str(value)
