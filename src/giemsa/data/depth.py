"""Image files of more than 8 bits a channel, brought to 8: the same value is white in all files of a set.

A file's own brightest value would make dark images light, and that of the file format (65535) leaves a camera of 12 bits with 16
greys. So the whole set says what white is: the smallest of the usual depths that holds its brightest value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from giemsa.data.blocks import blocks
from giemsa.data.dataset import WhiteLevels
from giemsa.errors import ImageFileError

HALF = 128  # of 256: what 15 of 16 bits reach
WHITES = (255, 1023, 4095, 16383, 65535)  # 8, 10, 12, 14 and 16 bits


def is_deep(mode: str) -> bool:
    """Return whether images of one of Pillow's modes have more than 8 bits a channel."""
    return mode in ("I", "F") or mode.startswith("I;16")


def level_of(levels: WhiteLevels, mode: str) -> int | None:
    """Return what white is in images of a deep mode; ``None`` where it is not known."""
    return levels.fraction if mode == "F" else levels.whole


def deep_values(image: Image.Image, path: Path) -> np.ndarray:
    """Return the pixels of a deep image, ``(height, width)``.

    Raises
    ------
    ImageFileError : they are negative, not finite, or larger than any depth allows.
    """
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if low >= 0 and high <= (255 if values.dtype.kind == "f" else WHITES[-1]):
        return values
    if values.dtype.kind == "f":
        expected, mend = "floating-point numbers from 0 to 1, or from 0 to 255", "save it with 16 bits"
    else:
        expected, mend = "whole numbers from 0 to 65535", "save it so"
    raise ImageFileError(f"{path} has values from {low:g} to {high:g}: expected {expected}", mend)


def own_levels(values: np.ndarray) -> WhiteLevels:
    """Return what white would be if there were no other file.

    Examples
    --------
    >>> own_levels(np.array([[0, 3000]], dtype=np.uint16))
    WhiteLevels(whole=4095, fraction=None)
    """
    brightest = values.max()
    if values.dtype.kind == "f":
        # what was computed can overshoot 1 by a little; no set that reaches to 255 stays below 2
        return WhiteLevels(fraction=1 if brightest <= 2 else 255)
    return WhiteLevels(whole=next(white for white in WHITES if white >= brightest))


def common_levels(files: Iterable[WhiteLevels]) -> WhiteLevels:
    """Return what white is in a set: the highest level of any of its files."""
    levels = list(files)
    whole = [one.whole for one in levels if one.whole is not None]
    fraction = [one.fraction for one in levels if one.fraction is not None]
    return WhiteLevels(max(whole, default=None), max(fraction, default=None))


def agree(own: WhiteLevels, levels: WhiteLevels) -> bool:
    """Return whether what a file takes for white is so in a set too; one that takes nothing for it always agrees.

    Examples
    --------
    >>> [agree(WhiteLevels(whole=own), WhiteLevels(whole=4095, fraction=1)) for own in (1023, 4095, None)]
    [False, True, True]
    """
    return own.whole in (None, levels.whole) and own.fraction in (None, levels.fraction)


def to_eight_bits(values: np.ndarray, white: int, path: Path) -> Image.Image:
    """Return the pixels of a deep image, ``(height, width)``, as an image of 8 bits.

    Raises
    ------
    ImageFileError : one is brighter than white.
    """
    if values.max() > white:
        raise ImageFileError(
            f"{path} has values up to {values.max():g}, and {white} is white in the other images: expected images of one depth",
            "bring it to theirs",
        )
    eight = np.empty(values.shape, dtype=np.uint8)
    for rows in blocks(len(values), (1, values.shape[1])):
        eight[rows] = np.round(values[rows] / (white / 255))
    return Image.fromarray(eight)


def tell_levels(levels: WhiteLevels) -> str:
    """Return a sentence on how deep files were brought to 8 bits; empty where there were none.

    Examples
    --------
    >>> tell_levels(WhiteLevels(whole=4095))
    'In image files of more than 8 bits, 4095 was taken for white: the smallest usual depth that holds their brightest value.'
    """
    whites = [str(white) for white in (levels.whole, levels.fraction) if white is not None]
    if not whites:
        return ""
    kinds = f"{whites[0]} (whole numbers) and {whites[1]} (floating point)" if len(whites) == 2 else whites[0]
    return (
        f"In image files of more than 8 bits, {kinds} was taken for white: the smallest usual depth that holds their "
        "brightest value."
    )


def tell_coarse(brightest: Sequence[int]) -> str:
    """Return a sentence on files in colour with 16 bits a channel that are dim in the upper 8, which are read; else nothing.

    Parameters
    ----------
    brightest : the brightest value of each such file, 0 to 255.

    Examples
    --------
    >>> tell_coarse([60, 63])
    '2 files in colour have 16 bits a channel, of which the upper 8 are read: of 256 values they use 64; scale them to 65535.'
    """
    if not brightest or max(brightest) >= HALF:
        return ""
    return (
        f"{len(brightest)} file{'s' * (len(brightest) > 1)} in colour have 16 bits a channel, of which the upper 8 are read: "
        f"of 256 values they use {max(brightest) + 1}; scale them to 65535."
    )
