import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from giemsa.auditing.duplicates import connected_groups, exact_pairs, find_duplicates
from giemsa.auditing.stacked_images import StackedImages


def textures(n: int, seed: int = 0, side: int = 28, channels: int = 3) -> np.ndarray:
    """Smooth random images, each unlike the others: blurred noise, tinted."""
    noise = np.random.default_rng(seed).normal(size=(n, side + 6, side + 6, 1))
    for axis in (1, 2):
        noise = sum(np.roll(noise, shift, axis) for shift in range(-2, 3))
    smooth = noise[:, 3:-3, 3:-3]
    return np.clip(120 + 40 * smooth / smooth.std() * np.linspace(1, 0.6, channels), 0, 255).astype(np.uint8)


def test_finds_exact_copies_each_with_the_first():
    images = textures(6)
    images[4] = images[5] = images[2]
    assert exact_pairs(images).tolist() == [[2, 4], [2, 5]]


def test_exact_pairs_of_some_places_are_told_by_their_places():
    images = textures(8)
    images[6] = images[2] = images[1]
    assert exact_pairs(images, np.array([0, 2, 4, 6])).tolist() == [[2, 6]]


def test_images_in_several_arrays_are_searched_as_one():
    images = textures(40, seed=3)
    images[31] = images[4]
    images[25] = np.rot90(images[11])
    images[38] = CHANGES["brighter"](images[20])
    whole, parts = find_duplicates(images), find_duplicates(StackedImages(np.split(images, [13, 14, 30])))
    assert whole.pairs.tolist() == parts.pairs.tolist() == [[4, 31], [11, 25], [20, 38]]
    assert whole.kinds.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(whole.similarities, parts.similarities)
    assert find_duplicates(images, near=False).pairs.tolist() == [[4, 31]]


@settings(max_examples=8)
@given(st.integers(0, 1000), st.integers(1, 7))
def test_a_turned_copy_is_found_whatever_the_turn(seed, view):
    images = textures(12, seed)
    turned = np.rot90(images[3], view % 4)
    images[9] = turned[:, ::-1] if view >= 4 else turned
    found = find_duplicates(images)
    assert found.pairs.tolist() == [[3, 9]]
    assert found.kinds.tolist() == [1]


def jpeg(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=50)
    return np.asarray(Image.open(buffer))


def rescaled(image):
    bilinear = Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(image).resize((18, 18), bilinear).resize((28, 28), bilinear))


CHANGES = {
    "compressed": jpeg,
    "rescaled": rescaled,
    "brighter": lambda image: np.clip(image * 1.1, 0, 255).astype(np.uint8),
    "darker": lambda image: (image * 0.9).astype(np.uint8),
    "shifted": lambda image: np.pad(image, ((2, 0), (0, 2), (0, 0)), mode="edge")[:-2, 2:],
    "shifted and turned": lambda image: np.rot90(
        np.pad(image, ((0, 1), (2, 0), (0, 0)), mode="edge")[1:, :-2]
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_near_copies_are_found_and_nothing_else(change):
    images = textures(60, seed=5)
    copies = np.stack([CHANGES[change](image) for image in images[:10]])
    found = find_duplicates(np.concatenate([images, copies]))
    assert found.pairs.tolist() == [[i, 60 + i] for i in range(10)]
    assert found.similarities.min() > 0.965


def test_two_images_are_enough_and_the_best_correlation_is_told():
    images = textures(2)
    images[1] = images[0]
    images[1, 3, 4] += 1
    found = find_duplicates(images)
    assert found.pairs.tolist() == [[0, 1]]
    assert found.similarities[0] > 0.999


def test_larger_and_oblong_images_are_compared_too():
    images = textures(20, side=70)[:, :60]
    images[11] = np.clip(images[4].astype(int) + 9, 0, 255)
    assert find_duplicates(images).pairs.tolist() == [[4, 11]]


def test_chains_make_one_group():
    assert connected_groups(5, np.array([[0, 3], [3, 4]])).tolist() == [0, 1, 2, 0, 0]
    images = textures(8)
    images[5] = images[1]
    images[7] = np.rot90(images[1])
    images[6] = images[0]
    images[4] = images[3]
    assert [group.tolist() for group in find_duplicates(images).members()] == [[1, 5, 7], [0, 6], [3, 4]]


@pytest.mark.parametrize("images", [np.empty((0, 28, 28, 3), np.uint8), textures(1), textures(2)])
def test_few_images_have_no_duplicates(images):
    assert len(find_duplicates(images).pairs) == 0


def test_equal_images_are_one_group_and_flat_ones_are_not_near():
    flat = np.repeat(np.arange(3, dtype=np.uint8), 4)[:, None, None, None] * np.ones((28, 28, 1), np.uint8)
    assert [len(group) for group in find_duplicates(flat).members()] == [4, 4, 4]
