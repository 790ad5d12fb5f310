"""Exercise: from the probabilities of the classes to one predicted label an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from giemsa.teaching.feedback import NOTHING_YET, Feedback, Line, as_array, is_blank, missing, remark, right

_TITLE = "predictions from probabilities"


def check_predictions(
    answer: object, probabilities: np.ndarray, *, class_names: Sequence[str] = ()
) -> Feedback:
    """Check that each image got the label of its most probable class.

    Parameters
    ----------
    answer : ``(n,)`` labels or class names, as an array, a tensor, a list or a pandas ``Series``; where two classes are equally
        probable either is right.
    probabilities : ``(n, classes)``, what was to be turned into labels.
    class_names : one a class, where names are answers too.

    Returns
    -------
    Feedback : true when every image has a most probable label.

    Examples
    --------
    >>> import numpy as np
    >>> check_predictions([1, 0], np.array([[0.2, 0.8], [0.9, 0.1]]))
    predictions from probabilities: done, well done!
      ✓ one prediction for each of the 2 images
      ✓ each image has its most probable class
    """
    if is_blank(answer):
        return Feedback(_TITLE, (NOTHING_YET,))
    probabilities = np.asarray(probabilities, dtype=np.float64)
    given = as_array(answer)
    if given is None:
        return Feedback(_TITLE, (missing("one label an image is asked for; this is no row of labels"),))
    return Feedback.gather(_TITLE, _judge(given, probabilities, list(class_names)))


def _judge(given: np.ndarray, probabilities: np.ndarray, class_names: list[str]) -> Iterator[Line]:
    n_images, n_classes = probabilities.shape
    problem = _wrong_shape(given, n_images, n_classes)
    if problem:
        yield missing(problem)
        return
    given = given.ravel()
    yield right(f"one prediction for each of the {n_images:,} images")
    if given.dtype.kind in "UOT" and all(str(name).isdigit() for name in given):
        given = given.astype(np.int64)
        yield remark("you give words that read like numbers; int(...) makes numbers of them")
    elif given.dtype.kind in "UOT":
        unknown = sorted({str(name) for name in given} - set(class_names))
        if unknown:
            yield missing(f"no class is called {unknown[0]!r}")
            return
        given = np.array([class_names.index(str(name)) for name in given])
        yield remark("you give names: good to read; scores are computed from labels")
    yield from _judge_labels(given, probabilities)


def _wrong_shape(given: np.ndarray, n_images: int, n_classes: int) -> str:
    if given.dtype.kind not in "biufUOT" or (given.dtype.kind == "O" and not given.ndim):
        return "labels are asked for, one an image; this is no row of numbers or names"
    if given.shape == (n_images, n_classes) and n_classes > 1:
        return f"there are still {n_classes} numbers an image; one is asked for: the label of the most probable class"
    if given.size == n_images and given.ndim <= 2:
        return ""
    if given.shape == (2, n_images):
        return "there are two numbers an image: the highest probability and the place where it stands; keep the place"
    if given.shape == (n_classes,):
        return (
            "there is one number a class: you looked down the columns (axis 0), along each row is asked for"
        )
    if given.size == 1:
        return "there is a single number for all images; one an image is asked for, so look along each row"
    return f"there are {n_images:,} images, and your answer has the shape {given.shape}"


def _judge_labels(given: np.ndarray, probabilities: np.ndarray) -> Iterator[Line]:
    n_classes = probabilities.shape[1]
    highest = probabilities.max(axis=1)
    if _are_labels(given, n_classes):
        chosen = probabilities[np.arange(len(given)), given.astype(np.int64)]
        wrong = int((chosen < highest).sum())
        if not wrong:
            yield right("each image has its most probable class")
        elif np.array_equal(chosen, probabilities.min(axis=1)):
            yield missing("these are the least probable classes")
        else:
            yield missing(
                f"{wrong:,} of {len(given):,} images have a class that is not their most probable one"
            )
    elif np.allclose(given.astype(np.float64), highest, atol=1e-3):
        yield missing(
            "these are the highest probabilities themselves; the place where each stands is asked for"
        )
    elif _are_labels(given.astype(np.float64) - 1, n_classes):
        yield missing(
            f"labels run from 0 to {n_classes - 1}, yours reach {int(given.max())}: do you count from 1?"
        )
    else:
        yield missing(
            f"labels are whole numbers from 0 to {n_classes - 1}; yours run from {given.min()} to {given.max()}"
        )


def _are_labels(given: np.ndarray, n_classes: int) -> bool:
    return bool(np.all((given == np.floor(given)) & (given >= 0) & (given < n_classes)))
