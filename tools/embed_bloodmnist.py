"""Make the package's compact BloodMNIST from the official file.

    python tools/embed_bloodmnist.py bloodmnist.npz src/giemsa/data/bloodmnist/packed.npz

Fits the predictor of :mod:`giemsa.data.packing`, encodes all images, decodes them again and compares. Takes a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import sys
import zlib
from pathlib import Path

import numpy as np

from giemsa.data.packing import (
    BIAS,
    CHANNELS,
    CHUNK,
    CONTEXTS,
    RESTLESSNESS,
    UNIT,
    Model,
    passes,
    predictions,
    restlessness,
    signs_of,
    unpack,
)

MD5 = "7053d0359d879ad8a5505303e11de1dc"
SPLITS = ("train", "val", "test")
BLOCKS = 2
SAMPLE = 4000  # images on which the predictor is fitted


def fit_model(images: np.ndarray) -> Model:
    """Fit weights, signs of restlessness and streams to a sample of images ``(n, 28, 28, 3)``."""
    rng = np.random.default_rng(0)
    sample = images[np.sort(rng.choice(len(images), min(SAMPLE, len(images)), replace=False))]
    canvas = _canvas(sample)
    count = len(passes())
    model = Model(
        np.zeros((count, 3, 39), np.int16),
        np.zeros((count, 3, 4), np.int16),
        np.zeros((count, 3, RESTLESSNESS), np.uint8),
    )
    for place in range(count):
        for order in range(3):
            model.weights[place, order] = _fit_weights(canvas, place, order)
        _fit_streams(canvas, place, model)
    return model


def pack(images: np.ndarray, model: Model) -> list[bytes]:
    """Encode one block of images ``(n, 28, 28, 3)``; return its streams in the order pass, channel, context."""
    parts: list[list[np.ndarray]] = [[] for _ in range(len(passes()) * 3 * CONTEXTS)]
    for start in range(0, len(images), CHUNK):
        canvas = _canvas(images[start : start + CHUNK])
        for place, (rows, columns, _, _) in enumerate(passes()):
            for channel, prediction, stream in predictions(canvas, place, model):
                surprise = (canvas[rows, columns, channel] - prediction).astype(np.int16).astype(np.uint8)
                first = (place * 3 + channel) * CONTEXTS
                for context in range(CONTEXTS):
                    parts[first + context].append(surprise[stream == context])
    return [_deflate(np.concatenate(part).tobytes()) for part in parts]


def main(official: Path, packed: Path) -> None:
    """Encode the official file, check the result and write it."""
    if hashlib.md5(official.read_bytes()).hexdigest() != MD5:
        sys.exit(f"{official} is not the official file: its MD5 is not {MD5}")
    with np.load(official) as archive:
        images = np.concatenate([archive[f"{split}_images"] for split in SPLITS])
        labels = np.concatenate([archive[f"{split}_labels"].reshape(-1) for split in SPLITS])
        counts = [len(archive[f"{split}_labels"]) for split in SPLITS]
    model = fit_model(images)
    blocks = np.array_split(images, BLOCKS)
    streams = [pack(block, model) for block in blocks]
    sizes = [len(block) for block in blocks]
    if not np.array_equal(unpack(streams, sizes, model), images):
        sys.exit("the encoded images do not decode to what they were; nothing was written")
    np.savez(
        packed,
        weights=model.weights,
        unrest=model.unrest,
        contexts=np.frombuffer(lzma.compress(model.contexts.tobytes()), np.uint8),
        labels=np.frombuffer(lzma.compress(labels.astype(np.uint8).tobytes()), np.uint8),
        split_counts=np.array(counts, np.int32),
        block_counts=np.array(sizes, np.int32),
        lengths=np.array([[len(stream) for stream in block] for block in streams], np.int32),
        streams=np.frombuffer(b"".join(stream for block in streams for stream in block), np.uint8),
    )
    print(f"{packed}: {packed.stat().st_size:,} bytes for {images.nbytes:,}")  # noqa: T201


def _canvas(images: np.ndarray) -> np.ndarray:
    """Return images as ``(28, 28, 3, n)`` ``float32``."""
    return np.ascontiguousarray(images.transpose(1, 2, 3, 0), dtype=np.float32)


def _deflate(data: bytes) -> bytes:
    """Compress by Huffman coding alone, without a header."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return coder.compress(data) + coder.flush()


def _fit_weights(canvas: np.ndarray, place: int, order: int) -> np.ndarray:
    """Return the least-squares weights ``(39,)`` of one pass and channel, as whole numbers."""
    rows, columns, neighbour_rows, neighbour_columns = passes()[place]
    near = canvas[neighbour_rows, neighbour_columns]
    inputs = np.zeros((39, len(rows) * canvas.shape[3]))
    used = near.shape[1] * 3
    for number in range(used):
        inputs[number] = near[:, number // 3, number % 3].reshape(-1)
    for earlier in range(order):
        inputs[36 + earlier] = canvas[rows, columns, CHANNELS[earlier]].reshape(-1)
    inputs[38] = BIAS
    target = canvas[rows, columns, CHANNELS[order]].reshape(-1).astype(np.float64)
    ridge = np.eye(39)
    weights = np.rint(np.linalg.solve(inputs @ inputs.T + ridge, inputs @ target) * UNIT)
    if np.abs(weights).sum() * 255 >= 2**24 or np.abs(weights).max() >= 2**15:
        sys.exit("the weights are too large for exact arithmetic in float32")
    return weights.astype(np.int16)


def _fit_streams(canvas: np.ndarray, place: int, model: Model) -> None:
    """Fill the model's signs of restlessness and streams of one pass, which has its weights already."""
    rows, columns, _, _ = passes()[place]
    for channel, prediction, signs in signs_of(canvas, place, model):
        if not signs:
            continue
        order = CHANNELS.index(channel)
        error = np.minimum(np.abs(canvas[rows, columns, channel] - prediction), 40).reshape(-1)
        inputs = np.stack([*(sign.reshape(-1) for sign in signs), np.ones(error.size, np.float32)]).astype(
            np.float64
        )
        slopes = np.linalg.lstsq(inputs @ inputs.T, inputs @ error, rcond=None)[0][:-1]
        model.unrest[place, order, : len(signs)] = np.maximum(np.rint(slopes * 32), 0)
        unrest = restlessness(signs, place, order, model, prediction.shape)
        edges = np.quantile(unrest, np.linspace(0, 1, CONTEXTS + 1)[1:-1])
        model.contexts[place, order] = np.digitize(np.arange(RESTLESSNESS), edges)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("official", type=Path, help="bloodmnist.npz, as it is published")
    parser.add_argument("packed", type=Path, help="the file to write")
    given = parser.parse_args()
    main(given.official, given.packed)
