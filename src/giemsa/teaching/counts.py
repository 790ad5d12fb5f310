"""Exercise: how are the classes distributed in the validation set?

Counts, shares and percentages are all right answers, by label or by name, from numpy, pandas, ``Counter`` or a bar chart. What is
compared is read from the data itself; the numbers are never told.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any

import numpy as np

from giemsa.data.dataset import ImageDataset
from giemsa.teaching.feedback import NOTHING_YET, Feedback, Line, is_blank, missing, remark, right
from giemsa.teaching.sameness import count
from giemsa.wording import listed

_SPLIT_WORDS = {"train": "training", "val": "validation", "test": "test"}


def check_class_counts(answer: object, data: ImageDataset, *, split: str = "val") -> Feedback:
    """Check how many images of each class a split holds.

    Parameters
    ----------
    answer : counts, shares of 1 or percentages: a sequence in the order of the labels; a mapping or pairs from label or class
        name; a pandas ``Series`` or table; or what ``np.unique(..., return_counts=True)``, ``np.histogram``, ``plt.hist`` or
        ``plt.bar`` return.
    data : the data set that was counted.
    split : the split that was asked for: ``train``, ``val`` or ``test``.

    Returns
    -------
    Feedback : true when every class has the right number.

    Examples
    --------
    >>> import giemsa
    >>> data = giemsa.load("bloodmnist")
    >>> counts = [int((data.val.labels == label).sum()) for label in range(8)]
    >>> check_class_counts(counts, data).passed
    True
    """
    title = f"classes of the {_SPLIT_WORDS[split]} set"
    if is_blank(answer):
        return Feedback(title, (NOTHING_YET,))
    numbers, problems = _by_label(answer, data, split)
    return Feedback.gather(title, problems or _judge(numbers, data, split))


def _by_label(answer: object, data: ImageDataset, split: str) -> tuple[np.ndarray, list[Line]]:
    """Return one number a label, or what makes that impossible."""
    plain = _plain(answer)
    if isinstance(plain, Mapping):
        return _from_mapping(plain, data)
    try:
        numbers = np.asarray(plain, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return np.empty(0), [missing(f"one number a class is asked for; {_kind(answer, plain)}")]
    n_classes, n_images = len(data.class_names), len(data.splits[split])
    if len(numbers) == n_images:
        return numbers, [missing(f"these are {n_images:,} labels, one an image; count how often each occurs")]
    if len(numbers) != n_classes:
        return numbers, [missing(f"there are {n_classes} classes, and {count(len(numbers), 'number')} came")]
    return numbers, []


def _kind(answer: object, plain: object) -> str:
    """Say what came in the place of numbers."""
    words = [part for part in plain if isinstance(part, str)] if isinstance(plain, list) else []
    return f"{words[0]!r} is text" if words else f"what came is of the type {type(answer).__name__}"


def _plain(answer: Any) -> object:
    """Unpack bars, tables, arrays, pairs, what has to be asked one by one, and what ``np.unique`` and histograms return."""
    if hasattr(answer, "datavalues"):
        return answer.datavalues
    if hasattr(answer, "columns") and hasattr(answer, "reset_index"):
        answer = (answer if len(answer.columns) == 2 else answer.reset_index()).to_numpy()
    if hasattr(answer, "to_dict"):
        return answer.to_dict()
    if isinstance(answer, Iterator | ItemsView | ValuesView):
        answer = list(answer)
    answer = _as_list(answer)
    if not isinstance(answer, tuple | list):
        return answer
    parts = [_as_list(part) for part in answer]
    if len(parts) in (2, 3) and np.size(parts[1]) == np.size(parts[0]) + 1 > 2:
        return parts[0]  # the bars' heights, their edges, and of plt.hist the bars
    if len(parts) == 2 and all(np.ndim(part) == 1 for part in parts):
        return dict(zip(*parts, strict=False))
    return dict(parts) if parts and all(_is_pair(part) for part in parts) else parts


def _as_list(answer: Any) -> Any:
    """Return arrays and tensors as lists."""
    return answer.tolist() if hasattr(answer, "tolist") else answer


def _is_pair(part: object) -> bool:
    return (
        isinstance(part, tuple | list)
        and len(part) == 2
        and isinstance(part[0], str | float | int | np.integer)
    )


def _from_mapping(answer: Mapping, data: ImageDataset) -> tuple[np.ndarray, list[Line]]:
    places = {name.casefold(): label for label, name in enumerate(data.short_names)}
    places |= {name.casefold(): label for label, name in enumerate(data.class_names)}
    places |= {str(label): label for label in range(len(data.class_names))}
    numbers = np.full(len(data.class_names), np.nan)
    unknown = []
    for key, number in answer.items():
        if isinstance(key, tuple) and len(key) == 1:
            (key,) = key  # as the rows of a table of one column are counted
        label = places.get(key.casefold(), -1) if isinstance(key, str) else key
        if isinstance(number, str) or np.ndim(number) or label not in range(len(numbers)):
            unknown.append(str(key))
        else:
            numbers[int(label)] = number
    if unknown:
        are = "this is no label or class" if len(unknown) == 1 else "these are no labels or classes"
        return numbers, [missing(f"{listed(unknown)}: {are} of {data.name} with a number")]
    without = [name for name, number in zip(data.class_names, numbers, strict=True) if np.isnan(number)]
    return numbers, [missing(f"no number came for {listed(without)}")] if without else []


def _judge(numbers: np.ndarray, data: ImageDataset, split: str) -> Iterator[Line]:
    counts = {name: np.bincount(part.labels, minlength=len(numbers)) for name, part in data.splits.items()}
    right_places = _agree(numbers, counts[split])
    yield right(f"one number for each of the {len(numbers)} classes")
    if right_places.all():
        yield right(f"every class has its number of {_SPLIT_WORDS[split]} images")
        if not _are_counts(numbers, counts[split]):
            yield remark(
                "you give shares: good for comparing splits; counts say how much there is to learn from"
            )
        return
    for name, others in counts.items():
        if name != split and _agree(numbers, others).all():
            yield missing(
                f"these are the numbers of the {_SPLIT_WORDS[name]} set, not of the {_SPLIT_WORDS[split]} set"
            )
            return
    if _agree(np.sort(numbers), np.sort(counts[split])).all():
        yield missing(
            "the numbers are right but in another order: the first belongs to label 0, the next to label 1"
        )
        return
    yield from _say_what_is_wrong(numbers, counts[split], right_places, data)


def _say_what_is_wrong(
    numbers: np.ndarray, counts: np.ndarray, right_places: np.ndarray, data: ImageDataset
) -> Iterator[Line]:
    if not np.isfinite(numbers).all():
        yield missing("not all of them are numbers")
    elif _are_counts(numbers, counts) and numbers.sum() != counts.sum():
        yield missing(f"the numbers add up to {numbers.sum():,.6g}, the set has {counts.sum():,} images")
    wrong = [name for name, is_right in zip(data.class_names, right_places, strict=True) if not is_right]
    if len(wrong) == len(numbers):
        yield missing("no class has its number; are these the labels of the set that was asked for?")
    else:
        yield missing(f"the number is not right for {listed(wrong)}")


def _agree(numbers: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return, for each class, whether its number is the count, or the share as far as the answer was rounded."""
    if _are_counts(numbers, counts):
        return numbers == counts
    whole = 1.0 if _adds_up_to(numbers, 1.0) else 100.0
    return np.abs(numbers - whole * counts / counts.sum()) <= _rounding(numbers) * 1.01


def _are_counts(numbers: np.ndarray, counts: np.ndarray) -> bool:
    is_share = _adds_up_to(numbers, 1.0) or _adds_up_to(numbers, 100.0)
    return bool((numbers == counts).all()) or not is_share


def _adds_up_to(numbers: np.ndarray, whole: float) -> bool:
    off, rounding = abs(float(numbers.sum()) - whole), _rounding(numbers)
    small = rounding < 0.1 * whole  # else nearly every number would do, such as a 0 for a share of .2
    return small and off <= rounding * len(numbers) and bool(np.all((numbers >= 0) & (numbers <= whole)))


def _rounding(numbers: np.ndarray) -> float:
    """Return half a unit of the last decimal place that the numbers use."""
    for places in range(7):
        if np.allclose(numbers, np.round(numbers, places), rtol=0, atol=1e-12):
            return 0.5 * 10.0**-places
    return 1e-6
