"""Images found by where they came from."""

from hypothesis import given
from hypothesis import strategies as st

from giemsa.data.addresses import find_by_address

NAMES = st.text("ab1", min_size=1, max_size=2)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(PATHS, min_size=1, max_size=12, unique=True), st.randoms(use_true_random=False))
def test_the_very_same_addresses_are_found_in_any_order(addresses, random):
    order = random.sample(range(len(addresses)), len(addresses))
    assert find_by_address([addresses[place] for place in order], addresses) == order


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=12, unique=True))
def test_a_folder_that_was_moved_keeps_its_images(names):
    before = ["/".join(("cells", *parts)) for parts in names]
    after = ["\\".join(("D:", "work", "cells", *parts)) for parts in names]
    assert find_by_address(before, after) == list(range(len(names)))


def test_what_is_not_there_or_not_one_alone_is_not_found():
    addresses = ("/x/a/1.png", "/x/b/1.png", "file.npz::test/3")
    wanted = ["2.png", "1.png", "b/1.png", "/other/file.npz::test/3", "file.npz::train/3"]
    assert find_by_address(wanted, addresses) == [None, None, 1, 2, None]
