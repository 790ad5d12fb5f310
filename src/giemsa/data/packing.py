"""The compact lossless form of the package's 28x28 colour images: predict each pixel, keep the surprise.

Pixels are told in five passes, from a grid of every fourth pixel to all of them, as in an interlaced PNG; from the second
pass on each is surrounded by pixels that are known already. Twelve of these, in all three channels, and the channels of the
pixel itself that are known, predict its value linearly (weights by least squares). What remains is sorted by how restless
the neighbourhood is into streams, and each stream is stored by zlib's Huffman coder. BloodMNIST takes 19.2 MB so, 21.4 MB
as lossless WebP.

All arithmetic is on whole numbers below 2**24 held in ``float32``, where sums are exact in any order: every machine
decodes the same. Fitting the weights and encoding are in ``tools/embed_bloodmnist.py``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from giemsa.data.cores import usable_cores

SIDE = 28
CHANNELS = (1, 2, 0)  # green first: it predicts the other two best
CONTEXTS = 24
UNIT = 4096  # weights are whole multiples of 1 / UNIT
BIAS = 64  # the value of the constant input
RESTLESSNESS = 2048  # the measure of restlessness is cut off here
CHUNK = 128  # images worked on at once, so that they stay in the processor's cache

_DIAGONAL = (
    (-1, -1),
    (-1, 1),
    (1, -1),
    (1, 1),
    (-1, -3),
    (-1, 3),
    (1, -3),
    (1, 3),
    (-3, -1),
    (3, -1),
    (-3, 1),
    (3, 1),
)
_CROSS = (
    (0, 1),
    (0, -1),
    (1, 0),
    (-1, 0),
    (-1, -2),
    (-1, 2),
    (1, -2),
    (1, 2),
    (-2, -1),
    (2, -1),
    (-2, 1),
    (2, 1),
)


class Pass(NamedTuple):
    """Which pixels are told together ``(p,)``, and their known neighbours ``(p, 12)``, the nearest four first."""

    rows: np.ndarray
    columns: np.ndarray
    neighbour_rows: np.ndarray
    neighbour_columns: np.ndarray


@dataclass(frozen=True, eq=False)
class Model:
    """The numbers that encoder and decoder share; all whole.

    Parameters
    ----------
    weights : ``(passes, 3, 39)``: of 36 neighbour values, two channels of the pixel itself, and the constant.
    unrest : ``(passes, 3, 4)``: how the four signs of restlessness are summed.
    contexts : ``(passes, 3, 2048)`` ``uint8``: the stream for each restlessness.
    """

    weights: np.ndarray
    unrest: np.ndarray
    contexts: np.ndarray


@cache
def passes() -> tuple[Pass, ...]:
    """Return the five passes, which together cover each pixel once."""
    rows, columns = (grid.reshape(-1) for grid in np.mgrid[:SIDE, :SIDE])
    coarse = (rows % 4 == 0) & (columns % 4 == 0)
    found = [_pass_of(rows[coarse], columns[coarse], (), 4)]
    for step in (2, 1):
        odd = (rows % (2 * step) == step) & (columns % (2 * step) == step)
        between = (rows % step == 0) & (columns % step == 0) & ((rows // step + columns // step) % 2 == 1)
        found.append(_pass_of(rows[odd], columns[odd], _DIAGONAL, step))
        found.append(_pass_of(rows[between], columns[between], _CROSS, step))
    return tuple(found)


def predictions(canvas: np.ndarray, place: int, model: Model) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield channel, predicted values and streams for the pixels of one pass; the caller fills the channel in between.

    Parameters
    ----------
    canvas : ``(28, 28, 3, n)`` ``float32``, known where earlier passes were.
    place : number of the pass.

    Yields
    ------
    channel, prediction ``(p, n)`` ``float32`` whole numbers 0 to 255, stream ``(p, n)`` ``uint8``.
    """
    for channel, prediction, signs in signs_of(canvas, place, model):
        order = CHANNELS.index(channel)
        unrest = restlessness(signs, place, order, model, prediction.shape)
        yield channel, prediction, model.contexts[place, order][unrest]


