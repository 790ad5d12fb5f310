"""Measures of known images."""

import numpy as np
import pytest

from giemsa.evaluation.measures import brightness, looks, sharpness


def test_brightness_and_sharpness_of_known_images():
    flat = np.full((1, 6, 6, 3), 90, dtype=np.uint8)
    board = (np.indices((6, 6)).sum(axis=0) % 2 * 200).astype(np.uint8)[None, :, :, None].repeat(3, axis=3)
    assert brightness(np.concatenate([flat, board])).tolist() == [90, 100]
    assert sharpness(flat)[0] == 0
    assert sharpness(board)[0] == 800**2  # each pixel is 200 from its four neighbours


def test_a_slope_is_not_sharp():
    down, right = np.indices((1, 8, 9))[1:, ..., None] * 9
    np.testing.assert_array_equal(sharpness(np.concatenate([down, right, down + right]).astype(np.uint8)), 0)


def test_means_spreads_and_colour_of_known_images():
    plain = np.full((1, 6, 6, 3), (204, 102, 51), dtype=np.uint8)
    halves = np.repeat([0, 255], 18).astype(np.uint8).reshape(1, 6, 6, 1).repeat(3, axis=3)
    found = looks(np.concatenate([plain, halves]))[:, :7]
    np.testing.assert_allclose(found, [[0.8, 0.4, 0.2, 0, 0, 0, 0.6], [0.5] * 6 + [0]], atol=1e-6)


def test_detail_is_that_of_the_grey_image():
    grey = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 1), dtype=np.uint8)
    np.testing.assert_allclose(looks(grey.repeat(3, axis=3))[:, 7:], looks(grey)[:, 3:], rtol=1e-5)


def test_a_large_image_looks_like_its_shrunk_self():
    small = np.random.default_rng(0).integers(0, 256, (2, 57, 100, 3), dtype=np.uint8)
    large = np.pad(small.repeat(4, axis=1).repeat(4, axis=2), ((0, 0), (0, 3), (0, 2), (0, 0)))
    np.testing.assert_allclose(looks(large), looks(small), rtol=1e-5, atol=1e-5)


def test_looks_tell_noise_from_smooth_and_colour_from_grey():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (5, 28, 28, 3), dtype=np.uint8)
    smooth = np.broadcast_to(np.linspace(0, 255, 28)[None, :, None, None], noise.shape).astype(np.uint8)
    first, second = looks(noise), looks(smooth)
    assert first.shape == (5, 12)
    assert (first[:, -1] > second[:, -1] + 0.5).all()  # the finest detail
    assert (second[:, 6] == 0).all()  # no colour
    assert first[0, 0] == pytest.approx(noise[0, ..., 0].mean() / 255, abs=1e-6)


@pytest.mark.parametrize("shape", [(3, 3, 1), (224, 224, 3), (30, 120, 1)])
def test_any_size_is_measured(shape):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)
    assert np.isfinite(looks(images)).all()
    assert looks(images).shape == (2, 2 * shape[2] + 6)


def test_batches_change_nothing(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 9, 9, 3), dtype=np.uint8)
    whole = looks(images)
    monkeypatch.setattr("giemsa.evaluation.measures.BATCH", 2)
    np.testing.assert_allclose(looks(images), whole, rtol=1e-5, atol=1e-5)
