"""Images made smaller by whole blocks."""

import dataclasses

import numpy as np

from giemsa.data.shrinking import block_means, shrink


def test_large_images_are_shrunk_by_whole_blocks(discs):
    large = {
        name: dataclasses.replace(split, images=split.images.repeat(5, axis=1).repeat(5, axis=2))
        for name, split in discs.splits.items()
    }
    small = shrink(dataclasses.replace(discs, **large), 64)
    assert small.image_shape == (50, 50, 3)
    np.testing.assert_array_equal(small.train.images[:, 0, 0], discs.train.images[:, 0, 0])
    assert shrink(discs, 64) is discs


def test_each_place_is_the_mean_of_its_block():
    images = np.random.default_rng(0).integers(0, 256, (3, 7, 10, 2), dtype=np.uint8)
    expected = np.rint(images[1, 3:6, 6:9].reshape(9, 2).mean(axis=0))
    np.testing.assert_array_equal(block_means(images, 3)[1, 1, 2], expected)


def test_only_what_is_asked_for_is_shrunk():
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1), dtype=np.uint8)
    np.testing.assert_array_equal(
        block_means(images, 2, np.array([3, 0])), block_means(images[[3, 0]].copy(), 2)
    )
    assert block_means(images, 2, np.array([], dtype=int)).shape == (0, 3, 3, 1)
