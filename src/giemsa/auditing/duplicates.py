"""Duplicates: the same image twice, turned, mirrored, shifted, compressed, brightened or rescaled, in groups and across splits.

Exact ones are found by what cannot differ between them (sums of pixels) and then by hash; near ones by the correlation of
whitened crops, with candidates from random projection trees.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from giemsa.auditing.forest import near_pairs
from giemsa.auditing.spectra import (
    SHIFTS,
    Whitening,
    best_view_similarity,
    contrasts,
    grey_squares,
    learn_whitening,
)
from giemsa.auditing.stacked_images import Images
from giemsa.data.blocks import blocks

KINDS = ("same pixels", "turned or mirrored", "nearly the same")
SIMILARITY = 0.965
TREES = 8
LEAST_CONTRAST = 2.0  # standard deviation in grey levels below which an image has nothing to compare
_CROPS = SHIFTS**2


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Pairs of duplicates, and the groups that they make.

    Parameters
    ----------
    pairs : ``(m, 2)`` places of two images, the lower first; of an exact group each member with its first only.
    kinds : ``(m,)`` places in ``KINDS``.
    similarities : ``(m,)`` correlation of the whitened images, 1 for exact ones.
    groups : ``(n,)`` number of the group of each image; an image without a duplicate has one of its own.
    """

    pairs: np.ndarray
    kinds: np.ndarray
    similarities: np.ndarray
    groups: np.ndarray

    def members(self) -> list[np.ndarray]:
        """Return the places of the images of each group of two or more, the largest group first."""
        order = np.argsort(self.groups, kind="stable")
        starts = np.flatnonzero(np.diff(self.groups[order], prepend=-1))
        parts = [part for part in np.split(order, starts[1:]) if len(part) > 1]
        return sorted(parts, key=lambda part: (-len(part), int(part[0])))


def find_duplicates(images: Images, *, near: bool = True, seed: int = 0) -> Duplicates:
    """Find exact and near duplicates among images.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``; may be memory-mapped.
    near : also look for turned, mirrored and near ones; without it only the same pixels.
    seed : source of the random projections.

    Returns
    -------
    Duplicates : pairs, kinds and groups. An image with next to no contrast is compared by its pixels alone.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), dtype=np.uint8)
    >>> images[4] = images[1][::-1]
    >>> find_duplicates(images).pairs.tolist()
    [[1, 4]]
    """
    exact = exact_pairs(images)
    found = [(exact, 0, np.ones(len(exact)))]
    if near:
        alone = _first_of_each(len(images), exact)
        turned = exact_pairs(images, alone, turned=True)
        found.append((turned, 1, np.ones(len(turned))))
        alone = _first_of_each(len(images), np.concatenate([exact, turned]))
        pairs, similarities = near_duplicate_pairs(images, alone, seed=seed)
        found.append((pairs, 2, similarities))
    pairs = np.concatenate([pair.reshape(-1, 2) for pair, _, _ in found])
    kinds = np.concatenate([np.full(len(pair), kind) for pair, kind, _ in found])
    similarities = np.concatenate([similarity for _, _, similarity in found])
    return Duplicates(pairs, kinds, similarities, connected_groups(len(images), pairs))


def exact_pairs(images: Images, places: np.ndarray | None = None, *, turned: bool = False) -> np.ndarray:
    """Return the pairs of images with the same pixels, each with the first of its kind, ``(m, 2)``.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``.
    places : ``(m,)`` which of them to compare, in order; all if not given.
    turned : let also those count whose pixels are the same after quarter turns and mirroring.
    """
    suspects = _same_sums(images, np.arange(len(images)) if places is None else places)
    digests: dict[bytes, int] = {}
    pairs = []
    for place in suspects.tolist():
        first = digests.setdefault(_digest(images[place], turned), place)
        if first != place:
            pairs.append((first, place))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _same_sums(images: Images, places: np.ndarray) -> np.ndarray:
    """Return those of ``places`` whose sums of pixels and of squares, channel by channel, another of them shares."""
    if not len(places):
        return places
    sums = np.empty((len(places), 2, images.shape[-1]), dtype=np.int64)
    for part in blocks(len(places), images.shape[1:3]):
        block = images[places[part]].astype(np.int32)
        sums[part, 0] = block.sum(axis=(1, 2))
        sums[part, 1] = np.einsum("nhwc,nhwc->nc", block, block, dtype=np.int64)
    _, which, counts = np.unique(
        sums.reshape(len(places), -1), axis=0, return_inverse=True, return_counts=True
    )
    return places[counts[which.ravel()] > 1]


def _digest(image: np.ndarray, turned: bool) -> bytes:
    views = [image]
    if turned:
        views = [np.rot90(mirrored, turn) for mirrored in (image, image[:, ::-1]) for turn in range(4)]
    return min(
        hashlib.blake2b(
            str(view.shape).encode() + np.ascontiguousarray(view).tobytes(), digest_size=16
        ).digest()
        for view in views
    )


def _first_of_each(n: int, pairs: np.ndarray) -> np.ndarray:
    alone = np.ones(n, dtype=bool)
    alone[pairs[:, 1]] = False
    return np.flatnonzero(alone)


def near_duplicate_pairs(
    images: Images,
    places: np.ndarray,
    *,
    threshold: float = SIMILARITY,
    trees: int = TREES,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs whose whitened crops correlate by at least ``threshold`` in one of the eight views.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, ``uint8``.
    places : ``(m,)`` which of them to compare.
    threshold : lowest correlation of a pair. Over BloodMNIST unrelated cells reach 0.93, copies seldom fall below 0.97.
    trees : random projection trees by which candidates are found.
    seed : source of the projections.

    Returns
    -------
    tuple of np.ndarray : pairs ``(p, 2)`` of places, the lower first, in order; and their correlations ``(p,)``.
    """
    squares = grey_squares(images)
    contrast = contrasts(squares)
    places = places[contrast[places] >= LEAST_CONTRAST]
    if len(places) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    squares = squares[places]
    whitening = learn_whitening(squares)
    candidates = near_pairs(
        whitening.descriptors(squares),
        radius=float(np.sqrt(2 * (1 - threshold))),
        trees=trees,
        owners=np.repeat(np.arange(len(places)), _CROPS),
        generator=np.random.default_rng(seed),
    )
    keys, values = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for left, right in candidates:
        similarity = _similarity(squares, whitening, left, right)
        good = similarity >= threshold
        keys.append((left[good] // _CROPS) * len(places) + right[good] // _CROPS)
        values.append(similarity[good])
    pairs, best = _best_of_each(np.concatenate(keys), np.concatenate(values))
    return places[np.stack(np.divmod(pairs, len(places)), axis=1)], best


def _similarity(squares: np.ndarray, whitening: Whitening, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the best correlation over the views of pairs of crops, each given as image times nine plus crop."""
    result = np.empty(len(left))
    for start in range(0, len(left), 4096):
        part = slice(start, start + 4096)
        crops, where = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        coefficients = whitening.single_crops(squares[crops // _CROPS], crops % _CROPS)
        result[part] = best_view_similarity(*(coefficients[side] for side in np.split(where, 2)))
    return result


def _best_of_each(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each key once, in order, with the highest of its values."""
    order = np.lexsort((-values, keys))
    unique, first = np.unique(keys[order], return_index=True)
    return unique, np.minimum(values[order][first], 1.0)


def connected_groups(n: int, pairs: np.ndarray) -> np.ndarray:
    """Return the number of the group of each of ``n`` images, ``(n,)``, where ``pairs`` ``(m, 2)`` hold together."""
    links = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)
