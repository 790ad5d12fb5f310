import numpy as np

from giemsa.auditing.forest import grow_tree, near_pairs


def test_a_tree_holds_every_point_in_leaves_of_one_size():
    points = np.random.default_rng(0).normal(size=(1000, 5)).astype(np.float32)
    leaves = grow_tree(points, np.ones(5), np.random.default_rng(1))
    assert set(leaves.ravel().tolist()) == set(range(1000))
    assert leaves.shape == (32, 32)


def test_leaves_are_runs_along_the_dimension_in_which_points_differ_most():
    points = np.random.default_rng(0).normal(size=(1024, 2))
    leaves = grow_tree(points, np.array([1.0, 1e-9]), np.random.default_rng(1))
    along = points[leaves, 0]
    order = np.argsort(along.min(axis=1))
    assert (along.max(axis=1)[order][:-1] <= along.min(axis=1)[order][1:]).all()


def test_only_what_lies_within_the_radius_is_a_pair():
    points = np.array([[0.0], [0.4], [1.0]], dtype=np.float32)
    for n in (2, 3):
        generator = np.random.default_rng(0)
        blocks = near_pairs(points[:n], radius=0.5, trees=1, owners=np.arange(n), generator=generator)
        assert [(left.tolist(), right.tolist()) for left, right in blocks] == [([0], [1])]


def test_leaves_in_blocks_are_each_compared_once(monkeypatch):
    points, found = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32), []
    for at_once in (512, 3):
        monkeypatch.setattr("giemsa.auditing.forest.LEAVES_AT_ONCE", at_once)
        generator = np.random.default_rng(0)
        blocks = near_pairs(points, radius=0.1, trees=1, owners=np.arange(1000), generator=generator)
        found.append(np.concatenate([np.stack(block, axis=1) for block in blocks]))
    np.testing.assert_array_equal(*found)


def test_finds_what_comparing_all_with_all_finds():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(2000, 12)).astype(np.float32)
    points[1000:1200] = points[:200] + rng.normal(scale=0.01, size=(200, 12))
    owners = np.arange(2000)
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    slow = {(i, j) for i, j in np.argwhere(apart < 0.25**2).tolist() if i < j}
    blocks = near_pairs(points, radius=0.25, trees=12, owners=owners, generator=np.random.default_rng(0))
    found = {pair for left, right in blocks for pair in zip(left.tolist(), right.tolist(), strict=True)}
    assert found == slow
    assert len(slow) == 200


def test_points_of_one_owner_are_no_pair():
    points = np.zeros((4, 3), dtype=np.float32)
    blocks = near_pairs(
        points, radius=1.0, trees=1, owners=np.array([0, 0, 1, 1]), generator=np.random.default_rng(0)
    )
    found = [(i, j) for left, right in blocks for i, j in zip(left, right, strict=True)]
    assert sorted(found) == [(0, 2), (0, 3), (1, 2), (1, 3)]
