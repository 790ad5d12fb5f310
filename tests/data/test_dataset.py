"""A data set is known by what its arrays hold, however large they are."""

import hashlib
import tracemalloc

import numpy as np

from giemsa.data.dataset import DataCard, ImageDataset, Split

CARD = DataCard("made", "made", "", "binary-class", ("a", "b"), 1)


def split(images: np.ndarray) -> Split:
    labels = np.arange(len(images)) % 2
    return Split(images, labels, [str(place) for place in range(len(images))])


def test_the_fingerprint_is_that_of_the_bytes_and_few_large_images_are_read_at_a_time():
    images = np.random.default_rng(0).integers(0, 256, (64, 512, 512, 1), np.uint8)
    data = ImageDataset(CARD, split(images), split(images[:0]), split(images[:3]))
    tracemalloc.start()
    found = data.fingerprint
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expected = hashlib.sha256()
    for name, part in data.splits.items():
        expected.update(f"{name}{part.images.shape}".encode() + part.images.tobytes())
        expected.update(part.labels.astype("<i8").tobytes())
    assert found == expected.hexdigest()
    assert peak < images.nbytes / 4
