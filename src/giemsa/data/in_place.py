"""Images in another order without a second copy of them all: what is large is moved within its own memory."""

from __future__ import annotations

import numpy as np


def take_in_place(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return ``images[places]`` as a view, after moving the images; those that are not taken lie behind it.

    Parameters
    ----------
    images : ``(n, ...)``, changed.
    places : ``(m,)``, each at most once.

    Examples
    --------
    >>> take_in_place(np.array([10, 11, 12, 13]), np.array([2, 0, 3])).tolist()
    [12, 10, 13]
    """
    left_over = np.setdiff1d(np.arange(len(images)), places)
    source = np.concatenate([np.asarray(places, dtype=np.int64), left_over]).tolist()
    moved = [place == comes_from for place, comes_from in enumerate(source)]
    for first in range(len(source)):
        if moved[first]:
            continue
        held, place = images[first].copy(), first
        while (
            source[place] != first
        ):  # around a cycle of images, each of which takes the place of the one before
            images[place] = images[source[place]]
            moved[place], place = True, source[place]
        images[place], moved[place] = held, True
    return images[: len(places)]
