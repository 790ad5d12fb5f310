"""Counts and shares are never told rounder than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.wording import decimal, listed, percent, percent_range


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (1.0, "100 %"),
        (0.9999, "over 99.9 %"),
        (0.99951, "over 99.9 %"),
        (0.9995, "over 99.9 %"),
        (0.9994, "99.9 %"),
        (0.0006, "0.1 %"),
        (0.0004, "under 0.1 %"),
        (0.0, "0 %"),
        (-0.02, "-2.0 %"),
        (-0.0004, "over -0.1 %"),
        (-0.0, "0 %"),
        (float("nan"), "undefined"),
    ],
)
def test_percent_is_exact_at_both_ends_only(fraction: float, words: str) -> None:
    assert percent(fraction) == words


def test_names_in_a_row() -> None:
    rows = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a"] * 12, ["a"] * 13]
    told = [listed(names) for names in rows]
    assert told[:4] == ["", "a", "a and b", "a, b and c"]
    assert told[4:] == ["a, " * 10 + "a and a", "a, " * 11 + "a and 1 more"]


def test_percent_to_other_digits() -> None:
    shares = (0.98765, 0.99999, 0.00001)
    assert [percent(share, 2) for share in shares] == ["98.77 %", "over 99.99 %", "under 0.01 %"]
    shares = (0.9949, 0.995, 0.996, 0.004)
    assert [percent(share, 0) for share in shares] == ["99 %", "over 99 %", "over 99 %", "under 1 %"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.992, 0.998, "99.2 % to 99.8 %"),
        (0.993, 0.9991, "99.3 % to 99.9 %"),
        (0.001, 0.003, "0.1 % to 0.3 %"),
        (0.51, 0.514, "51.0 % to 51.4 %"),
        (0.99, 1.0, "99 % to 100 %"),
        (0.996, 1.0, "99.6 % to 100 %"),
        (0.0, 0.0004, "0 % to 0.04 %"),
        (0.5, 0.5, "50 %"),
        (1 - 2e-9, 1 - 1e-9, "over 99.999 %"),
        (0.0, 0.0, "0 %"),
    ],
)
def test_the_ends_of_a_range_can_be_told_apart(low: float, high: float, words: str) -> None:
    assert percent_range(low, high, 0) == words


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [
        (1.0, 2, "1.00"),
        (0.9951, 2, "over 0.99"),
        (0.9949, 2, "0.99"),
        (0.9996, 3, "over 0.999"),
        (0.004, 2, "under 0.01"),
        (0.0, 2, "0.00"),
        (-0.3, 2, "-0.30"),
        (-0.004, 2, "over -0.01"),
        (-0.006, 2, "-0.01"),
        (-0.0, 2, "0.00"),
        (1.004, 2, "1.00"),
    ],
)
def test_a_number_is_0_or_1_only_where_it_is_exact(value: float, digits: int, words: str) -> None:
    assert decimal(value, digits) == words


@given(st.integers(1, 10**6), st.data())
def test_no_share_is_rounded_to_all_or_none(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n) | st.integers(max(0, n - n // 1000), n))
    told = percent(k / n)
    assert (told == "100 %") == (k == n)
    assert (told == "0 %") == (k == 0)
    assert told not in ("100.0 %", "0.0 %")
