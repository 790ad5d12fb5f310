"""What an image looks like to the search for near duplicates: whitened cosine coefficients of nine crops.

Normalised correlation of raw pixels finds all cells alike: most of the variance is one round dark blob. Dividing each frequency
by its power over the whole set (whitening) leaves what is particular to an image, and cutting off the highest frequencies
leaves what survives JPEG and rescaling. In the basis of the cosine transform the eight turned and mirrored views are changes of
sign and a transposition, so that all eight are compared for the price of two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from giemsa.auditing.stacked_images import Images
from giemsa.auditing.surroundings import channel_mean
from giemsa.data.blocks import blocks

SIDE = 28  # pixels: every image is brought to this size
CROP = 26  # nine crops, one pixel apart: two images shifted by up to two pixels have a pair of equal crops
SHIFTS = SIDE - CROP + 1
BAND = 10  # frequencies kept in each direction, in half periods a crop
SOFTNESS = 8.0  # width of the bell that damps the higher of them
COARSE = 7  # frequencies in the descriptors by which candidates are searched
BLOCK = 2048


def grey_squares(images: Images) -> np.ndarray:
    """Return the mean over the channels, brought to 28 by 28 pixels by averaging areas.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``; may be memory-mapped.

    Returns
    -------
    np.ndarray : ``(n, 28, 28)``, ``float16``, 0 to 255.

    Examples
    --------
    >>> grey_squares(np.full((1, 56, 56, 3), 7, dtype=np.uint8))[0, 0, 0]
    np.float16(7.0)
    """
    n, height, width = images.shape[:3]
    rows, columns = _area_weights(height), _area_weights(width)
    squares = np.empty((n, SIDE, SIDE), dtype=np.float16)
    for part in blocks(n, (height, width), at_28=BLOCK):
        grey = channel_mean(images[part])
        squares[part] = grey if (height, width) == (SIDE, SIDE) else rows @ grey @ columns.T
    return squares


def contrasts(squares: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each of ``squares`` ``(n, 28, 28)``, in grey levels."""
    found = np.empty(len(squares))
    for part in blocks(len(squares), (SIDE, SIDE), at_28=BLOCK):
        found[part] = squares[part].astype(np.float32).reshape(-1, SIDE * SIDE).std(axis=1)
    return found


