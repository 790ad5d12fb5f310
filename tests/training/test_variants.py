"""Variants of an image are those of the training, and the generator alone decides which."""

import numpy as np
import torch

from giemsa.training.recipes import Recipe
from giemsa.training.variants import variants_of

IMAGE = np.random.default_rng(0).integers(0, 256, (7, 7, 3), dtype=np.uint8)


def _variants(seed: int, **changes: object) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    return variants_of(IMAGE, 40, Recipe().replace(**changes), "mirror and quarter turns", generator)


def test_the_image_comes_first_and_then_its_views() -> None:
    found = _variants(0, shift_pixels=0)
    assert found.shape == (41, 7, 7, 3)
    np.testing.assert_array_equal(found[0], IMAGE / np.float32(255))
    views = {np.rot90(side, turns).tobytes() for side in (found[0], found[0][:, ::-1]) for turns in range(4)}
    assert {image.tobytes() for image in found[1:]} == views


def test_the_generator_alone_decides() -> None:
    first, again, other = (_variants(seed, rotation_degrees=20, colour_jitter=0.3) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, _variants(0, rotation_degrees=20))
    assert 0 <= first.min() <= first.max() <= 1
