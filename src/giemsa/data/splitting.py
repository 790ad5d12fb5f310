"""Where a split is not given: stratified, 70/10/20, with groups and exact duplicates kept together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from giemsa.errors import DataError
from giemsa.wording import count_words, listed

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}


def make_splits(
    labels: np.ndarray,
    clusters: np.ndarray,
    *,
    class_names: tuple[str, ...],
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Divide images into splits, so that no cluster stands in two of them.

    Clusters are taken in random order, the large ones first; each goes to the split that lacks most of the cluster's classes.
    Clusters of about one size, to a factor of two, count as equal, so that ``seed`` decides among groups too. A split that still
    lacks a class then gets the smallest cluster with it that another split can spare.

    Parameters
    ----------
    labels : ``(n,)`` integers.
    clusters : ``(n,)`` integers; images with the same number stay together (see :func:`cluster_images`).
    class_names : for the words of an error.
    fractions : the share of the images that each split gets, in all 1.
    seed : source of the order.

    Returns
    -------
    dict : indices of each split, in rising order; where clusters hold several classes, a split may lack one of them.

    Raises
    ------
    DataError : a class has fewer clusters than there are splits, so that it cannot stand in all of them.

    Examples
    --------
    >>> parts = make_splits(np.repeat([0, 1], 10), np.arange(20), class_names=("a", "b"))
    >>> {name: len(indices) for name, indices in parts.items()}
    {'train': 14, 'val': 2, 'test': 4}
    """
    check_enough(labels, clusters, class_names, list(fractions))
    n_classes = len(class_names)
    _, cluster_of, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    contents = np.zeros((len(sizes), n_classes))
    np.add.at(contents, (cluster_of, labels), 1)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-np.log2(sizes[order]).astype(int), kind="stable")]
    homes = _distribute(contents, order, np.array(list(fractions.values())))
    while move := _move_into_gap(contents, homes, len(fractions)):
        cluster, home = move
        homes[cluster] = home
    return {name: np.flatnonzero(homes[cluster_of] == place) for place, name in enumerate(fractions)}


def _distribute(contents: np.ndarray, order: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return for each cluster ``(clusters,)`` the number of the split it goes to."""
    totals = contents.sum(axis=0)
    wanted = fractions[:, None] * totals
    # every class reaches every split where its clusters allow it
    missing = np.maximum(wanted, (totals > 0) * 1.0)
    homes = np.empty(len(contents), dtype=np.int64)
    for cluster in order:
        row = contents[cluster]
        lack = (missing / np.maximum(wanted, 1)) @ row
        home = int(np.lexsort((-missing @ row, -lack))[0])
        homes[cluster] = home
        missing[home] -= row
    return homes


def _move_into_gap(contents: np.ndarray, homes: np.ndarray, n_splits: int) -> tuple[int, int] | None:
    """Return the smallest cluster with a class that a split lacks, and that split; none whose home would then lack a class."""
    holds = contents > 0
    held = np.stack([holds[homes == split].sum(axis=0) for split in range(n_splits)])
    spare = ~(holds & (held[homes] == 1)).any(axis=1)
    for split, label in np.argwhere(held == 0):
        if len(able := np.flatnonzero(spare & holds[:, label])):
            return int(able[contents[able].sum(axis=1).argmin()]), int(split)
    return None


def check_enough(
    labels: np.ndarray, clusters: np.ndarray, class_names: tuple[str, ...], splits: list[str]
) -> None:
    """Refuse classes that cannot stand in all splits with a :class:`DataError`; arrays are those of :func:`make_splits`."""
    few = []
    for label, name in enumerate(class_names):
        of_class = labels == label
        images, different = int(of_class.sum()), len(np.unique(clusters[of_class]))
        if different < len(splits):
            alike = f", {different} if copies and groups count once" if different != images else ""
            few.append(f"class {name!r} has {count_words(images, 'image')}{alike}")
    if few:
        raise DataError(
            f"{listed(few)}: a split into {', '.join(splits[:-1])} and {splits[-1]} needs at least {len(splits)} of each "
            "class that are not copies and not of one group; add images, drop the class, or give a split column"
        )


def assign_folds(labels: np.ndarray, groups: np.ndarray, folds: int, *, seed: int) -> np.ndarray:
    """Return the fold of each image, ``(n,)``: groups whole, classes spread evenly.

    Parameters
    ----------
    labels : ``(n,)``.
    groups : ``(n,)`` integers.
    folds : number of folds.
    seed : source of the order in which groups are dealt out.

    Examples
    --------
    >>> assign_folds(np.array([0, 0, 0, 0, 1, 1]), np.array([7, 7, 8, 9, 1, 2]), 2, seed=0).tolist()[:2] in ([0, 0], [1, 1])
    True
    """
    _, first, unit = np.unique(groups, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(labels[first][order], kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % folds
    return fold[unit.ravel()]


def cluster_images(
    images: np.ndarray, groups: np.ndarray | None, places: np.ndarray | None = None
) -> np.ndarray:
    """Give each image a number, so that exact duplicates, and images of one group, bear one number.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``.
    groups : ``(n,)`` strings (patient, slide), or ``None``; an empty string is no group.
    places : ``(m,)``, of the images that are looked at; all if not given.

    Returns
    -------
    np.ndarray : ``(m,)``, ``int64``.
    """
    places = np.arange(len(images)) if places is None else places
    parents = np.arange(len(places))
    keys: dict[object, int] = {}
    for index, place in enumerate(places):
        marks: list[object] = [hashlib.sha256(np.ascontiguousarray(images[place]).tobytes()).digest()]
        if groups is not None and str(groups[place]):
            marks.append(str(groups[place]))
        for mark in marks:
            _join(parents, index, keys.setdefault(mark, index))
    return np.array([_root(parents, index) for index in range(len(parents))], dtype=np.int64)


def _root(parents: np.ndarray, index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = int(parents[index])
    return index


def _join(parents: np.ndarray, first: int, second: int) -> None:
    parents[_root(parents, first)] = _root(parents, second)
