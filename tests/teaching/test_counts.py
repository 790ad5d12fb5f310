"""The distribution of classes: right in every dress, and told exactly where it is wrong."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.teaching import check_class_counts

NAMES = ("round cell", "lobed cell", "platelet")
COUNTS = {"train": (30, 50, 20), "val": (4, 9, 2), "test": (7, 5, 8)}


def make_split(counts: tuple[int, ...]) -> Split:
    labels = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(0).shuffle(labels)
    images = np.zeros((len(labels), 2, 2, 1), dtype=np.uint8)
    return Split(images=images, labels=labels, addresses=tuple(str(i) for i in range(len(labels))))


@pytest.fixture(scope="module")
def data() -> ImageDataset:
    card = DataCard("cells", "Cells", "", "", NAMES, 1, short_names=("round", "lobed", "plt"))
    return ImageDataset(card, **{name: make_split(counts) for name, counts in COUNTS.items()})


VAL = np.repeat([0, 1, 2], COUNTS["val"])
RIGHT = {
    "list": [4, 9, 2],
    "tuple": (4, 9, 2),
    "array": np.array([4, 9, 2]),
    "column": np.array([[4], [9], [2]]),
    "tensor": torch.tensor([4, 9, 2]),
    "by label": {0: 4, 1: 9, 2: 2},
    "by numpy label": {np.int64(2): 2, np.int64(0): 4, np.int64(1): 9},
    "by name": {"lobed cell": 9, "round cell": 4, "platelet": 2},
    "by short name": {"lobed": 9, "round": 4, "plt": 2},
    "Counter": Counter(VAL.tolist()),
    "by capital name": {"Lobed cell": 9, "ROUND": 4, "Platelet": 2},
    "np.unique": np.unique(VAL, return_counts=True),
    "np.unique as an array": np.array(np.unique(VAL, return_counts=True)),
    "np.unique as columns": np.asarray(np.unique(VAL, return_counts=True)).T,
    "torch.unique": torch.unique(torch.tensor(VAL), return_counts=True),
    "items": dict(enumerate([4, 9, 2])).items(),
    "values": Counter(sorted(VAL.tolist())).values(),
    "value_counts": pd.Series(VAL).value_counts(),
    "value_counts as a table": pd.Series(VAL).value_counts().to_frame(),
    "table of two columns": pd.Series(VAL).value_counts().reset_index(),
    "most common": Counter(VAL.tolist()).most_common(),
    "pairs of names": [("lobed", 9), ("round", 4), ("plt", 2)],
    "labels as words": {"0": 4, "1": 9, "2": 2},
    "histogram": (*np.histogram(VAL, bins=3), "the bars"),
    "numpy's histogram": np.histogram(VAL, bins=3),
    "value_counts of a table": pd.DataFrame(VAL).value_counts(),
    "by label with a point": {0.0: 4, 1.0: 9, 2.0: 2},
    "value_counts of floats": pd.Series(VAL.astype(float)).value_counts(),
    "table of floats": pd.Series(VAL.astype(float)).value_counts().reset_index(),
    "shares in tenths": [0.3, 0.6, 0.1],
    "shares": np.array([4, 9, 2]) / 15,
    "rounded shares": [0.27, 0.60, 0.13],
    "percentages": 100 * np.array([4, 9, 2]) / 15,
    "whole percentages": [27, 60, 13],
    "normalised value_counts": pd.Series(VAL).value_counts(normalize=True),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers(data: ImageDataset, name: str) -> None:
    feedback = check_class_counts(RIGHT[name], data)
    assert feedback.passed, feedback
    assert bool(feedback.remarks) == ("share" in name or "percent" in name or "normal" in name)


def test_what_gives_its_numbers_one_by_one_is_an_answer(data: ImageDataset) -> None:
    assert check_class_counts((int(np.sum(label == VAL)) for label in range(3)), data)


def test_bars_of_a_chart_are_an_answer(data: ImageDataset) -> None:
    from matplotlib.figure import Figure

    assert check_class_counts(Figure().subplots().bar(NAMES, [4, 9, 2]), data)


NEARLY = {
    "train": ([30, 50, 20], "these are the numbers of the training set, not of the validation set"),
    "test": ({"round": 7, "lobed": 5, "plt": 8}, "these are the numbers of the test set"),
    "shares of train": ([0.3, 0.5, 0.2], "these are the numbers of the training set"),
    "sorted": ([9, 4, 2], "in another order"),
    "one off": ([4, 8, 2], "the numbers add up to 14, the set has 15 images"),
    "one off, named": ([4, 8, 2], "the number is not right for lobed cell"),
    "two swapped in sum": ([5, 8, 2], "the number is not right for round cell and lobed cell"),
    "class forgotten": ({0: 4, 1: 9}, "no number came for platelet"),
    "unknown name": ({"round": 4, "lobed": 9, "square": 2}, "square: this is no label or class of cells"),
    "too few": ([4, 9], "there are 3 classes, and two numbers came"),
    "labels": (VAL, "these are 15 labels, one an image"),
    "all wrong": ([1, 1, 1], "no class has its number"),
    "half a label": ({0: 4, 1: 9, 1.5: 2}, "1.5: this is no label or class of cells with a number"),
    "two labels in one": ({(0, 1): 4, 1: 9, 2: 2}, "(0, 1): this is no label or class"),
    "nothing but zeros": ([0, 0, 0], "no class has its number"),
    "the largest class": ([0, 1, 0], "no class has its number"),
    "text": (["27 %", "60 %", "13 %"], "one number a class is asked for; '27 %' is text"),
    "not numbers": ("eight", "one number a class is asked for; what came is of the type str"),
    "blank": (..., "there is no answer yet"),
    "none": (None, "there is no answer yet"),
    "unknown names": (
        {"train": [4, 9, 2], "val": 2},
        "train and val: these are no labels or classes of cells",
    ),
    "no number": ([4, float("nan"), 2], "not all of them are numbers"),
    "nan": ([4, float("nan"), 2], "the number is not right for lobed cell"),
    "rounded too well": ([0.27, 0.61, 0.12], "the number is not right for"),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_missing_is_said_exactly(data: ImageDataset, name: str) -> None:
    answer, words = NEARLY[name]
    feedback = check_class_counts(answer, data)
    assert not feedback.passed
    assert any(words in line for line in feedback.missing), feedback


def test_zeros_are_no_shares_of_many_classes() -> None:
    names = tuple("abcdefgh")
    card = DataCard("cells", "Cells", "", "", names, 1)
    splits = (make_split((3, 5, 4, 2, 3, 3, 5, 4)) for _ in range(3))
    feedback = check_class_counts([0] * 8, ImageDataset(card, *splits))
    assert not feedback.passed
    assert "the numbers add up to 0, the set has 29 images" in feedback.missing


def test_the_right_number_is_never_told(data: ImageDataset) -> None:
    said = " ".join(check_class_counts([40, 41, 42], data).missing)
    assert not {"4", "9", "2"} & set(said.replace(",", " ").split())


def test_another_split_can_be_asked_for(data: ImageDataset) -> None:
    assert check_class_counts([7, 5, 8], data, split="test").exercise == "classes of the test set"
    assert check_class_counts([7, 5, 8], data, split="test")


@settings(max_examples=30)
@given(st.lists(st.integers(0, 60), min_size=3, max_size=3))
def test_counts_are_right_only_where_they_are_equal(counts: list[int]) -> None:
    card = DataCard("cells", "Cells", "", "", NAMES, 1)
    known = ImageDataset(card, **{name: make_split(value) for name, value in COUNTS.items()})
    truth = list(COUNTS["val"])
    is_share = sum(counts) == 100 and all(
        abs(c - 100 * t / 15) <= 0.5 for c, t in zip(counts, truth, strict=True)
    )
    assert check_class_counts(counts, known).passed == (counts == truth or is_share)
