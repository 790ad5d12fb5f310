"""How the page writes a number: with its interval, never rounder than it is.

"100 %" is printed only where every image was right, and "0 %" only where none was; in between stand "> 99.9 %" and "< 0.1 %".
An undefined number (``None`` in JSON, NaN in Python) is a dash.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from giemsa import wording

DASH = "\u2013"
MINUS = "\u2212"
FIXED = "\u00a0"  # a space at which no line ends
NARROW = "\u202f"  # narrow no-break space, before a per cent sign and between thousands
_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"  # Hebrew, Arabic and their neighbours
RIGHT_TO_LEFT = re.compile(rf"[{_LETTERS}](?:[^!-~]*[{_LETTERS}])*")


def is_number(value: Any) -> bool:
    """Say whether ``value`` is a finite number that can be written."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def percent(fraction: Any, digits: int = 1) -> str:
    """Write a fraction as :func:`giemsa.wording.percent` does, in signs; a dash where it is undefined.

    Examples
    --------
    >>> percent(0.9655).replace(NARROW, " "), percent(0.99999).replace(NARROW, " "), percent(None)
    ('96.5 %', '> 99.9 %', '–')
    >>> percent(1.0).replace(NARROW, " "), percent(0.0).replace(NARROW, " ")
    ('100 %', '0 %')
    """
    if not is_number(fraction):
        return DASH
    return _in_signs(wording.percent(fraction, digits))


def decimal(value: Any, digits: int = 3) -> str:
    """Write a number as :func:`giemsa.wording.decimal` does, in signs; a dash where it is undefined.

    Examples
    --------
    >>> decimal(0.9975), decimal(0.99999).replace(NARROW, " "), decimal(-0.25, 2), decimal(float("nan"))
    ('0.998', '> 0.999', '−0.25', '–')
    """
    if not is_number(value):
        return DASH
    return _in_signs(wording.decimal(value, digits))


def _in_signs(told: str) -> str:
    return told.replace("over", ">").replace("under", "<").replace("-", MINUS).replace(" ", NARROW)


def count(value: Any) -> str:
    """Write a whole number with thousands apart.

    Examples
    --------
    >>> count(11959), count(None)
    ('11,959', '–')
    """
    return f"{int(value):,}" if is_number(value) else DASH


def duration(seconds: Any) -> str:
    """Write seconds as a person would.

    Examples
    --------
    >>> duration(8.24), duration(63), duration(7265)
    ('8.2 s', '1 min 3 s', '2 h 1 min')
    """
    if not is_number(seconds):
        return DASH
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def interval(score: Mapping[str, Any] | None, *, as_percent: bool) -> str:
    """Write the bounds of ``{"value", "low", "high", "n"}``; nothing where they are unknown.

    Examples
    --------
    >>> interval({"low": 0.95, "high": 0.971}, as_percent=True).replace(NARROW, " ")
    '95.0 to 97.1 %'
    >>> interval({"low": 0.9971, "high": 0.9993}, as_percent=False)
    '0.997 to 0.999'
    """
    if not score or not is_number(score.get("low")) or not is_number(score.get("high")):
        return ""
    low, high = (percent(score[end]) if as_percent else decimal(score[end]) for end in ("low", "high"))
    if low == high:
        return low
    return f"{low.removesuffix(f'{NARROW}%')} to {high}"


def isolated(text: str) -> str:
    """Return ``text`` with names in Hebrew or Arabic set apart, so that they do not turn the numbers beside them around.

    Examples
    --------
    >>> isolated("תא 93 %") == f"{chr(0x2068)}תא{chr(0x2069)} 93 %", isolated("lymphocyte 93 %")
    (True, 'lymphocyte 93 %')
    """
    return RIGHT_TO_LEFT.sub(lambda name: f"\u2068{name[0]}\u2069", text)


def sentence(text: str) -> str:
    """Return ``text`` as a sentence: a capital, a full stop, no number torn from its per cent sign, no backticks.

    Examples
    --------
    >>> sentence("one finding")
    'One finding.'
    """
    text = text.strip().replace("`", "").replace(" %", f"{NARROW}%").replace(" = ", f"{FIXED}={FIXED}")
    if not text:
        return ""
    return isolated(text[0].upper() + text[1:] + ("" if text[-1] in ".!?:" else "."))
