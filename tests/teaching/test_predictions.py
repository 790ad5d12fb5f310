"""From probabilities to labels."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.teaching import check_predictions

NAMES = ("round", "lobed", "platelet")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.5, 0.5, 0.0]])
RIGHT = {
    "array": PROBABILITIES.argmax(axis=1),
    "other of two equals": [0, 2, 1, 1],
    "list": [0, 2, 1, 0],
    "floats": [0.0, 2.0, 1.0, 0.0],
    "column": np.array([[0], [2], [1], [0]]),
    "tensor": torch.tensor([0, 2, 1, 0]),
    "series": pd.Series([0, 2, 1, 0]),
    "words like numbers": ["0", "2", "1", "0"],
    "a number each": {"a": 0, "b": 2, "c": 1, "d": 0},
    "values of a dictionary": {"a": 0, "b": 2, "c": 1, "d": 0}.values(),
    "names": ["round", "platelet", "lobed", "lobed"],
    "array of names": np.array(NAMES, dtype=object)[[0, 2, 1, 0]],
    "series of names": pd.Series(["round", "platelet", "lobed", "lobed"]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers(name: str) -> None:
    feedback = check_predictions(RIGHT[name], PROBABILITIES, class_names=NAMES)
    assert feedback.passed, feedback


NEARLY = {
    "still probabilities": (PROBABILITIES, "there are still 3 numbers an image"),
    "one-hot": (np.eye(3)[[0, 2, 1, 0]], "there are still 3 numbers an image"),
    "highest probability": (PROBABILITIES.max(axis=1), "the place where each stands is asked for"),
    "wrong axis": (PROBABILITIES.argmax(axis=0), "you looked down the columns (axis 0)"),
    "no axis": (PROBABILITIES.argmax(), "there is a single number for all images"),
    "least probable": ([2, 0, 0, 2], "these are the least probable classes"),
    "from one": ([1, 3, 2, 1], "do you count from 1?"),
    "one wrong": ([0, 2, 2, 0], "1 of 4 images have a class that is not their most probable one"),
    "too short": ([0, 2], "there are 4 images, and your answer has the shape (2,)"),
    "unknown name": (["round", "platelet", "square", "lobed"], "no class is called 'square'"),
    "negative": ([0, -1, 1, 0], "labels are whole numbers from 0 to 2"),
    "values and places": (torch.tensor(PROBABILITIES).max(dim=1), "keep the place"),
    "rows of different length": ([[0], [2, 1]], "this is no row of labels"),
    "a function": (PROBABILITIES.argmax, "this is no row of numbers or names"),
    "complex numbers": (np.array([0j, 2, 1, 0]), "this is no row of numbers or names"),
    "blank": (..., "there is no answer yet"),
}


def test_what_gives_its_labels_one_by_one_is_an_answer() -> None:
    assert check_predictions(map(np.argmax, PROBABILITIES), PROBABILITIES)


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_missing_is_said_exactly(name: str) -> None:
    answer, words = NEARLY[name]
    feedback = check_predictions(answer, PROBABILITIES, class_names=NAMES)
    assert not feedback.passed
    assert any(words in line for line in feedback.missing), feedback


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_argmax_is_right_and_one_change_is_found(seed: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), size=n_classes + 3)
    predicted = probabilities.argmax(axis=1)
    assert check_predictions(predicted, probabilities)
    predicted[0] = (predicted[0] + 1) % n_classes
    assert not check_predictions(predicted, probabilities)
