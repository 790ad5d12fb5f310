import numpy as np
import pytest

from giemsa.auditing.pool import Pool
from giemsa.auditing.stacked_images import StackedImages

PARTS = [np.random.default_rng(n).integers(0, 256, (n, 4, 3, 2), dtype=np.uint8) for n in (5, 0, 1, 7)]
WHOLE = np.concatenate(PARTS)


@pytest.mark.parametrize(
    "places",
    [
        0, 5, np.int64(12), slice(None), slice(3, 9), slice(0, 0), slice(10, 2, -3), slice(11, 99),
        [7, 7, 0], np.array([12, 4, 5, 6]), np.empty(0, dtype=np.int64),
    ],
)  # fmt: skip
def test_it_reads_like_one_array(places):
    images = StackedImages(PARTS)
    assert images.shape == WHOLE.shape
    np.testing.assert_array_equal(images[places], WHOLE[places])
    assert images[places].dtype == np.uint8


def test_a_place_outside_is_an_error():
    with pytest.raises(IndexError):
        StackedImages(PARTS)[13]
    with pytest.raises(IndexError):
        StackedImages(PARTS)[[2, -1]]


def test_of_a_pool_the_splits_are_not_copied(discs, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("all images were copied")

    pool = Pool(discs)
    monkeypatch.setattr(np, "concatenate", refuse)
    np.testing.assert_array_equal(pool.images[96], discs.val.images[0])
    assert pool.images.shape == (156, 20, 20, 3)
