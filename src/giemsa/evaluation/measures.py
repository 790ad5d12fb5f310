"""Simple measures of images: brightness, sharpness, and a dozen numbers for how an image looks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from giemsa.data.blocks import blocks

BATCH = 512  # images of 28 pixels at a time
SMALL = 56  # pixels; larger images are shrunk to between this and twice this before their looks are measured
BANDS = ((0.01, 0.08), (0.08, 0.16), (0.16, 0.3), (0.3, 0.8))  # cycles a pixel


def brightness(images: np.ndarray) -> np.ndarray:
    """Return the mean pixel of each of ``(n, h, w, c)`` ``uint8`` images, 0 to 255, ``(n,)``."""
    return _in_batches(lambda some: some.mean(axis=(1, 2, 3)), images)


def sharpness(images: np.ndarray) -> np.ndarray:
    """Return the variance of the Laplacian of each image's grey values, ``(n,)``; low means blurred.

    References
    ----------
    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
    """
    return _in_batches(lambda some: _laplacian_variance(some.mean(axis=3, dtype=np.float32)), images)


def looks(images: np.ndarray) -> np.ndarray:
    """Return mean, spread and colour of each image and the strength of coarse to fine detail, ``(n, 2 c + 6)``.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``, at least 3 pixels wide and high.
    """
    return _in_batches(_looks, images)


def _looks(images: np.ndarray) -> np.ndarray:
    pixels = _shrunk(images.astype(np.float32) / np.float32(255))
    planes = [np.ascontiguousarray(pixels[..., channel]) for channel in range(pixels.shape[3])]
    grey = np.add.reduce(planes) / np.float32(len(planes))
    colour = (np.maximum.reduce(planes) - np.minimum.reduce(planes)).mean(axis=(1, 2))
    means = [plane.mean(axis=(1, 2)) for plane in planes]
    spreads = [plane.std(axis=(1, 2)) for plane in planes]
    detail = np.log(_laplacian_variance(grey) + 1e-6)
    columns = [*means, *spreads, colour, detail, _band_strengths(grey)]
    return np.column_stack(columns).astype(np.float64)


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    n, height, width, channels = pixels.shape
    factor = max(1, min(height, width) // SMALL)
    rows, columns = height // factor, width // factor
    if factor == 1:
        return pixels
    cut = pixels[:, : rows * factor, : columns * factor]
    return cut.reshape(n, rows, factor, columns, factor, channels).mean(axis=(2, 4))


def _laplacian_variance(grey: np.ndarray) -> np.ndarray:
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return (around - 4 * inner).var(axis=(1, 2))


def _band_strengths(grey: np.ndarray) -> np.ndarray:
    """Return the logarithm of the power in each band of spatial frequency, ``(n, bands)``."""
    height, width = grey.shape[1:]
    power = np.abs(np.fft.rfft2(grey - grey.mean(axis=(1, 2), keepdims=True))) ** 2
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    inside = [(radius >= low) & (radius < high) for low, high in BANDS]
    strengths = [power[:, band].mean(axis=1) if band.any() else np.zeros(len(grey)) for band in inside]
    return np.log(np.stack(strengths, axis=1) + 1e-6)


def _in_batches(measure: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    parts = blocks(len(images), images.shape[1:3], at_28=BATCH)
    return np.concatenate([measure(np.asarray(images[part])) for part in parts])
