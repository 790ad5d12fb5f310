"""The picture of augmentation shows the image as it is, and variants that the recipe's symmetry allows."""

import numpy as np
import pytest

import giemsa
from giemsa.data.dataset import ImageDataset
from giemsa.teaching import show_augmentation

STILL = giemsa.RECIPES["fast"].replace(symmetry="none", shift_pixels=0)


@pytest.fixture(scope="module")
def data() -> ImageDataset:
    return giemsa.load("bloodmnist")


def shown(figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def test_the_first_of_a_row_is_the_image_as_it_is(data: ImageDataset) -> None:
    images = shown(show_augmentation(data, giemsa.RECIPES["tutorial"], [20, 4]))
    assert len(images) == 14
    for place, image in (20, images[0]), (4, images[7]):
        assert np.allclose(image, data.train.images[place] / 255, atol=1e-6)


def test_without_symmetry_nothing_changes(data: ImageDataset) -> None:
    images = shown(show_augmentation(data, STILL, [3]))
    assert all(np.allclose(image, images[0], atol=1e-6) for image in images)


def test_the_card_says_which_moves_are_made(data: ImageDataset) -> None:
    image = data.train.images[3] / 255
    moves = [np.rot90(side, k) for side in (image, image[:, ::-1]) for k in range(4)]
    variants = shown(show_augmentation(data, STILL.replace(symmetry="card"), [3]))[1:]
    assert all(any(np.allclose(v, move, atol=1e-6) for move in moves) for v in variants)
    assert any(not np.allclose(v, image, atol=1e-6) for v in variants)
