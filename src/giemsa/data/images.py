"""Image files to ``uint8`` arrays of one shape, several at a time: every depth and colour mode."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from giemsa.data.blocks import blocks
from giemsa.data.cores import reading_threads
from giemsa.data.dataset import WhiteLevels
from giemsa.data.depth import (
    agree,
    common_levels,
    deep_values,
    is_deep,
    level_of,
    own_levels,
    to_eight_bits,
)
from giemsa.data.fitting import ImageForm, fit_image, fit_original
from giemsa.data.in_place import take_in_place
from giemsa.data.opening import LARGEST_PIXELS, is_coarse, load_image, open_image
from giemsa.data.room import Room
from giemsa.errors import DataError, ImageFileError
from giemsa.progress import Progress

FILE_FACTS = ("bytes", "format", "height", "width")
VERY_LARGE = 2**25  # pixels: of a JPEG beyond, whole blocks are averaged as they are decoded
FINER = 3  # times as many pixels a side as are wanted are enough to start from


@dataclass(frozen=True, eq=False)
class FileImages:
    """Images read from files.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``.
    paths : the ``n`` files.
    places : where each stood in what was asked for, ``(n,)``; places of files left out are missing.
    facts : of each file, each ``(n,)``: ``bytes``, ``format``, ``height``, ``width`` before resizing.
    skipped : files left out, with the reason.
    cropped : how many were of the source geometry and cropped as the training images were.
    white : how files of more than 8 bits were brought to 8.
    coarse : the brightest value, 0 to 255, of each file in colour with 16 bits a channel, of which the upper 8 are read.
    """

    images: np.ndarray
    paths: tuple[Path, ...]
    places: np.ndarray
    facts: dict[str, np.ndarray]
    skipped: tuple[tuple[str, str], ...]
    cropped: int
    white: WhiteLevels
    coarse: tuple[int, ...]


def read_image(path: str | Path, form: ImageForm) -> np.ndarray:
    """Read one image file as ``uint8`` ``(height, width, channels)``.

    Raises
    ------
    ImageFileError : it is missing, empty, truncated, no image or several, in colour where the form is grey, or larger than
        100 million pixels.
    """
    return read_images([Path(path)], form).images[0]


def read_images(
    paths: Sequence[Path],
    form: ImageForm,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> FileImages:
    """Read image files, several at a time, in order.

    Beside the images returned there are never more than 100 million pixels of files in memory; most need four bytes each.

    Parameters
    ----------
    paths : the files.
    form : the shape that all are brought to.
    skip_bad : leave unreadable files out instead of raising for the first.
    progress : called with files done, files in all, and a word; deep files that are darker than others are read twice where
        their level is not known.

    Raises
    ------
    ImageFileError : a file cannot be read, and ``skip_bad`` is not set.
    DataError : the images do not fit into memory.
    """
    images = _space_for(len(paths), form)
    facts: dict[int, _FileFacts] = {}
    skipped: dict[int, str] = {}
    unsettled: dict[int, WhiteLevels] = {}  # deep files that are read again when it is known what is white
    room = Room(LARGEST_PIXELS)

    def read(place: int, form: ImageForm) -> _FileFacts | WhiteLevels | ImageFileError:
        try:
            with open_image(paths[place]) as image, room.for_pixels(image.width * image.height):
                found = _read(image, paths[place], form)
        except ImageFileError as error:
            return error
        if isinstance(found, WhiteLevels):
            return found
        images[place], of_file = found
        return of_file

    def take(places: Sequence[int], form: ImageForm) -> None:
        with _readers() as pool:
            results = pool.map(lambda place: read(place, form), places)
            for place, result in zip(places, results, strict=True):
                if isinstance(result, WhiteLevels):
                    unsettled[place] = result
                elif isinstance(result, _FileFacts):
                    facts[place] = result
                elif skip_bad:
                    skipped[place] = result.reason
                else:
                    raise result
                if progress:
                    done = len(facts) + len(skipped) + len(unsettled)
                    progress(done, len(paths) + len(unsettled), "reading images")

    take(range(len(paths)), form)
    own = [*unsettled.values(), *(fact.white for fact in facts.values())]
    form = replace(form, white=common_levels([form.white, *own]))
    for place in [place for place, fact in facts.items() if not agree(fact.white, form.white)]:
        unsettled[place] = facts.pop(place).white
    take(list(unsettled), form)
    left_out = tuple((str(paths[place]), skipped[place]) for place in sorted(skipped))
    return _collect(images, paths, facts, left_out, form.white)


@contextmanager
def _readers() -> Iterator[ThreadPoolExecutor]:
    """Give threads that read files; for what is left after an error or Ctrl-C nobody waits.

    Pillow's warnings are silenced for all of them from here: threads that each do it undo it for one another.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool = ThreadPoolExecutor(reading_threads())
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _space_for(n: int, form: ImageForm) -> np.ndarray:
    """Return an array for so many images; its memory is taken as they come."""
    shape = (n, form.height, form.width, form.channels)
    try:
        return np.empty(shape, dtype=np.uint8)
    except MemoryError as error:
        raise DataError(
            f"{n:,} images of {form.height}x{form.width} pixels take {np.prod(shape, dtype=float) / 1e9:.1f} GB of memory, which "
            "are not to be had: choose a smaller size, or fewer images"
        ) from error


