import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.data.splitting import FRACTIONS, _move_into_gap, assign_folds, cluster_images, make_splits
from giemsa.errors import DataError


def different_images(n):
    return np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)


@settings(max_examples=25)
@given(st.lists(st.integers(10, 60), min_size=2, max_size=5), st.integers(0, 5))
def test_single_images_are_stratified_to_within_one(sizes, seed):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(f"class {label}" for label in range(len(sizes)))
    parts = make_splits(labels, np.arange(len(labels)), class_names=names, seed=seed)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(labels)))
    for split, fraction in FRACTIONS.items():
        counts = np.bincount(labels[parts[split]], minlength=len(sizes))
        assert (np.abs(counts - fraction * np.array(sizes)) <= 1.5).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_no_cluster_stands_in_two_splits(seed):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 40, 300)
    labels = rng.integers(0, 3, 300)
    parts = make_splits(labels, clusters, class_names=("a", "b", "c"), seed=seed)
    sets = [set(clusters[indices].tolist()) for indices in parts.values()]
    assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])
    assert all(len(indices) for indices in parts.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_groups_find_room_first(seed):
    clusters = np.repeat([0, 1, 2], [2, 14, 4])
    parts = make_splits(np.zeros(20, dtype=int), clusters, class_names=("a",), seed=seed)
    assert {name: len(indices) for name, indices in parts.items()} == {"train": 14, "val": 2, "test": 4}


def test_every_class_reaches_every_split_even_a_small_one():
    labels = np.repeat([0, 1], [100, 3])
    parts = make_splits(labels, np.arange(103), class_names=("many", "few"))
    assert all((labels[indices] == 1).sum() == 1 for indices in parts.values())


def test_the_seed_decides():
    labels = np.repeat([0, 1], 50)
    first, again, other = (
        make_splits(labels, np.arange(100), class_names=("a", "b"), seed=seed)["test"] for seed in (3, 3, 4)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_the_seed_decides_among_groups_of_different_sizes():
    clusters = np.repeat(np.arange(20), np.arange(20, 40))
    labels = np.arange(len(clusters)) % 2
    tests = {
        tuple(clusters[make_splits(labels, clusters, class_names=("a", "b"), seed=seed)["test"]])
        for seed in range(10)
    }
    assert len(tests) == 10


def of_contents(contents):
    """Return labels and clusters: a row of ``contents`` a cluster, images of each class."""
    rows, columns = np.indices(np.shape(contents))
    counts = np.ravel(contents)
    return np.repeat(columns.ravel(), counts), np.repeat(rows.ravel(), counts)


@pytest.mark.parametrize("seed", range(10))
def test_groups_of_several_classes_leave_no_split_without_one_where_they_need_not(seed):
    contents = [[45, 9, 0], [1, 50, 0], [1, 3, 38], [0, 11, 44], [0, 19, 3], [6, 0, 35]]
    labels, clusters = of_contents(contents)
    parts = make_splits(labels, clusters, class_names=("A", "B", "C"), seed=seed)
    for indices in parts.values():
        assert set(labels[indices]) == {0, 1, 2}


def pairs_held(contents, homes):
    """Return the pairs of a split and a class that it holds."""
    clusters, labels = np.nonzero(contents)
    return set(zip(homes[clusters].tolist(), labels.tolist(), strict=True))


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=4, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_a_move_into_a_gap_takes_no_class_from_a_split(contents, seed):
    contents = np.array(contents)
    homes = np.random.default_rng(seed).integers(0, 3, len(contents))
    for _ in range(10):  # more than the nine gaps that there can be
        before = pairs_held(contents, homes)
        move = _move_into_gap(contents, homes, 3)
        if move is None:
            break
        homes[move[0]] = move[1]
        after = pairs_held(contents, homes)
        assert before < after
    assert move is None


def test_clusters_join_copies_and_groups():
    images = different_images(6)
    images[4] = images[1]  # a copy
    groups = np.array(["p1", "p1", "", "", "p2", "p2"])
    clusters = cluster_images(images, groups)
    assert clusters[0] == clusters[1] == clusters[4] == clusters[5]  # by patient, by copy, by patient
    assert len({int(clusters[0]), int(clusters[2]), int(clusters[3])}) == 3  # no group is not a group


def test_without_groups_only_copies_are_joined():
    images = different_images(5)
    images[3] = images[0]
    clusters = cluster_images(images, None)
    assert clusters[0] == clusters[3]
    assert len(set(clusters.tolist())) == 4


@pytest.mark.parametrize("count", [1, 2])
def test_a_class_too_small_is_named(count):
    labels = np.repeat([0, 1], [20, count])
    with pytest.raises(DataError, match=f"class 'rare' has {count} images?: a split"):
        make_splits(labels, np.arange(len(labels)), class_names=("common", "rare"))


def test_of_many_classes_too_small_the_first_are_named_and_the_rest_counted():
    names = tuple(f"c{label}" for label in range(20))
    with pytest.raises(DataError, match=r"class 'c11' has 1 image and 8 more: a split into") as caught:
        make_splits(np.arange(20), np.arange(20), class_names=names)
    assert "'c12'" not in str(caught.value)


def test_a_class_of_one_group_is_named():
    labels = np.repeat([0, 1], 20)
    clusters = np.where(labels == 1, 0, np.arange(40))
    with pytest.raises(DataError, match="class 'rare' has 20 images, 1 if copies and groups count once:"):
        make_splits(labels, clusters, class_names=("common", "rare"))


def test_folds_keep_groups_whole_and_classes_even():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [60, 30, 9])
    groups = np.arange(99)
    groups[10:15] = 10
    fold = assign_folds(labels, groups, 3, seed=int(rng.integers(9)))
    assert len(set(fold[10:15].tolist())) == 1
    counts = np.array([np.bincount(fold[labels == label], minlength=3) for label in range(3)])
    assert (np.ptp(counts, axis=1) <= [6, 1, 1]).all()
    assert counts.min() > 0
