"""Balanced accuracy under corruption."""

import numpy as np
import pytest

from giemsa.evaluation.robustness import measure_robustness, stratified_sample


def by_brightness(images):
    """Call an image bright (1) where its mean is above 128."""
    bright = (images.reshape(len(images), -1).mean(axis=1) > 128).astype(float)
    return np.stack([1 - bright, bright], axis=1)


def test_darkness_breaks_a_judge_of_brightness():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [30, 10])
    images = np.where(labels[:, None, None, None], 170, 60) + rng.integers(0, 20, (40, 8, 8, 3))
    told = []
    found = measure_robustness(
        by_brightness,
        images.astype(np.uint8),
        labels,
        n_classes=2,
        generator=rng,
        progress=lambda done, total, what: told.append((done, total)),
    )
    assert found.clean == 1
    assert found.weakest == "darker"
    assert found.scores[found.names.index("darker")].tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert found.scores[found.names.index("JPEG")].min() == 1
    assert told[-1] == (60, 60)
    assert found.mean == pytest.approx(found.scores.mean())
    assert found.to_json()["n"] == 40
    assert "not MedMNIST-C" in str(found.to_json()["suite"])


def test_large_images_are_corrupted_in_blocks_with_the_same_draws(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 2
    images = (110 + 36 * labels[:, None, None, None] + rng.integers(-40, 40, (30, 8, 8, 3))).astype(np.uint8)
    sizes = []

    def judge(some):
        sizes.append(len(some))
        return by_brightness(some)

    def measure():
        sizes.clear()
        return measure_robustness(judge, images, labels, n_classes=2, generator=np.random.default_rng(4))

    whole = measure()
    assert set(sizes) == {30}
    monkeypatch.setattr("giemsa.evaluation.robustness.AT_ONCE", 1)
    parts = measure()
    assert set(sizes) == {12, 6}  # twelve of 8 by 8 have fewer pixels than one of 28 by 28
    np.testing.assert_array_equal(whole.scores, parts.scores)


def test_a_sample_keeps_every_class():
    labels = np.repeat([0, 1, 2], [980, 19, 1])
    chosen = stratified_sample(labels, 100, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [98, 2, 1]
    assert (np.diff(chosen) > 0).all()
    assert len(stratified_sample(labels, None, np.random.default_rng(0))) == 1000
