"""Corruptions: what each does, and that it grows with severity and scales with size."""

import itertools

import numpy as np
import pytest

from giemsa.evaluation.corruptions import CORRUPTIONS, SEVERITIES, STAINS, corrupt, suite


def cells(n=6, side=28, channels=3, seed=0):
    """Smooth blobs on a light ground, like cells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    radius = rng.uniform(0.2, 0.35, (n, 1, 1))
    inside = 1 / (1 + np.exp((np.hypot(y, x)[None] - radius) * 60))
    colours = rng.uniform(60, 160, (n, 1, 1, channels))
    picture = 225 - inside[..., None] * (225 - colours) + rng.normal(0, 3, (n, side, side, channels))
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_the_suite():
    assert len(CORRUPTIONS) == len(suite(3)) == 12
    assert set(suite(3)) - set(suite(1)) == {"saturation", "paler", "stain shift"}
    assert all(one.name == name and one.cause for name, one in CORRUPTIONS.items())


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_grows_with_severity_and_keeps_the_shape(name):
    images = cells()
    damage = []
    for severity in SEVERITIES:
        worse = corrupt(images, name, severity, generator=np.random.default_rng(1))
        assert worse.shape == images.shape
        assert worse.dtype == np.uint8
        damage.append(np.abs(worse.astype(float) - images).mean())
    assert damage[0] > 0.05
    assert all(low < high for low, high in itertools.pairwise(damage)), damage


@pytest.mark.parametrize("name", suite(1))
@pytest.mark.parametrize("shape", [(9, 13), (1, 1), (64, 64)])
def test_works_on_grey_images_of_any_size(name, shape):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape, 1), dtype=np.uint8)
    assert corrupt(images, name, 5, generator=np.random.default_rng(0)).shape == images.shape


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_leaves_the_input_and_repeats_with_the_seed(name):
    images = cells(3)
    before = images.copy()
    first, second = (corrupt(images, name, 3, generator=np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(images, before)
    assert np.array_equal(first, second)


def test_known_values():
    grey = np.full((1, 4, 4, 3), 100, dtype=np.uint8)
    none = np.random.default_rng(0)
    assert (corrupt(grey, "darker", 5, generator=none) == 40).all()
    assert (corrupt(grey, "brighter", 5, generator=none) == 150).all()
    for unchanged in ("less contrast", "saturation", "paler", "defocus", "motion", "pixelation"):
        assert np.abs(corrupt(grey, unchanged, 5, generator=none).astype(int) - 100).max() <= 1, unchanged
    noisy = corrupt(np.full((50, 28, 28, 1), 128, dtype=np.uint8), "noise", 1, generator=none)
    assert noisy.std() == pytest.approx(0.02 * 255, rel=0.02)


def test_half_the_pixels_are_means_of_four():
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 1), dtype=np.uint8)
    coarse = corrupt(image, "pixelation", 3, generator=np.random.default_rng(0))
    means = image.reshape(1, 4, 2, 4, 2).mean(axis=(2, 4))
    assert np.abs(coarse[0, ::2, ::2, 0] - means[0]).max() <= 0.5 + 1e-3
    assert (coarse[:, ::2] == coarse[:, 1::2]).all()


def test_blur_grows_with_the_image():
    small, large = cells(side=28), cells(side=112)
    spread = []
    for images in (small, large):
        blurred = corrupt(images, "defocus", 4, generator=np.random.default_rng(0)).astype(float)
        spread.append(np.abs(blurred - images).mean())
    assert spread[0] == pytest.approx(spread[1], rel=0.3)


def test_stain_shift_strengthens_one_dye_and_weakens_the_other():
    amounts = np.array([0.4, 0.5, 0.1])  # azure-methylene blue, eosin, residual
    dyed = np.rint(255 * np.exp(-amounts @ STAINS)).astype(np.uint8)
    images = np.tile(dyed, (40, 2, 2, 1))
    shifted = corrupt(images, "stain shift", 5, generator=np.random.default_rng(0))
    assert (shifted == shifted[:, :1, :1]).all()
    found = -np.log(shifted[:, 0, 0] / 255) @ np.linalg.inv(STAINS)
    bluer = found[:, 0] > amounts[0]
    assert 10 < bluer.sum() < 30
    np.testing.assert_allclose(found[bluer], np.tile(amounts * [1.6, 0.4, 1], (bluer.sum(), 1)), atol=0.02)
    np.testing.assert_allclose(
        found[~bluer], np.tile(amounts * [0.4, 1.6, 1], ((~bluer).sum(), 1)), atol=0.02
    )


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_images_in_blocks_are_changed_as_together(name):
    images = cells(11)
    together = corrupt(images, name, 4, generator=np.random.default_rng(3))
    generator = np.random.default_rng(3)
    parts = [
        corrupt(images[part], name, 4, generator=generator)
        for part in (slice(0, 3), slice(3, 4), slice(4, 11))
    ]
    assert np.abs(together.astype(int) - np.concatenate(parts)).max() <= 1
    assert (together == np.concatenate(parts)).mean() > 0.999
