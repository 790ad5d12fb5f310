"""`predict`: new images in, probabilities out, with the preprocessing of the training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from giemsa.data.depth import tell_coarse, tell_levels
from giemsa.data.files import image_files
from giemsa.data.images import FileImages, Fit, ImageForm, read_images
from giemsa.progress import Progress
from giemsa.training.run import Run, as_run


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities for image files.

    Parameters
    ----------
    paths : the ``n`` files, in order.
    probabilities : ``(n, n_classes)``, ``float64``; each row sums to one.
    class_names : one a column.
    notes : sentences that the user should know, such as how the images were cropped.
    skipped : files left out, with the reason.
    """

    paths: tuple[str, ...]
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


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
    ImageFileError : a file cannot be read, or is in colour where the network takes greyscale.
    ModelError : the arrays do not fit the network.
    """
    run = as_run(run)
    if not isinstance(images, np.ndarray):
        paths = [images] if isinstance(images, str | Path) else list(images)
        return predict_files(run, paths, views=views, skip_bad=skip_bad, progress=progress).probabilities
    return run.classifier.probabilities(images, views=views, progress=progress)


def predict_files(
    run: Run | str | Path,
    images: Sequence[str | Path],
    *,
    views: int = 1,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Predictions:
    """Return probabilities for image files and folders of them; parameters and errors as for :func:`predict`."""
    run = as_run(run)
    preprocessing = run.classifier.preprocessing
    height, width, channels = preprocessing.image_shape
    fit = cast(Fit, preprocessing.fit)
    form = ImageForm(height, width, channels, fit, preprocessing.source_geometry, preprocessing.white)
    paths, passed_over = image_files(images)
    read = read_images(paths, form, skip_bad=skip_bad, progress=progress)
    probabilities = run.classifier.probabilities(read.images, views=views, progress=progress)
    names = tuple(str(path) for path in read.paths)
    notes = (*_notes(read, form), *passed_over)
    return Predictions(names, probabilities, run.classifier.class_names, notes, read.skipped)


def _notes(read: FileImages, form: ImageForm) -> Iterator[str]:
    if read.cropped and form.geometry:
        crop = form.geometry.crop
        yield (
            f"{read.cropped} of {len(read.paths)} images are original photographs of "
            f"{form.geometry.width}x{form.geometry.height} pixels: their central {crop}x{crop} was taken "
            "and resized, as the training images were"
        )
    if read.white != form.white:
        yield f"{tell_levels(read.white)} The training had no such files: these images themselves say so."
    if told := tell_coarse(read.coarse):
        yield told
