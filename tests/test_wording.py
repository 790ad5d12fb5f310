"""Counts and shares are never told rounder than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.wording import percent


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
        (float("nan"), "undefined"),
    ],
)
def test_percent_is_exact_at_both_ends_only(fraction: float, words: str) -> None:
    assert percent(fraction) == words


def test_percent_to_other_digits() -> None:
    shares = (0.98765, 0.99999, 0.00001)
    assert [percent(share, 2) for share in shares] == ["98.77 %", "over 99.99 %", "under 0.01 %"]
    shares = (0.9949, 0.995, 0.996, 0.004)
    assert [percent(share, 0) for share in shares] == ["99 %", "over 99 %", "over 99 %", "under 1 %"]


@given(st.integers(1, 10**6), st.data())
def test_no_share_is_rounded_to_all_or_none(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n) | st.integers(max(0, n - n // 1000), n))
    told = percent(k / n)
    assert (told == "100 %") == (k == n)
    assert (told == "0 %") == (k == 0)
    assert told not in ("100.0 %", "0.0 %")
