"""Exercise: what does the network see in a cell?

The learner marks the pixels on which the network is believed to rely. The check covers them and watches the probability fall,
then does the same with the marked area moved to every other place of the image (of a large image, to a grid of places). Who has
found what the network uses does better than nearly all of these places; that is the test by deletion, with the mask's own shifts
as the control. A mask of a cell near the middle does so even with rows and columns exchanged, so it is held against that too.

References
----------
Samek et al., Evaluating the visualization of what a deep neural network has learned, IEEE TNNLS 28 (2017), section
III-B (deletion).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from giemsa.teaching.feedback import NOTHING_YET, Feedback, Line, as_array, is_blank, missing, remark, right

LARGEST_SHARE = 0.2
BETTER_THAN = 0.9
LEAST_FALL = 0.05
CLEARLY_MORE = 1.05
MOST_PLACES = 32  # along a side
AT_A_TIME = 128
_TITLE = "what does the network see?"


def check_mask(
    answer: object, image: np.ndarray, label: int, probabilities: Callable[[np.ndarray], np.ndarray]
) -> Feedback:
    """Check that the marked pixels are ones on which the network relies.

    Parameters
    ----------
    answer : ``(height, width)`` booleans, true on at most a fifth of the image.
    image : ``(height, width, channels)``, ``uint8``.
    label : the class whose probability is watched.
    probabilities : from ``uint8`` images ``(n, height, width, channels)`` to ``(n, classes)``, such as
        ``classifier.probabilities``.

    Returns
    -------
    Feedback : true when covering the marked pixels lowers the probability by at least .05, and more than nine in ten shifts of
        the same mask do, unless the mask with rows and columns exchanged hides clearly more of what is seen and lowers it more.
    """
    if is_blank(answer):
        return Feedback(_TITLE, (NOTHING_YET,))
    mask = as_array(answer)
    if mask is None or not mask.ndim:
        return Feedback(_TITLE, (missing("true or false for each pixel is asked for"),))
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[:, :, 0]
    problem = _wrong_mask(mask, image.shape[:2])
    if problem:
        return Feedback(_TITLE, (missing(problem),))
    return Feedback.gather(_TITLE, _judge(mask.astype(bool), image, label, probabilities))


def _wrong_mask(mask: np.ndarray, shape: tuple[int, ...]) -> str:
    if mask.shape != shape:
        return f"one value a pixel is asked for, of shape {shape}; yours has the shape {mask.shape}"
    if not np.isin(mask, (0, 1)).all():
        return "true and false are asked for (compare your map with a number), other values came"
    largest, marked = int(LARGEST_SHARE * mask.size), int(mask.sum())
    if not marked:
        return "no pixel is marked"
    if marked > largest:
        return f"{marked} pixels are marked, at most {largest} (a fifth of the image) are allowed: choose the most important"
    return ""


def cover(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return ``image`` ``(height, width, channels)`` with the marked pixels painted in the median colour of its border.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((3, 3, 1), 200, dtype=np.uint8)
    >>> image[1, 1] = 10
    >>> int(cover(image, image[:, :, 0] < 100)[1, 1, 0])
    200
    """
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    covered = image.copy()
    covered[mask] = np.median(border, axis=0).astype(image.dtype)
    return covered


def _judge(
    mask: np.ndarray, image: np.ndarray, label: int, probabilities: Callable[[np.ndarray], np.ndarray]
) -> Iterator[Line]:
    whole = float(probabilities(image[None])[0, label])
    remaining = _remaining(mask, image, label, probabilities)
    beaten = float(np.mean(remaining[0] < remaining[1:]))
    yield right(f"{int(mask.sum())} pixels are marked")
    told = f"covering them moves the probability from {whole:.2f} to {remaining[0]:.2f}"
    rank = f"of all other places for the same shape, {100 * beaten:.0f} % do less"
    if remaining[0] > whole - LEAST_FALL:
        yield missing(f"{told}: the network does not rely on these pixels")
    elif beaten < BETTER_THAN:
        yield missing(
            f"{told}; {rank}, {100 * BETTER_THAN:.0f} % are asked for: there are places that matter more"
        )
    else:
        yield from _judge_exchanged(
            mask, image, float(remaining[0]), lambda shown: probabilities(shown)[:, label]
        )
        yield right(f"{told}; {rank}")
        yield remark("one image is one image: does the same hold for the next neutrophil?")


def _judge_exchanged(
    mask: np.ndarray, image: np.ndarray, remaining: float, probability: Callable[[np.ndarray], np.ndarray]
) -> Iterator[Line]:
    """Say where the mask hides clearly more of what is seen once its rows and columns are exchanged."""
    hidden, exchanged = cover(image, mask), cover(image, mask.T) if mask.shape == mask.T.shape else image
    if _difference(image, exchanged) <= CLEARLY_MORE * _difference(image, hidden):
        return
    words = "with rows and columns exchanged, your mask hides more of the cell"
    if probability(exchanged[None])[0] < remaining:
        yield missing(
            f"{words}, and the probability falls further: is it mask[row, column], the rows from above?"
        )
    else:
        yield remark(f"{words}: draw it with plt.imshow(mask) and see whether it lies where you meant it")


def _difference(image: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(image.astype(np.float64) - other).sum())


def _remaining(
    mask: np.ndarray, image: np.ndarray, label: int, probabilities: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return the probability that remains with the mask where it is, and then at each of the other places."""
    downs, acrosses = (range(0, side, -(-side // MOST_PLACES)) for side in mask.shape)
    moves = [(down, across) for down in downs for across in acrosses]
    parts = []
    for start in range(0, len(moves), AT_A_TIME):
        shifts = moves[start : start + AT_A_TIME]
        covered = np.stack([cover(image, np.roll(mask, shift, axis=(0, 1))) for shift in shifts])
        parts.append(probabilities(covered)[:, label])
    return np.concatenate(parts)
