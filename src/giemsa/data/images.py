"""Image files to ``uint8`` arrays of one shape: every colour mode, cropped as the originals were."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from giemsa.data.dataset import SourceGeometry, WhiteLevels
from giemsa.data.depth import common_levels, deep_values, is_deep, level_of, own_levels, to_eight_bits
from giemsa.data.opening import is_coarse, load_image, open_image
from giemsa.errors import ImageFileError
from giemsa.progress import Progress

Fit = Literal["crop", "pad", "stretch"]
FITS = ("crop", "pad", "stretch")
FILE_FACTS = ("bytes", "format", "height", "width")


@dataclass(frozen=True)
class ImageForm:
    """The form that images are brought to.

    Parameters
    ----------
    height, width : in pixels.
    channels : 1 or 3.
    fit : ``crop`` keeps the centre of an image with other proportions, ``pad`` adds its edge's mean colour, ``stretch`` distorts.
    geometry : an image of exactly this original size is cropped first, as the training images were.
    white : how files of more than 8 bits are brought to 8; what is not known is taken from the files that are read together.
    """

    height: int
    width: int
    channels: int
    fit: Fit = "crop"
    geometry: SourceGeometry | None = None
    white: WhiteLevels = field(default_factory=WhiteLevels)


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

    Parameters
    ----------
    paths : the files.
    form : the shape that all are brought to.
    skip_bad : leave unreadable files out instead of raising for the first.
    progress : called with files done, files in all, and a word; deep files are read twice where their level is not known.

    Raises
    ------
    ImageFileError : a file cannot be read, and ``skip_bad`` is not set.
    """
    images = np.empty((len(paths), form.height, form.width, form.channels), dtype=np.uint8)
    facts: dict[int, _FileFacts] = {}
    skipped: dict[int, str] = {}
    waiting: dict[int, WhiteLevels] = {}  # deep files, until all have been seen and it is known what is white

    def take(places: Sequence[int], form: ImageForm) -> None:
        pool = ThreadPoolExecutor()
        try:
            results = pool.map(lambda place: _attempt(paths[place], form), places)
            for place, result in zip(places, results, strict=True):
                if isinstance(result, WhiteLevels):
                    waiting[place] = result
                elif not isinstance(result, ImageFileError):
                    images[place], facts[place] = result
                elif skip_bad:
                    skipped[place] = str(result)
                else:
                    raise result
                if progress:
                    done = len(facts) + len(skipped) + len(waiting)
                    progress(done, len(paths) + len(waiting), "reading images")
        finally:
            pool.shutdown(cancel_futures=True)  # nobody waits for what is left after an error or Ctrl-C

    take(range(len(paths)), form)
    form = replace(form, white=common_levels([form.white, *waiting.values()]))
    take(list(waiting), form)
    left_out = tuple((str(paths[place]), skipped[place]) for place in sorted(skipped))
    return _collect(images, paths, facts, left_out, form.white)


def fit_arrays(images: np.ndarray, form: ImageForm) -> np.ndarray:
    """Return ``uint8`` images ``(n, height, width, channels)`` in the form's shape, one at a time resized with antialiasing."""
    fitted = np.empty((len(images), form.height, form.width, form.channels), dtype=np.uint8)
    mode = "L" if form.channels == 1 else "RGB"
    for place, image in enumerate(images):
        plain = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert(mode)
        fitted[place] = np.asarray(_fitted(plain, form)).reshape(fitted.shape[1:])
    return fitted


@dataclass(frozen=True)
class _FileFacts:
    size: int
    kind: str
    height: int
    width: int
    cropped: bool
    brightest: int | None  # of a file in colour with 16 bits a channel


def _collect(
    images: np.ndarray,
    paths: Sequence[Path],
    facts: Mapping[int, _FileFacts],
    skipped: tuple[tuple[str, str], ...],
    white: WhiteLevels,
) -> FileImages:
    places = sorted(facts)
    rows = [facts[place] for place in places]
    columns = {
        "bytes": np.array([fact.size for fact in rows], dtype=np.int64),
        "format": np.array([fact.kind for fact in rows], dtype=np.str_),
        "height": np.array([fact.height for fact in rows], dtype=np.int64),
        "width": np.array([fact.width for fact in rows], dtype=np.int64),
    }
    return FileImages(
        images if len(places) == len(paths) else images[places],
        tuple(paths[place] for place in places),
        np.array(places, dtype=np.int64),
        columns,
        skipped,
        sum(fact.cropped for fact in rows),
        white,
        tuple(fact.brightest for fact in rows if fact.brightest is not None),
    )