@dataclass(frozen=True)
class _FileFacts:
    size: int
    kind: str
    height: int
    width: int
    cropped: bool
    brightest: int | None  # of a file in colour with 16 bits a channel
    white: WhiteLevels  # of a deep file whose level was not given: the one that it needs itself


def _collect(
    images: np.ndarray,
    paths: Sequence[Path],
    facts: Mapping[int, _FileFacts],
    skipped: tuple[tuple[str, str], ...],
    white: WhiteLevels,
) -> FileImages:
    places = np.array(sorted(facts), dtype=np.int64)
    rows = [facts[place] for place in places.tolist()]
    columns = {
        "bytes": np.array([fact.size for fact in rows], dtype=np.int64),
        "format": np.array([fact.kind for fact in rows], dtype=np.str_),
        "height": np.array([fact.height for fact in rows], dtype=np.int64),
        "width": np.array([fact.width for fact in rows], dtype=np.int64),
    }
    return FileImages(
        take_in_place(images, places),
        tuple(paths[place] for place in places),
        places,
        columns,
        skipped,
        sum(fact.cropped for fact in rows),
        white,
        tuple(fact.brightest for fact in rows if fact.brightest is not None),
    )


def count_channels(paths: Iterable[Path], progress: Progress | None = None) -> int:
    """Return 1 if every readable file is greyscale, else 3; only the files' heads are read."""
    paths = list(paths)
    if any(map(_is_in_colour, paths[:1])):  # as is usual, and then no thread need begin
        return 3
    with _readers() as pool:
        for done, in_colour in enumerate(pool.map(_is_in_colour, paths), 1):
            if in_colour:
                return 3
            if progress:
                progress(done, len(paths), "looking for colour")
    return 1


def _is_in_colour(path: Path) -> bool:
    try:
        with open_image(path) as image:
            return not (image.mode in ("1", "L", "LA") or is_deep(image.mode))
    except ImageFileError:
        return False


def _read(image: Image.Image, path: Path, form: ImageForm) -> tuple[np.ndarray, _FileFacts] | WhiteLevels:
    """Return an open image in its form; of a deep one that only others can tell how to read, the level that it needs."""
    kind, (width, height), coarse = image.format or "", image.size, is_coarse(image)
    if width * height > VERY_LARGE:
        image.draft(None, (FINER * form.width, FINER * form.height))
    ImageOps.exif_transpose(load_image(image, path), in_place=True)
    own = WhiteLevels()
    if is_deep(image.mode):
        values, white = deep_values(image, path), level_of(form.white, image.mode)
        if white is None:
            own = own_levels(values)
            white = level_of(own, image.mode)
            assert white is not None
            if values.max() > white:
                return own
        plain = to_eight_bits(values, white, path)
    else:
        plain = _eight_bit(image)
    if form.channels == 1 and not _shows_grey(plain):
        raise ImageFileError(
            f"{path} is in colour: expected greyscale, as the training images are", "convert it"
        )
    if plain.mode != form.mode:  # converting to the same mode would copy what may be large
        plain = plain.convert(form.mode)
    cropped = form.geometry is not None and (height, width) == (form.geometry.height, form.geometry.width)
    small = fit_original(plain, form, form.geometry) if cropped and form.geometry else fit_image(plain, form)
    pixels = np.asarray(small, dtype=np.uint8).reshape(form.height, form.width, form.channels)
    brightest = int(np.max(plain.getextrema())) if coarse else None
    return pixels, _FileFacts(path.stat().st_size, kind, height, width, cropped, brightest, own)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return an image that is not deep with 8 bits a channel; transparency is laid on white."""
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        whole = Image.new("L" if image.mode == "LA" else "RGB", image.size)
        top = 0
        for strip in _strips(image):
            with_alpha = strip.convert("RGBA")
            white = Image.new("RGBA", strip.size, "white")
            whole.paste(Image.alpha_composite(white, with_alpha).convert(whole.mode), (0, top))
            top += strip.height
        return whole
    return image.convert("RGB") if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV") else image


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    """Yield an image from top to bottom, a large one in strips, so that what is made of them need not be as large."""
    for rows in blocks(image.height, (1, image.width)):
        whole = rows == slice(0, image.height)
        yield image if whole else image.crop((0, rows.start, image.width, rows.stop))


def _shows_grey(image: Image.Image) -> bool:
    """Return whether an image is greyscale: by its mode, or since its three channels are equal."""
    if len(image.getbands()) == 1:
        return True
    return all((pixels == pixels[..., :1]).all() for pixels in map(np.asarray, _strips(image)))