def _area_weights(length: int) -> np.ndarray:
    """Return ``(28, length)``: the share of each old pixel in each new one; each row sums to one."""
    edges = np.linspace(0, length, SIDE + 1)
    pixels = np.arange(length)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    return (np.maximum(high - low, 0) * SIDE / length).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Whitening:
    """The weight of each frequency, learnt from the set itself by :func:`learn_whitening`.

    Parameters
    ----------
    weights : ``(10, 10)``, ``float32``, the same for a frequency and its transposed; zero for the mean.
    """

    weights: np.ndarray

    def crops(self, squares: np.ndarray) -> np.ndarray:
        """Return whitened coefficients of length one ``(n, 9, 10, 10)`` of ``squares`` ``(n, 28, 28)``."""
        coefficients = cosine_coefficients(squares) * self.weights
        length = np.sqrt(np.einsum("ncij,ncij->nc", coefficients, coefficients))
        return coefficients / np.maximum(length, 1e-12)[:, :, None, None]

    def single_crops(self, squares: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Return one crop of each square, as :meth:`crops` has it: ``(n, 10, 10)`` of squares ``(n, 28, 28)``.

        Parameters
        ----------
        squares : ``(n, 28, 28)``.
        which : ``(n,)`` number of the crop, 0 to 8.
        """
        rows, columns = (first[:, None] + np.arange(CROP) for first in np.divmod(which, SHIFTS))
        cut = squares[np.arange(len(squares))[:, None, None], rows[:, :, None], columns[:, None, :]]
        basis = _cosine_basis().astype(np.float32)
        coefficients = (basis @ (cut.astype(np.float32) @ basis.T)) * self.weights
        return coefficients / np.maximum(np.sqrt((coefficients**2).sum(axis=(1, 2))), 1e-12)[:, None, None]

    def descriptors(self, squares: np.ndarray) -> np.ndarray:
        """Return a descriptor of every crop ``(n * 9, 36)``, the same for all eight views of an image."""
        found = np.empty((len(squares), SHIFTS**2, _N_INVARIANTS), dtype=np.float32)
        for part in blocks(len(squares), (SIDE, SIDE), at_28=BLOCK):
            found[part] = invariants(self.crops(squares[part]))
        return found.reshape(-1, _N_INVARIANTS)


def learn_whitening(squares: np.ndarray, *, sample: int = 20_000) -> Whitening:
    """Measure the power of each frequency over evenly spaced squares, up to ``sample`` of them."""
    chosen = squares[:: max(1, len(squares) // sample)]
    power = np.zeros((BAND, BAND))
    for part in blocks(len(chosen), (SIDE, SIDE), at_28=BLOCK):
        power += (cosine_coefficients(chosen[part])[:, SHIFTS**2 // 2].astype(np.float64) ** 2).sum(axis=0)
    power = (power + power.T) / (2 * len(chosen))
    frequency = np.hypot(*np.meshgrid(np.arange(BAND), np.arange(BAND)))
    weights = np.exp(-((frequency / SOFTNESS) ** 2) / 2) / np.sqrt(np.maximum(power, 1e-3))
    weights[0, 0] = 0  # brightness
    return Whitening(weights.astype(np.float32))


def cosine_coefficients(squares: np.ndarray) -> np.ndarray:
    """Return the lowest coefficients of the orthonormal cosine transform (DCT-II) of nine crops, ``(n, 9, 10, 10)``."""
    bases = np.zeros((SHIFTS, BAND, SIDE), dtype=np.float32)
    for shift in range(SHIFTS):
        bases[shift, :, shift : shift + CROP] = _cosine_basis()
    basis = bases.reshape(-1, SIDE)
    columns = squares.astype(np.float32).reshape(-1, SIDE) @ basis.T
    both = basis @ columns.reshape(len(squares), SIDE, -1)
    parts = both.reshape(len(squares), SHIFTS, BAND, SHIFTS, BAND)
    return parts.transpose(0, 1, 3, 2, 4).reshape(len(squares), SHIFTS**2, BAND, BAND)


def _cosine_basis() -> np.ndarray:
    frequency = np.arange(BAND)[:, None]
    basis = np.sqrt(2 / CROP) * np.cos(np.pi * frequency * (np.arange(CROP) + 0.5) / CROP)
    basis[0] /= np.sqrt(2)
    return basis


def invariants(coefficients: np.ndarray) -> np.ndarray:
    """Return numbers that no turn and no mirroring changes, and that change no faster than the coefficients do.

    A flip changes the sign of the odd frequencies of one direction, a turn also swaps the directions. So the symmetric part of
    the even-even block stays; its antisymmetric part, and both parts of the odd-odd block, stay up to sign; and of an even-odd
    coefficient and its transposed the length stays.

    Parameters
    ----------
    coefficients : ``(..., 10, 10)``.

    Returns
    -------
    np.ndarray : ``(..., 36)``.
    """
    block = coefficients[..., :COARSE, :COARSE]
    turned = np.swapaxes(block, -1, -2)
    even, odd = (block[..., p::2, p::2] for p in (0, 1))
    mixed = np.hypot(block[..., 0::2, 1::2], turned[..., 0::2, 1::2])
    parts = [
        _upper(even, 1)[..., 1:],  # without the mean
        np.abs(_upper(even, -1)),
        np.abs(_upper(odd, 1)),
        np.abs(_upper(odd, -1)),
        mixed.reshape(*mixed.shape[:-2], -1),
    ]
    return np.concatenate(parts, axis=-1)


def _upper(block: np.ndarray, sign: int) -> np.ndarray:
    """Return the (anti)symmetric part of square blocks as vectors of the same length."""
    rows, columns = np.triu_indices(block.shape[-1], 1 if sign < 0 else 0)
    part = block[..., rows, columns] + sign * block[..., columns, rows]
    return part * np.where(rows == columns, 0.5, np.sqrt(0.5)).astype(block.dtype)


_N_INVARIANTS = 9 + 6 + 6 + 3 + 12


def best_view_similarity(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the highest correlation of two crops over the eight views.

    Parameters
    ----------
    left, right : ``(n, 10, 10)`` coefficients of length one.

    Returns
    -------
    np.ndarray : ``(n,)``, -1 to 1.
    """
    straight, transposed = (_flips(left * other) for other in (right, right.transpose(0, 2, 1)))
    return np.maximum(straight, transposed)


def _flips(products: np.ndarray) -> np.ndarray:
    """Return the highest sum of products over the four mirrorings."""
    sums = products.reshape(len(products), -1) @ _parities(products.shape[-1])
    even_even, even_odd, odd_even, odd_odd = sums.T
    same = even_even + odd_odd + np.abs(even_odd + odd_even)
    other = even_even - odd_odd + np.abs(even_odd - odd_even)
    return np.maximum(same, other)


def _parities(size: int) -> np.ndarray:
    """Return ``(size * size, 4)``: a one where a coefficient's row and column are even or odd: ee, eo, oe, oo."""
    odd = np.arange(size) % 2
    which = (2 * odd[:, None] + odd[None, :]).ravel()
    return (which[:, None] == np.arange(4)).astype(np.float32)
