"""What may go wrong between slide and file, in five severities, scaled to the size of the images.

The suite is giemsa's own. MedMNIST-C (Di Salvo et al., arXiv 2406.17536) corrupts 224-pixel images, with other effects and other
strengths: numbers from the two cannot be compared. Each corruption is a function of a whole batch; lengths are given for
images of 28 pixels and grow with the side.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SEVERITIES = (1, 2, 3, 4, 5)
Corrupt = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One thing that may go wrong.

    Parameters
    ----------
    name : a word or two.
    cause : what brings it about in a laboratory.
    apply : pixels ``(n, h, w, c)``, ``float32`` in 0 to 1, severity 1 to 5 and a generator, to pixels.
    needs_color : whether it means nothing for greyscale images.
    """

    name: str
    cause: str
    apply: Corrupt
    needs_color: bool = False


def corrupt(images: np.ndarray, name: str, severity: int, *, generator: np.random.Generator) -> np.ndarray:
    """Corrupt a batch of images.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``.
    name : a key of ``CORRUPTIONS``.
    severity : 1 (slight) to 5 (severe).
    generator : source of noise and directions.

    Returns
    -------
    np.ndarray : of the same shape, ``uint8``.

    Examples
    --------
    >>> grey = np.full((1, 8, 8, 3), 100, dtype=np.uint8)
    >>> corrupt(grey, "darker", 5, generator=np.random.default_rng(0))[0, 0, 0].tolist()
    [40, 40, 40]
    """
    assert severity in SEVERITIES, severity
    pixels = images.astype(np.float32) / np.float32(255)
    changed = CORRUPTIONS[name].apply(pixels, severity, generator)
    return np.rint(np.clip(changed, 0, 1) * 255).astype(np.uint8)


def suite(channels: int) -> tuple[str, ...]:
    """Return the names of the corruptions that make sense for images of so many channels."""
    return tuple(name for name, one in CORRUPTIONS.items() if channels == 3 or not one.needs_color)


def _at(severity: int, values: tuple[float, ...]) -> float:
    return values[severity - 1]


def _scale(pixels: np.ndarray) -> float:
    return min(pixels.shape[1:3]) / 28


