import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.data.blocks import blocks


@given(st.integers(0, 3000), st.integers(1, 400), st.integers(1, 400))
def test_blocks_hold_every_image_once_and_few_pixels(n, height, width):
    parts = list(blocks(n, (height, width)))
    places = [np.arange(n)[part] for part in parts]
    assert np.concatenate([np.empty(0, int), *places]).tolist() == list(range(n))
    assert all(1 <= len(part) * height * width <= max(1024 * 28 * 28, height * width) for part in places)


@pytest.mark.parametrize(("side", "images"), [(28, 512), (56, 128), (1000, 1)])
def test_a_block_has_as_many_images_as_fit(side, images):
    assert next(blocks(10_000, (side, side), at_28=512)) == slice(0, images)
