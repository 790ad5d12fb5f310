"""The run folder's figures as ``data:`` addresses, each in the smallest form that loses nothing visible.

A figure lies in the run folder as PNG and as SVG. The SVG is taken where it is small and holds no photograph (it stays sharp on
paper); else its pixels as lossless WebP, in few colours where that does no harm, or the PNG as it is where that is smaller.
"""

from __future__ import annotations

import base64
import io
import math
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from giemsa.errors import RunError
from giemsa.plots.gallery import Words
from giemsa.reporting.parts import Illustration
from giemsa.reporting.words import sentence

DOTS_PER_CSS_PIXEL = 1.5  # figures are saved at 144 dots an inch, and a CSS pixel is 1/96 of an inch
SMALL_SVG_BYTES = 40_000
LARGEST_WEBP_SIDE = 16_383
LARGEST_PIXELS = 100_000_000
HARMLESS_MEAN_ERROR = 0.6  # grey levels of 255, mean over all pixels of a figure
HARMLESS_TOP_ERROR = 24  # and for the worst pixel in a thousand


def data_address(content: bytes, kind: str) -> str:
    """Return ``content`` as an address that a page can hold."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return ``image`` as the bytes of a file of that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_palette(image: Image.Image) -> Image.Image | None:
    """Return ``image`` in 256 colours, or ``None`` where an eye could see the difference."""
    reduced = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    difference = np.abs(
        np.asarray(reduced.convert("RGB"), dtype=np.int16) - np.asarray(image, dtype=np.int16)
    )
    harmless = difference.mean() <= HARMLESS_MEAN_ERROR
    return reduced if harmless and np.quantile(difference, 0.999) <= HARMLESS_TOP_ERROR else None


def smallest_form(png: Path) -> tuple[str, int, int]:
    """Return the address, width and height (CSS pixels) of a figure saved as PNG with an SVG of the same name beside it."""
    image = _read_figure(png)
    width, height = (round(side / DOTS_PER_CSS_PIXEL) for side in image.size)
    svg = png.with_suffix(".svg")
    drawn = svg.read_bytes() if svg.is_file() and svg.stat().st_size <= SMALL_SVG_BYTES else b""
    if drawn and b"<image" not in drawn:
        return data_address(_without_prologue(drawn), "svg+xml"), width, height
    as_png, as_webp = png.read_bytes(), b""
    if max(image.size) <= LARGEST_WEBP_SIDE and math.prod(image.size) <= LARGEST_PIXELS // 4:
        image = (with_palette(image) or image).convert("RGB")
        as_webp = encode(image, "WEBP", lossless=True, method=2)
    if as_webp and len(as_webp) < len(as_png):
        return data_address(as_webp, "webp"), width, height
    return data_address(as_png, "png"), width, height


def _read_figure(png: Path) -> Image.Image:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(png, formats=["PNG"]) as image:
            if math.prod(image.size) > LARGEST_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels are more than any figure has")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as trouble:
        raise RunError(
            f"cannot read the figure {png}: {trouble}; run the stage that draws it again"
        ) from None


def _without_prologue(svg: bytes) -> bytes:
    """Leave out what only an editor reads: the XML header, the document type, the metadata."""
    svg = re.sub(rb"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", b"", svg, flags=re.S)
    return re.sub(rb"\n\s*", b"\n", svg).strip()


def illustrations(
    folder: Path, index: Mapping[str, Words], stage: str, *, without: frozenset[str] = frozenset()
) -> tuple[Illustration, ...]:
    """Return the figures of one stage, in the order in which the stage gave them.

    Parameters
    ----------
    folder : the run's ``figures`` folder.
    index : what its ``index.json`` says.
    stage : the part of a figure's name before the first hyphen.
    without : names of figures that the page tells in another way.
    """
    found = []
    for name, words in index.items():
        png = folder / f"{name}.png"
        if name.split("-")[0] != stage or name in without or png.parent != folder or not png.is_file():
            continue
        address, width, height = smallest_form(png)
        found.append(
            Illustration(
                name=name,
                title=words.get("title", ""),
                alt=words.get("alt", ""),
                shows=sentence(words.get("shows", "")),
                caution=sentence(words.get("caution", "")),
                address=address,
                width=width,
                height=height,
                doubt=sentence(words.get("doubt", "")),
            )
        )
    return tuple(found)