def darker(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Multiply by less than one: a weaker lamp or a shorter exposure."""
    return pixels * np.float32(_at(severity, (0.9, 0.8, 0.7, 0.55, 0.4)))


def brighter(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Multiply by more than one; what exceeds white is lost, as in a camera."""
    return pixels * np.float32(_at(severity, (1.05, 1.12, 1.2, 1.32, 1.5)))


def uneven_light(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Darken towards one side, each image in its own direction: a lamp or condenser out of centre."""
    height, width = pixels.shape[1:3]
    angle = generator.uniform(0, 2 * np.pi, (len(pixels), 1, 1, 1))
    down, right = np.linspace(-1, 1, height)[:, None, None], np.linspace(-1, 1, width)[None, :, None]
    slope = np.cos(angle) * down + np.sin(angle) * right
    depth = _at(severity, (0.1, 0.2, 0.3, 0.4, 0.5))
    return pixels * (1 - depth * (1 + slope / np.sqrt(2))).astype(np.float32)


def less_contrast(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Pull every pixel towards the image's mean brightness."""
    mean = pixels.mean(axis=(1, 2, 3), keepdims=True)
    return mean + (pixels - mean) * np.float32(_at(severity, (0.85, 0.7, 0.55, 0.4, 0.25)))


def saturation(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Push colours away from grey: another camera's colour setting."""
    grey = pixels @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
    return grey + (pixels - grey) * np.float32(_at(severity, (1.2, 1.45, 1.75, 2.1, 2.5)))


def paler(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Pull colours towards grey: a faded slide."""
    grey = pixels @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
    return grey + (pixels - grey) * np.float32(_at(severity, (0.85, 0.7, 0.5, 0.3, 0.1)))


# optical density of the two dyes of a Romanowsky stain and a residual: azure-methylene blue, eosin (rows of unit length)
STAINS = np.array([[0.72, 0.65, 0.24], [0.07, 0.99, 0.11], [0.62, 0.0, 0.78]], dtype=np.float32)
STAINS /= np.linalg.norm(STAINS, axis=1, keepdims=True)


def stain_shift(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Strengthen one dye and weaken the other, each image by its own draw: another batch of stain, pH or timing.

    References
    ----------
    Ruifrok and Johnston, Quantification of histochemical staining by color deconvolution, Anal. Quant. Cytol. Histol. 23 (2001).
    """
    density = -np.log(np.maximum(pixels, 1 / 255))
    amounts = density @ np.linalg.inv(STAINS)
    reach = _at(severity, (0.1, 0.2, 0.3, 0.45, 0.6))
    sign = generator.choice(np.array([-1, 1]), (len(pixels), 1, 1, 1))
    factors = np.concatenate([1 + sign * reach, 1 - sign * reach, np.ones_like(sign)], axis=3)
    return np.exp(-(amounts * factors.astype(np.float32)) @ STAINS)


def defocus(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Blur with a Gaussian: the cell lies above or below the focal plane."""
    sigma = _at(severity, (0.4, 0.6, 0.85, 1.15, 1.5)) * _scale(pixels)
    return ndimage.gaussian_filter(pixels, (0, sigma, sigma, 0), mode="nearest")


def motion(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Average along a line, each image in one of four directions: the stage moved."""
    length = _at(severity, (1.5, 2.2, 3.0, 4.0, 5.5)) * _scale(pixels)
    direction = generator.integers(0, 4, len(pixels))
    moved = np.empty_like(pixels)
    for place, (down, right) in enumerate(((0, 1), (1, 0), (1, 1), (1, -1))):
        chosen = direction == place
        if chosen.any():
            step = length / np.hypot(down, right)
            moved[chosen] = _filtered(pixels[chosen], _line(step * down, step * right))
    return moved


def _line(down: float, right: float) -> np.ndarray:
    """Return the kernel of a line through its centre, ``(side, side)``, sum 1: points along it, shared among four pixels."""
    reach = int(np.ceil(max(abs(down), abs(right)) / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    for part in np.linspace(-0.5, 0.5, 16 * reach + 1):
        row, column = reach + part * down, reach + part * right
        top, left = int(row), int(column)
        for below in (0, 1):
            for beside in (0, 1):
                share = (1 - abs(row - top - below)) * (1 - abs(column - left - beside))
                kernel[top + below, left + beside] += share
    return kernel / kernel.sum()


def _filtered(pixels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    reach, (height, width) = len(kernel) // 2, pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    total = np.zeros_like(pixels)
    for row, column in np.argwhere(kernel > 0).tolist():
        total += kernel[row, column] * padded[:, row : row + height, column : column + width]
    return total


def pixelation(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Average over larger pixels and blow up again: a weaker objective or a smaller camera."""
    height, width = pixels.shape[1:3]
    share = _at(severity, (0.8, 0.65, 0.5, 0.4, 0.3))
    down, right = _overlaps(height, share), _overlaps(width, share)
    coarse = np.einsum("ah,nhwc,bw->nabc", _rows_to_one(down), pixels, _rows_to_one(right), optimize=True)
    return np.einsum("ah,nabc,bw->nhwc", down, coarse, right, optimize=True)


def _overlaps(length: int, share: float) -> np.ndarray:
    """Return how much of each of ``length`` pixels lies under each of ``length * share`` larger ones, ``(larger, length)``."""
    parts = max(1, round(length * share))
    left = np.arange(parts)[:, None] * length / parts
    places = np.arange(length)
    overlap = np.minimum(left + length / parts, places + 1) - np.maximum(left, places)
    return np.maximum(overlap, 0).astype(np.float32)


def _rows_to_one(matrix: np.ndarray) -> np.ndarray:
    return matrix / matrix.sum(axis=1, keepdims=True)


def jpeg(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Store as JPEG of low quality and read again."""
    from PIL import Image

    quality = int(_at(severity, (80, 60, 40, 25, 12)))
    whole = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    stored = np.empty_like(whole)
    for place, image in enumerate(whole):
        buffer = io.BytesIO()
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "JPEG", quality=quality)
        stored[place] = np.asarray(Image.open(buffer)).reshape(image.shape)
    return stored.astype(np.float32) / np.float32(255)


def noise(pixels: np.ndarray, severity: int, generator: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise to each pixel and channel: little light, high amplification."""
    spread = np.float32(_at(severity, (0.02, 0.04, 0.07, 0.1, 0.15)))
    return pixels + spread * generator.standard_normal(pixels.shape, dtype=np.float32)


CORRUPTIONS: dict[str, Corruption] = {
    "darker": Corruption("darker", "weaker lamp, shorter exposure", darker),
    "brighter": Corruption("brighter", "stronger lamp, longer exposure", brighter),
    "uneven light": Corruption("uneven light", "lamp or condenser out of centre", uneven_light),
    "less contrast": Corruption("less contrast", "stray light, condenser", less_contrast),
    "saturation": Corruption("saturation", "camera's colour setting", saturation, needs_color=True),
    "paler": Corruption("paler", "faded slide", paler, needs_color=True),
    "stain shift": Corruption(
        "stain shift", "batch of stain, pH, staining time", stain_shift, needs_color=True
    ),
    "defocus": Corruption("defocus", "cell above or below the focal plane", defocus),
    "motion": Corruption("motion", "moving stage", motion),
    "pixelation": Corruption("pixelation", "weaker objective, smaller camera", pixelation),
    "JPEG": Corruption("JPEG", "strong compression", jpeg),
    "noise": Corruption("noise", "little light, high amplification", noise),
}
