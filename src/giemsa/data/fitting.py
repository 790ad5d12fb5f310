"""An image brought to the form that is wanted: cropped as the originals were, or fitted; always with antialiasing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image

from giemsa.data.dataset import SourceGeometry, WhiteLevels

Fit = Literal["crop", "pad", "stretch"]
FITS = ("crop", "pad", "stretch")
MUCH_SMALLER = 8  # times a side
OF_OTHER_SIZE = 3  # times a side, on the average of both


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

    @property
    def mode(self) -> str:
        """Pillow's word for the channels."""
        return "L" if self.channels == 1 else "RGB"


def fit_arrays(images: np.ndarray, form: ImageForm) -> np.ndarray:
    """Return ``uint8`` images ``(n, height, width, channels)`` in the form's shape, one at a time resized with antialiasing."""
    fitted = np.empty((len(images), form.height, form.width, form.channels), dtype=np.uint8)
    for place, image in enumerate(images):
        plain = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert(form.mode)
        fitted[place] = np.asarray(fit_image(plain, form)).reshape(fitted.shape[1:])
    return fitted


def fit_original(image: Image.Image, form: ImageForm, geometry: SourceGeometry) -> Image.Image:
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


def fit_image(image: Image.Image, form: ImageForm) -> Image.Image:
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
    canvas = Image.new(image.mode, (width, height), _edge_colour(image))
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return canvas


def _edge_colour(image: Image.Image) -> tuple[int, ...]:
    right, lower = image.size
    boxes = ((0, 0, right, 1), (0, lower - 1, right, lower), (0, 0, 1, lower), (right - 1, 0, right, lower))
    edges = [np.asarray(image.crop(box)).reshape(-1, len(image.getbands())) for box in boxes]
    return tuple(np.round(np.concatenate(edges).mean(axis=0)).astype(int).tolist())


def tell_shrinking(heights: np.ndarray, widths: np.ndarray, side: int) -> str:
    """Return a sentence where most files lose their fine detail since they are read much smaller than they are; else nothing.

    Parameters
    ----------
    heights, widths : of the files, ``(n,)``, in pixels.
    side : of the images that are made of them.

    Examples
    --------
    >>> tell_shrinking(np.array([360]), np.array([363]), 64)
    ''
    >>> tell_shrinking(np.array([2048]), np.array([2048]), 64).partition(" of theirs")[0]
    'Most files have about 2048x2048 pixels and are read as 64x64: a pixel is the mean of 32x32'
    """
    if not len(heights):
        return ""
    height, width = typical_size(heights, widths)
    times = min(height, width) // side
    if times < MUCH_SMALLER:
        return ""
    return (
        f"Most files have about {width}x{height} pixels and are read as {side}x{side}: a pixel is the mean of {times}x{times} of "
        f"theirs, and what is smaller is not seen. If it tells the classes apart, choose a larger size, or cut the objects out."
    )


def typical_size(heights: np.ndarray, widths: np.ndarray) -> list[int]:
    """Return the median height and width of files, ``(n,)`` each and not empty, in pixels."""
    return [int(np.median(heights)), int(np.median(widths))]


def tell_other_size(heights: np.ndarray, widths: np.ndarray, usual: Sequence[int]) -> str:
    """Return a sentence where most files are far larger or smaller than those that were learnt from; else nothing.

    Parameters
    ----------
    heights, widths : of the files, ``(n,)``, in pixels.
    usual : height and width of those that were learnt from; empty where it is not known.

    Examples
    --------
    >>> tell_other_size(np.array([80]), np.array([70]), [100, 90])
    ''
    >>> tell_other_size(np.array([1536]), np.array([2048]), [100, 90]).partition(":")[0]
    'Most of these files have about 2048x1536 pixels, those of the training had about 90x100'
    """
    if not len(heights) or not usual:
        return ""
    height, width = typical_size(heights, widths)
    times = math.sqrt(height * width / (usual[0] * usual[1]))
    if 1 / OF_OTHER_SIZE < times < OF_OTHER_SIZE:
        return ""
    return (
        f"Most of these files have about {width}x{height} pixels, those of the training had about {usual[1]}x{usual[0]}: what "
        "was learnt holds for images that show as much as those. Cut the objects out alike."
    )