def count_channels(paths: Iterable[Path]) -> int:
    """Return 1 if every readable file is greyscale, else 3; only the files' heads are read."""
    for path in paths:
        try:
            with open_image(path) as image:
                if not _is_grey(image.mode):
                    return 3
        except ImageFileError:
            continue
    return 1


def _is_grey(mode: str) -> bool:
    return mode in ("1", "L", "LA") or is_deep(mode)


def _attempt(path: Path, form: ImageForm) -> tuple[np.ndarray, _FileFacts] | WhiteLevels | ImageFileError:
    """Return an image, or what went wrong, or of a deep file the level that it needs where none is known for its kind."""
    try:
        with open_image(path) as image:
            kind, (width, height), coarse = image.format or "", image.size, is_coarse(image)
            ImageOps.exif_transpose(load_image(image, path), in_place=True)
        if is_deep(image.mode) and level_of(form.white, image.mode) is None:
            return own_levels(deep_values(image, path))
        plain = _eight_bit(image, path, form.white)
        if form.channels == 1 and not _shows_grey(plain):
            raise ImageFileError(
                f"{path} is in colour: expected greyscale, as the training images are; convert it, or go on with --skip-bad"
            )
    except ImageFileError as error:
        return error
    mode = "L" if form.channels == 1 else "RGB"
    if plain.mode != mode:  # converting to the same mode would copy what may be large
        plain = plain.convert(mode)
    cropped = form.geometry is not None and (height, width) == (form.geometry.height, form.geometry.width)
    small = _as_published(plain, form, form.geometry) if cropped and form.geometry else _fitted(plain, form)
    pixels = np.asarray(small, dtype=np.uint8).reshape(form.height, form.width, form.channels)
    brightest = int(np.asarray(plain).max()) if coarse else None
    return pixels, _FileFacts(path.stat().st_size, kind, height, width, cropped, brightest)


def _eight_bit(image: Image.Image, path: Path, levels: WhiteLevels) -> Image.Image:
    """Return the image with 8 bits a channel; transparency is laid on white."""
    if is_deep(image.mode):
        return to_eight_bits(image, levels, path)
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("L" if image.mode == "LA" else "RGB")
    return image.convert("RGB") if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV") else image


def _shows_grey(image: Image.Image) -> bool:
    """Return whether an image is greyscale: by its mode, or since its three channels are equal."""
    pixels = np.asarray(image)
    return pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())


def _as_published(image: Image.Image, form: ImageForm, geometry: SourceGeometry) -> Image.Image:
    """Return an original photograph as MedMNIST made its images: centre crop, bilinear with antialiasing, JPEG.

    On originals that are in BloodMNIST this differs from its pixels by 2.1 grey levels (root mean square, median of ten), by 9
    without the JPEG and 10 with bicubic resizing: found by trying, not documented by the publishers.
    """
    left, top = round((image.width - geometry.crop) / 2), round((image.height - geometry.crop) / 2)
    image = image.crop((left, top, left + geometry.crop, top + geometry.crop))
    image = image.resize((form.width, form.height), Image.Resampling.BILINEAR)
    if geometry.jpeg_quality is None:
        return image
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=geometry.jpeg_quality)
    with Image.open(stored) as small:
        return small.convert(image.mode)


def _fitted(image: Image.Image, form: ImageForm) -> Image.Image:
    """Return the image at the form's size, resized with antialiasing."""
    width, height = image.size
    if (height, width) == (form.height, form.width):
        return image
    if form.fit == "crop":
        scale = min(width / form.width, height / form.height)
        image = _centre(image, max(1, round(form.width * scale)), max(1, round(form.height * scale)))
    elif form.fit == "pad":
        image = _padded(image, form)
    return image.resize((form.width, form.height), Image.Resampling.BICUBIC)


def _centre(image: Image.Image, width: int, height: int) -> Image.Image:
    if (width, height) == image.size:
        return image
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _padded(image: Image.Image, form: ImageForm) -> Image.Image:
    """Return the image on a canvas of the form's proportions, filled with the mean colour of its own edge."""
    scale = max(image.width / form.width, image.height / form.height)
    width, height = max(image.width, round(form.width * scale)), max(image.height, round(form.height * scale))
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.round(edge.mean(axis=0)).astype(int)
    fill = int(colour) if colour.ndim == 0 else tuple(colour.tolist())
    canvas = Image.new(image.mode, (width, height), fill)
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return canvas
