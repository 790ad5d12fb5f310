"""How counts, shares and names are told in words: never rounder than they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_LISTED = 12  # names in a sentence
MOST_DIGITS = 3  # of a percentage


def count_words(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> count_words(1, "image"), count_words(1200, "image"), count_words(2, "class", "classes")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(fraction: float, digits: int = 1) -> str:
    """Write a fraction as a percentage; 100 % and 0 % only where they are exact.

    Examples
    --------
    >>> percent(0.9655), percent(0.9995), percent(1.0), percent(float("nan"))
    ('96.5 %', 'over 99.9 %', '100 %', 'undefined')
    """
    if math.isnan(fraction):
        return "undefined"
    if fraction in (0, 1):
        return f"{100 * abs(fraction):.0f} %"
    told = f"{100 * fraction:.{digits}f}"
    step = 10.0**-digits
    if fraction < 1 and float(told) >= 100:
        return f"over {100 - step:.{digits}f} %"
    if float(told) == 0:
        return f"under {step:.{digits}f} %" if fraction > 0 else f"over -{step:.{digits}f} %"
    return f"{told} %"


def percent_range(low: float, high: float, digits: int = 1) -> str:
    """Write two fractions as a range, with more digits where its ends would read alike, or as over or under a number.

    Examples
    --------
    >>> percent_range(0.95, 0.971), percent_range(0.992, 0.998, 0), percent_range(1.0, 1.0)
    ('95.0 % to 97.1 %', '99.2 % to 99.8 %', '100 %')
    """
    told = [percent(limit, digits) for limit in (low, high)]
    vague = told[0] == told[1] or any(words.startswith(("over", "under")) for words in told)
    if vague and low != high and digits < MOST_DIGITS:
        return percent_range(low, high, digits + 1)
    return told[0] if told[0] == told[1] else " to ".join(told)


def decimal(value: float, digits: int = 2) -> str:
    """Write a number; 0 and 1 only where it is exact.

    Examples
    --------
    >>> decimal(-0.25), decimal(0.997), decimal(1.0), decimal(0.004), decimal(-0.004)
    ('-0.25', 'over 0.99', '1.00', 'under 0.01', 'over -0.01')
    """
    told = f"{value:z.{digits}f}"
    step = 10.0**-digits
    if value < 1 <= float(told):
        return f"over {1 - step:.{digits}f}"
    if value and float(told) == 0:
        return f"under {step:.{digits}f}" if value > 0 else f"over -{step:.{digits}f}"
    return told


def spanned(names: Sequence[str]) -> str:
    """Return names in a row; of many the first and the last, where it is told elsewhere how many there are.

    Examples
    --------
    >>> spanned(["a", "b"]), spanned([f"class {number}" for number in range(16)])
    ('a and b', 'class 0 to class 15')
    """
    return listed(names) if len(names) <= MOST_LISTED else f"{names[0]} to {names[-1]}"


def listed(names: Sequence[str]) -> str:
    """Return names in a row; of many the first, and how many more there are.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a"] * 16)
    ('a', 'a and b', 'a, a, a, a, a, a, a, a, a, a, a, a and 4 more')
    """
    rest = len(names) - MOST_LISTED
    told = [*names[:MOST_LISTED], f"{rest} more"] if rest > 0 else list(names)
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