def signs_of(
    canvas: np.ndarray, place: int, model: Model
) -> Iterator[tuple[int, np.ndarray, list[np.ndarray]]]:
    """Yield channel, prediction and the signs of restlessness, 0 to 4 arrays ``(p, n)``; else like ``predictions``."""
    rows, columns, neighbour_rows, neighbour_columns = passes()[place]
    near = canvas[neighbour_rows, neighbour_columns]
    points, taps, _, count = near.shape
    weights = model.weights[place].astype(np.float32)
    sums = weights[:, : taps * 3] @ near.reshape(points, taps * 3, count)
    surprises: list[np.ndarray] = []
    for order, channel in enumerate(CHANNELS):
        total = sums[:, order] + weights[order, 38] * BIAS
        for earlier in range(order):
            total += weights[order, 36 + earlier] * canvas[rows, columns, CHANNELS[earlier]]
        prediction = np.clip(np.floor(total / UNIT + np.float32(0.5)), 0, 255)
        yield channel, prediction, _nearest_signs(near, prediction, order) + surprises
        surprises.append(np.abs(canvas[rows, columns, channel] - prediction))


def restlessness(
    signs: list[np.ndarray], place: int, order: int, model: Model, shape: tuple[int, ...]
) -> np.ndarray:
    """Return the weighted sum of the signs ``(p, n)``, whole numbers 0 to 2047."""
    total = np.zeros(shape, np.float32)
    for weight, sign in zip(model.unrest[place, order], signs, strict=False):
        total += np.float32(weight) * sign
    return np.minimum(total, RESTLESSNESS - 1).astype(np.int16)


def unpack(streams: list[list[bytes]], counts: list[int], model: Model) -> np.ndarray:
    """Return the images ``(n, 28, 28, 3)`` ``uint8`` of all blocks.

    Parameters
    ----------
    streams : the compressed streams of each block, in the order pass, channel, context.
    counts : number of images of each block; blocks are independent of each other.
    """
    with ThreadPoolExecutor(usable_cores()) as pool:
        return np.concatenate(list(pool.map(_unpack_block, streams, counts, [model] * len(counts))))


def _unpack_block(streams: list[bytes], count: int, model: Model) -> np.ndarray:
    """Return the images of one block."""
    residuals = [np.frombuffer(zlib.decompress(stream, -15), np.uint8) for stream in streams]
    cursors = [0] * len(residuals)
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        canvas = np.zeros((SIDE, SIDE, 3, size), np.float32)
        for place, (rows, columns, _, _) in enumerate(passes()):
            for channel, prediction, stream in predictions(canvas, place, model):
                first = (place * 3 + channel) * CONTEXTS
                surprise = _take(residuals, cursors, first, stream.reshape(-1))
                values = prediction.astype(np.uint8) + surprise.reshape(stream.shape)
                canvas[rows, columns, channel] = values
        images[start : start + size] = canvas.astype(np.uint8).transpose(3, 0, 1, 2)
    return images


def _take(residuals: list[np.ndarray], cursors: list[int], first: int, stream: np.ndarray) -> np.ndarray:
    """Take the next residual of each value's stream, and move the streams' cursors on."""
    taken = []
    for context, count in enumerate(np.bincount(stream, minlength=CONTEXTS).tolist()):
        place = first + context
        taken.append(residuals[place][cursors[place] : cursors[place] + count])
        cursors[place] += count
    values = np.empty(len(stream), np.uint8)
    values[np.argsort(stream, kind="stable")] = np.concatenate(taken)
    return values


def _nearest_signs(near: np.ndarray, prediction: np.ndarray, order: int) -> list[np.ndarray]:
    """Return the signs of restlessness that the four nearest pixels give, each ``(p, n)``."""
    if not near.shape[1]:
        return []
    own = near[:, :4, CHANNELS[order]]
    other = near[:, :4, CHANNELS[(order + 1) % 3]]
    return [np.abs(own - prediction[:, None]).sum(axis=1), other.max(axis=1) - other.min(axis=1)]


def _pass_of(rows: np.ndarray, columns: np.ndarray, offsets: tuple[tuple[int, int], ...], step: int) -> Pass:
    """Return the pass of these pixels; neighbours beyond the edge are moved inside by the pattern's period."""
    moves = np.array(offsets, dtype=np.int64).reshape(-1, 2) * step
    period = 2 * step
    return Pass(
        rows,
        columns,
        _inside(rows[:, None] + moves[:, 0], period),
        _inside(columns[:, None] + moves[:, 1], period),
    )


def _inside(places: np.ndarray, period: int) -> np.ndarray:
    """Move places outside 0 to 27 inside by whole periods, so that what is known stays known."""
    last = SIDE - 1
    return np.where(
        places < 0, places % period, places - np.maximum(0, -((last - places) // period)) * period
    )
