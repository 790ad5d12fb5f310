"""Opening image files: what is missing, damaged, too large, or several images in one is told in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from giemsa.data.depth import is_deep
from giemsa.errors import ImageFileError

LARGEST_PIXELS = 100_000_000
# no other is read, whatever the file is called: Pillow hands PostScript, which is a program, to Ghostscript
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
FEW_GREYS = 16  # what the upper 8 of 16 bits leave of 12
NEW_SUBFILE_TYPE, SMALLER_COPY = 254, 1  # the tag of a TIFF's page, and its bit that says preview


def open_image(path: Path) -> Image.Image:
    """Open an image file; only its head is read, and the caller closes it.

    Raises
    ------
    ImageFileError : it is missing, empty, no image, or larger than 100 million pixels.
    """
    if not path.is_file():
        fault = "is a folder" if path.is_dir() else "does not exist"
        raise ImageFileError(f"{path} {fault}: expected an image file", "mend the path")
    if path.stat().st_size == 0:
        raise ImageFileError(f"{path} is empty (0 bytes): expected an image", "replace it")
    try:
        image = Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except UnidentifiedImageError as error:
        raise _unknown(path) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise _broken(path, error) from error
    if image.size[0] * image.size[1] > LARGEST_PIXELS:
        image.close()
        raise _too_large(path)
    return image


def load_image(image: Image.Image, path: Path) -> Image.Image:
    """Read the pixels of an open file.

    Raises
    ------
    ImageFileError : it is damaged, cut short, holds several images, or more greys than can be read.
    """
    coarse = is_coarse(image)
    try:
        pages = _count_pages(image)
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Image.DecompressionBombError) as error:
        raise _broken(path, error) from error
    if pages > 1:
        raise ImageFileError(f"{path} holds {pages} images: expected one", "save each as a file of its own")
    if coarse and np.max(image.convert("RGB").getextrema()) < FEW_GREYS:
        raise ImageFileError(
            f"{path} has 16 bits a channel in colour, of which the upper 8 can be read, and uses the lower 12 alone: "
            "expected its brightest value near 65535",
            "save it with 8 bits a channel",
        )
    return image


def is_coarse(image: Image.Image) -> bool:
    """Return whether an open file, not yet loaded, has 16 bits a channel in colour, of which Pillow gives the upper 8."""
    return not is_deep(image.mode) and ";16" in str(getattr(image, "tile", ""))


def _count_pages(image: Image.Image) -> int:
    """Return how many images a file holds; previews, as telephones (MPO) and scanners (TIFF) add them, do not count."""
    pages = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if pages == 1 or not isinstance(image, TiffImageFile):
        return pages
    previews = 0
    for page in range(1, pages):
        image.seek(page)
        previews += int(image.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & SMALLER_COPY
    image.seek(0)
    return pages - previews


def _unknown(path: Path) -> ImageFileError:
    """Return what is wrong with a file that Pillow does not know; of a TIFF, which may hold anything, that it is one."""
    with path.open("rb") as file:
        is_tiff = file.read(4) in TIFF_MARKS
    if is_tiff:
        return ImageFileError(
            f"{path} is a TIFF of a kind that is not read, or damaged: expected grey with 8 or 16 bits or floating-point numbers "
            "of 32, or colour of three channels with 8 or 16 bits",
            "save it so, each channel that is none of these three as a file of its own",
        )
    return ImageFileError(
        f"{path} is not an image that can be read: expected PNG, JPEG, TIFF, BMP or WebP", "replace it"
    )


def _broken(path: Path, error: Exception) -> ImageFileError:
    return ImageFileError(f"{path} cannot be read ({error}): it is damaged or cut short", "replace it")


def _too_large(path: Path) -> ImageFileError:
    return ImageFileError(
        f"{path} has more than {LARGEST_PIXELS // 1_000_000} million pixels, which may be a decompression bomb: "
        "expected a smaller image",
        "cut it into tiles",
    )
