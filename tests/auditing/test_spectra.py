import numpy as np
from scipy.fft import dctn

from giemsa.auditing.spectra import (
    BAND,
    COARSE,
    SOFTNESS,
    best_view_similarity,
    cosine_coefficients,
    grey_squares,
    invariants,
    learn_whitening,
)


def eight_views(blocks):
    turned = [np.rot90(blocks, turn, (1, 2)) for turn in range(4)]
    return turned + [view[:, :, ::-1] for view in turned]


def test_coefficients_are_those_of_scipy():
    squares = np.random.default_rng(0).normal(size=(3, 28, 28)).astype(np.float32)
    ours = cosine_coefficients(squares)
    crop = squares[:, 2:28, 0:26]  # the seventh of nine: shifted by two rows and no column
    expected = dctn(crop, axes=(1, 2), norm="ortho")[:, :BAND, :BAND]
    np.testing.assert_allclose(ours[:, 6], expected, atol=1e-4)


def test_invariants_are_the_same_for_all_views_and_keep_distances():
    rng = np.random.default_rng(1)
    squares = rng.normal(size=(2, 28, 28)).astype(np.float32)
    middle = cosine_coefficients(squares)[:, 4]
    for view in eight_views(squares):
        np.testing.assert_allclose(invariants(cosine_coefficients(view)[:, 4]), invariants(middle), atol=1e-4)
    apart = np.linalg.norm(invariants(middle[0]) - invariants(middle[1]))
    assert 0 < apart <= np.linalg.norm(middle[0] - middle[1]) + 1e-5


def test_every_coarse_coefficient_but_the_mean_keeps_its_length():
    lengths = np.linalg.norm(invariants(np.eye(BAND**2).reshape(-1, BAND, BAND)), axis=1)
    expected = np.pad(np.ones((COARSE, COARSE)), (0, BAND - COARSE))
    expected[0, 0] = 0
    np.testing.assert_allclose(lengths.reshape(BAND, BAND), expected)


def test_whitening_of_white_noise_is_a_smooth_fall():
    noise = np.random.default_rng(0).normal(scale=10, size=(4000, 28, 28))
    frequency = np.hypot(*np.indices((BAND, BAND)))
    expected = np.exp(-((frequency / SOFTNESS) ** 2) / 2) / 10
    expected[0, 0] = 0
    np.testing.assert_allclose(learn_whitening(noise).weights, expected, rtol=0.1)


def test_best_view_is_the_best_of_eight_products():
    rng = np.random.default_rng(2)
    squares = rng.normal(size=(5, 28, 28)).astype(np.float32)
    others = rng.normal(size=(5, 28, 28)).astype(np.float32)
    left = cosine_coefficients(squares)[:, 4]
    slow = [(left * cosine_coefficients(view)[:, 4]).sum(axis=(1, 2)) for view in eight_views(others)]
    fast = best_view_similarity(left, cosine_coefficients(others)[:, 4])
    np.testing.assert_allclose(fast, np.max(slow, axis=0), rtol=1e-4)


def test_resizing_keeps_means_of_areas():
    image = np.arange(56 * 84, dtype=np.float64).reshape(1, 56, 84, 1) % 251
    expected = image[0, :, :, 0].reshape(28, 2, 28, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(grey_squares(image.astype(np.uint8))[0], expected, atol=0.1)


def test_a_single_crop_is_one_of_the_nine() -> None:
    squares = np.random.default_rng(5).uniform(0, 255, (9, 28, 28)).astype(np.float16)
    whitening = learn_whitening(squares)
    which = np.arange(9)
    np.testing.assert_allclose(
        whitening.single_crops(squares, which), whitening.crops(squares)[which, which], atol=1e-5
    )
