"""Images of the data for the page: small, sharp, and each stored once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from giemsa.reporting.pictures import data_address, encode

LARGEST_SIDE = 64  # pixels; larger images are made smaller for the page
LOSSLESS_SIDE = 32  # up to this side every pixel is kept as it is


def as_image(pixels: np.ndarray, largest: int = LARGEST_SIDE) -> Image.Image:
    """Return one image ``(height, width, 1 or 3)`` ``uint8`` as RGB, no side above ``largest`` pixels."""
    grey = pixels.ndim == 3 and pixels.shape[2] == 1
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if grey else pixels)).convert("RGB")
    if max(image.size) > largest:
        image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    return image


def thumbnail_address(pixels: np.ndarray) -> str:
    """Return one image as a ``data:`` address; without loss where it is small."""
    image = as_image(pixels)
    return _encoded(image.tobytes(), image.size)


@lru_cache(maxsize=4096)
def _encoded(pixels: bytes, size: tuple[int, int]) -> str:
    image = Image.frombytes("RGB", size, pixels)
    options = {"lossless": True} if max(size) <= LOSSLESS_SIDE else {"quality": 85}
    return data_address(encode(image, "WEBP", method=2, **options), "webp")


def sheet(images: Sequence[np.ndarray], side: int) -> tuple[str, int]:
    """Return many images as one picture, row by row in squares of ``side`` pixels, and the number of its columns.

    It is stored with a little loss: it serves to recognise an image, not to measure it.
    """
    columns = max(1, math.ceil(math.sqrt(len(images))))
    rows = max(1, math.ceil(len(images) / columns))
    picture = Image.new("RGB", (columns * side, rows * side))
    for place, pixels in enumerate(images):
        image = as_image(pixels, side)
        picture.paste(image, (place % columns * side, place // columns * side))
    return data_address(encode(picture, "WEBP", quality=75, method=4), "webp"), columns
