"""Names as they are written, in every script: letters that matplotlib's font lacks are taken from fonts of the machine."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FONT = "DejaVu Sans"
MATPLOTLIBS_OWN = r"\mathdefault"  # in the formulas that it writes on axes


def write_as_named(figure: Figure) -> None:
    """Let the texts of a figure, in place, stand as they are: in any script, and with dollar signs, which else begin a formula.

    Letters that no font of the machine has stay boxes, and a warning names them.

    Examples
    --------
    >>> figure = Figure()
    >>> price = figure.text(0, 0, "$5 to $6")
    >>> write_as_named(figure)
    >>> price.get_parse_math()
    False
    """
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    own = _letters_of(findfont(FONT)) | {"\n"}
    families = [FONT, *_fonts_with(frozenset().union(*(text.get_text() for text in texts)) - own)]
    for text in texts:
        words = text.get_text()
        if "$" in words and MATPLOTLIBS_OWN not in words:
            text.set_parse_math(False)
        if not own.issuperset(words):
            text.set_fontfamily(families)


@cache
def _fonts_with(letters: frozenset[str]) -> tuple[str, ...]:
    """Return the names of fonts that together have the letters; for those that none has, the font that draws boxes."""
    chosen, left = [], letters
    for font in filter(_is_plain, fontManager.ttflist):
        if left & _letters_of(font.fname):
            chosen.append(font.name)
            left -= _letters_of(font.fname)
    if left:
        warnings.warn(
            f"no font on this machine has {''.join(sorted(left))}: boxes stand for them in the figures; install a font that "
            "has them, such as one of Noto's",
            stacklevel=2,
        )
        chosen += [font.name for font in fontManager.ttflist if _draws_boxes(font)]
    return tuple(chosen)


def _is_plain(font: FontEntry) -> bool:
    return font.style == "normal" and font.weight in (400, "normal", "regular") and not _draws_boxes(font)


def _draws_boxes(font: FontEntry) -> bool:
    """Whether it is the font that has every letter there is, as a box."""
    return font.name.replace(" ", "").startswith("LastResort")


@lru_cache(maxsize=512)
def _letters_of(path: str) -> frozenset[str]:
    return frozenset(map(chr, FT2Font(path).get_charmap()))
