"""`predict`: new images in, probabilities out, with the preprocessing of the training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np

from giemsa.data.allocator import memory_for_reading
from giemsa.data.blocks import blocks
from giemsa.data.depth import agree, common_levels, tell_coarse, tell_levels
from giemsa.data.files import image_files
from giemsa.data.fitting import Fit, ImageForm, tell_other_size
from giemsa.data.images import FileImages, read_images
from giemsa.errors import ModelError
from giemsa.progress import Progress
from giemsa.training.run import Run, as_run

AT_ONCE = 2**26 // 28**2  # images of 28 pixels that are read before they are predicted: 0.2 GB in colour


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
    skip_bad : leave unreadable files out, which then have no row; without it the first one is an error. Which were left out, and
        the file of each row, tells :func:`predict_files`.
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
        return predict_files(run, images, views=views, skip_bad=skip_bad, progress=progress).probabilities
    return run.classifier.probabilities(images, views=views, progress=progress)


def predict_files(
    run: Run | str | Path,
    images: str | Path | Sequence[str | Path],
    *,
    views: int = 1,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Predictions:
    """Return probabilities for image files and folders of them, of which few are in memory at a time.

    Parameters and errors are as for :func:`predict`.
    """
    run = as_run(run)
    preprocessing = run.classifier.preprocessing
    height, width, channels = preprocessing.image_shape
    fit = cast(Fit, preprocessing.fit)
    form = ImageForm(height, width, channels, fit, preprocessing.source_geometry, preprocessing.white)
    paths, passed_over = image_files(_as_paths(images))
    parts = list(blocks(len(paths), (height, width), at_28=AT_ONCE)) or [slice(0, 0)]

    def answer(part: slice, form: ImageForm) -> tuple[FileImages, np.ndarray]:
        told = _of_the_whole(progress, part.start, len(paths))
        with memory_for_reading(preprocessing.image_shape):
            read = read_images(paths[part], form, skip_bad=skip_bad, progress=told)
        probabilities = run.classifier.probabilities(read.images, views=views, progress=told)
        return replace(read, images=read.images[:0].copy()), probabilities

    answers = [answer(part, form) for part in parts]
    white = common_levels(read.white for read, _ in answers)
    for number, (read, _) in enumerate(answers):
        if not agree(read.white, white):  # a part takes its own level for that of all
            answers[number] = answer(parts[number], replace(form, white=white))
    reads, probabilities = zip(*answers, strict=True)
    return Predictions(
        paths=tuple(str(path) for read in reads for path in read.paths),
        probabilities=np.concatenate(probabilities),
        class_names=run.classifier.class_names,
        notes=(*_notes(reads, form, run.config["data"].get("file_size", ())), *passed_over),
        skipped=tuple(chain.from_iterable(read.skipped for read in reads)),
    )


def _as_paths(images: object) -> list[str | Path]:
    """Return one path or several as a list; what holds no paths is refused."""
    paths: list[Any] = (
        list(images) if isinstance(images, Iterable) and not isinstance(images, str) else [images]
    )
    if not all(isinstance(path, str | Path) for path in paths):
        raise ModelError(
            f"a {type(images).__name__} of this kind cannot be predicted: give images as one uint8 array (n, height, width, "
            "channels), such as np.stack(images), or as paths"
        )
    return paths


def _of_the_whole(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Return what tells of a part's progress as of that of all."""
    return progress and (lambda done, _, words: progress(before + done, total, words))


def _notes(reads: Sequence[FileImages], form: ImageForm, usual: Sequence[int]) -> Iterator[str]:
    heights, widths = (np.concatenate([read.facts[side] for read in reads]) for side in ("height", "width"))
    if told := tell_other_size(heights, widths, usual):
        yield told
    cropped = sum(read.cropped for read in reads)
    if cropped and form.geometry:
        crop = form.geometry.crop
        yield (
            f"{cropped} of {sum(len(read.paths) for read in reads)} images are original photographs of "
            f"{form.geometry.width}x{form.geometry.height} pixels: their central {crop}x{crop} was taken "
            "and resized, as the training images were"
        )
    white = common_levels(read.white for read in reads)
    if white != form.white:
        yield f"{tell_levels(white)} The training had no such files: these images themselves say so."
    if told := tell_coarse([brightest for read in reads for brightest in read.coarse]):
        yield told
