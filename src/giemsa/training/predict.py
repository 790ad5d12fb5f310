"""`predict`: new images in, probabilities out, with the preprocessing of the training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from giemsa.training.classifier import Progress
from giemsa.training.run import Run, open_run


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
        images, _ = read_for(run, images, skip_bad=skip_bad)
    return run.classifier.probabilities(images, views=views, progress=progress)
