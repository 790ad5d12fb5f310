"""The eight views are those of NumPy, and two of a symmetry, one after the other, are one of the same."""

from itertools import product

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.training.views import VIEWS, choose_views, turn_all

IMAGES = torch.rand((2, 3, 9, 9), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("view", range(8))
def test_the_eight_views_are_numpys(view: int) -> None:
    pixels = IMAGES.numpy()
    expected = pixels[:, :, :, ::-1] if view >= 4 else pixels
    expected = np.rot90(expected, view % 4, axes=(2, 3))
    np.testing.assert_array_equal(turn_all(IMAGES, view).numpy(), expected)


def test_a_view_of_a_view_is_a_view_of_the_same_symmetry() -> None:
    for views in VIEWS.values():
        for first, then in product(views, repeat=2):
            shown = turn_all(turn_all(IMAGES, first), then)
            assert any(torch.equal(shown, turn_all(IMAGES, view)) for view in views)


def test_one_view_or_all_that_the_symmetry_has() -> None:
    assert choose_views("mirror and quarter turns", 8) == tuple(range(8))
    assert choose_views("none", 1) == choose_views("mirror", 1) == (0,)
    with pytest.raises(ModelError, match="no symmetry is called 'mirrors'"):
        choose_views("mirrors", 1)
    with pytest.raises(ModelError, match="ask for 1 or 2"):
        choose_views("mirror", 8)


def test_where_there_is_one_view_no_other_is_offered() -> None:
    with pytest.raises(ModelError, match=r"which gives 1; ask for 1$"):
        choose_views("none", 8)
