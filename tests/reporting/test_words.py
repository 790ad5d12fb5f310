"""Numbers are never written rounder than they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.reporting import words


@settings(max_examples=30)
@given(st.integers(1, 10**6), st.data())
def test_100_per_cent_is_printed_only_where_it_is_exact(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    text = words.percent(k / n)
    assert (text == "100\u202f%") == (k == n)
    assert (text == "0\u202f%") == (k == 0)
    assert "100.0" not in text
    assert not text.startswith("0.0\u202f")


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "x", True])
def test_what_is_no_number_is_a_dash(value: object) -> None:
    assert (
        words.percent(value)
        == words.decimal(value)
        == words.count(value)
        == words.duration(value)
        == "\u2013"
    )


def test_numbers_of_numpy_are_numbers() -> None:
    assert words.count(np.int64(3421)) == "3,421"
    assert words.percent(np.float32(0.5)) == "50.0\u202f%"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 s"), (59.6, "1 min 0 s"), (3599.7, "1 h 0 min"), (10, "10 s")]
)
def test_durations_carry_over(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_a_name_from_right_to_left_is_set_apart_in_a_sentence() -> None:
    told = words.sentence(
        "the classes are \u05ea\u05d0 \u05d0\u05d3\u05d5\u05dd (8 images) and \u062e\u0644\u064a\u0629"
    )
    assert told == (
        "The classes are \u2068\u05ea\u05d0 \u05d0\u05d3\u05d5\u05dd\u2069 (8 images) and \u2068\u062e\u0644\u064a\u0629\u2069."
    )
