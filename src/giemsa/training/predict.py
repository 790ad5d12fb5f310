"""`predict`: new images in, probabilities out, with the preprocessing of the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from giemsa.training.classifier import Progress
from giemsa.training.run import Run, open_run


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities for image files.

    Parameters
    ----------
    paths : the ``n`` files, in order.
    probabilities : ``(n, n_classes)``, ``float64``; each row sums to one.
    class_names : one a column.
    notes : sentences that the user should know, such as how the images were cropped and which were left out.
    """

    paths: tuple[str, ...]
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def predict(
    run: Run | str | Path,
    images: np.ndarray | str | Path | Sequence[str | Path],
    *,
    views: int = 1,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> np.ndarray:
    """Return the probability of each class for new images.

    Parameters
    ----------
    run : a run, or its folder.
    images : ``uint8`` arrays ``(n, height, width, channels)`` of the network's shape, or image files, or folders of them.
    views : 1, or more to average over the views that the images' symmetry allows (2 or 8).
    skip_bad : leave unreadable files out; without it the first one is an error.
    progress : called with images done, images in all, and a word.

    Returns
    -------
    np.ndarray : ``(n, n_classes)``, ``float64``, in the order of ``run.classifier.class_names``; each row sums to one.

    Raises
    ------
    ImageFileError : a file cannot be read.
    ModelError : the images do not fit the network.
    """
    run = run if isinstance(run, Run) else open_run(run)
    if not isinstance(images, np.ndarray):
        paths = [images] if isinstance(images, str | Path) else list(images)
        return predict_files(run, paths, views=views, skip_bad=skip_bad, progress=progress).probabilities
    return run.classifier.probabilities(images, views=views, progress=progress)
