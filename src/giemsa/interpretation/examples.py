"""By example: the training images that lie next to an image in the network's features, the prototypes of each class, the oddest.

Distances are one minus the cosine between features, so that the length of a feature vector, which grows with contrast, does not
count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest training images of each query.

    Parameters
    ----------
    indices : ``(n, k)``, int64, places in the training split, the nearest first.
    distances : ``(n, k)``, one minus the cosine, 0 to 2.
    """

    indices: np.ndarray
    distances: np.ndarray


@dataclass(frozen=True, eq=False)
class ClassExamples:
    """Examples of one class.

    Parameters
    ----------
    label : the class.
    prototypes : ``(k,)``, places of the images nearest to the class's mean direction, the nearest first.
    oddest : ``(k,)``, places of the images furthest from it, the furthest first.
    """

    label: int
    prototypes: np.ndarray
    oddest: np.ndarray


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Return the rows at length one, float64; a row of zeros stays."""
    rows = np.asarray(features, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def nearest_images(train_features: np.ndarray, features: np.ndarray, *, count: int = 5) -> Neighbours:
    """Find the training images whose features point the most nearly the same way.

    Parameters
    ----------
    train_features : ``(m, d)``.
    features : ``(n, d)``, of the images asked about.
    count : neighbours of each, at most ``m``.

    Returns
    -------
    Neighbours

    Examples
    --------
    >>> nearest_images(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.1, 3.0]]), count=1).indices
    array([[1]])
    """
    distances = 1 - unit_rows(features) @ unit_rows(train_features).T
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return Neighbours(order.astype(np.int64), np.take_along_axis(distances, order, axis=1))


def class_examples(
    features: np.ndarray, labels: np.ndarray, n_classes: int, *, count: int = 5
) -> tuple[ClassExamples, ...]:
    """Find the prototypes and the oddest images of each class.

    Parameters
    ----------
    features : ``(n, d)``.
    labels : ``(n,)``, 0 to ``n_classes`` - 1; a class without images gets empty arrays.
    count : how many of each.

    Returns
    -------
    tuple of ClassExamples : one a class.
    """
    rows = unit_rows(features)
    found = []
    for label in range(n_classes):
        members = np.flatnonzero(labels == label)
        distances = 1 - rows[members] @ unit_rows(rows[members].sum(axis=0, keepdims=True))[0]
        order = members[np.argsort(distances, kind="stable")]
        found.append(ClassExamples(label, order[:count], order[::-1][:count]))
    return tuple(found)
