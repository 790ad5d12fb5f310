import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from giemsa.data.in_place import take_in_place


@given(st.integers(0, 12).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.integers(0, n))))
def test_the_same_as_a_copy_without_one(drawn):
    order, count = drawn
    images = np.arange(len(order) * 6, dtype=np.uint8).reshape(-1, 1, 2, 3)
    places = np.array(order[:count], dtype=np.int64)
    expected, everything = images[places], sorted(images[:, 0, 0, 0].tolist())
    taken = take_in_place(images, places)
    np.testing.assert_array_equal(taken, expected)
    assert count == 0 or np.shares_memory(taken, images)
    assert sorted(images[:, 0, 0, 0].tolist()) == everything  # what is not taken is still there
