"""Pairs of near points by random projection trees: near n log n, where comparing all with all would be n squared.

A tree halves the points again and again at the median along a random direction; two near points seldom fall on different sides.
What a tree separates, the next one keeps together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

LEAF = 48
LEAVES_AT_ONCE = 512


def near_pairs(
    points: np.ndarray, *, radius: float, trees: int, owners: np.ndarray, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of points nearer than ``radius``, block by block; a pair may come more than once, and a few are missed.

    Parameters
    ----------
    points : ``(n, dimensions)``, ``float32``.
    radius : Euclidean distance.
    trees : number of trees; each finds a share of the pairs, the larger the nearer they are.
    owners : ``(n,)``; two points of one owner are no pair.
    generator : source of the directions.

    Yields
    ------
    tuple of np.ndarray : places of the left and the right points, each ``(m,)``.

    References
    ----------
    Dasgupta and Freund, Random projection trees and low dimensional manifolds, STOC 2008.
    """
    if len(points) < 2:
        return
    spread = points[:: max(1, len(points) // 10_000)].std(axis=0) + 1e-6
    for _ in range(trees):
        leaves = grow_tree(points, spread, generator)
        for start in range(0, len(leaves), LEAVES_AT_ONCE):
            yield _pairs_within(points, leaves[start : start + LEAVES_AT_ONCE], radius, owners)


def grow_tree(points: np.ndarray, spread: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the leaves of one tree, ``(leaves, size)`` places of points; a few points fill up the last places twice.

    Parameters
    ----------
    points : ``(n, dimensions)``.
    spread : ``(dimensions,)``: directions lean towards the dimensions in which points differ most.
    generator : source of the directions.
    """
    n = len(points)
    depth = max(0, int(np.ceil(np.log2(n / LEAF))))
    size = -(-n // 2**depth)
    filling = generator.integers(0, n, size * 2**depth - n)
    places = np.concatenate([generator.permutation(n), filling])
    for level in range(depth):
        direction = (generator.standard_normal(len(spread)) * spread).astype(points.dtype)
        nodes = places.reshape(2**level, -1)
        along = (points @ direction)[nodes]
        order = np.argpartition(along, nodes.shape[1] // 2, axis=1)
        places = np.take_along_axis(nodes, order, axis=1).ravel()
    return places.reshape(2**depth, size)


def _pairs_within(
    points: np.ndarray, leaves: np.ndarray, radius: float, owners: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    block = points[leaves]
    squares = np.einsum("lsd,lsd->ls", block, block)
    distances = squares[:, :, None] + squares[:, None, :] - 2 * block @ block.transpose(0, 2, 1)
    leaf, left, right = np.nonzero(distances < radius**2)
    left, right = leaves[leaf, left], leaves[leaf, right]
    kept = owners[left] < owners[right]
    return left[kept], right[kept]
