"""`audit`: is this data fit to learn from? Every check in order, and what they found, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.auditing.duplicates import Duplicates, connected_groups, find_duplicates
from giemsa.auditing.findings import Finding, worst_first
from giemsa.auditing.image_quality import ImageQuality, find_outliers, judge_images
from giemsa.auditing.label_errors import find_label_errors
from giemsa.auditing.learning_curve import LearningCurve, extrapolate
from giemsa.auditing.pool import Pool
from giemsa.auditing.report import AuditReport, AuditResults, Labels, Outliers
from giemsa.auditing.shortcuts import check_shortcuts
from giemsa.auditing.splits import SplitCheck, check_splits
from giemsa.auditing.surroundings import (
    BACKGROUND,
    COLOUR,
    FACTS,
    border_features,
    colour_features,
    fact_features,
)
from giemsa.auditing.telling_images import (
    tell_duplicates,
    tell_groups,
    tell_outliers,
    tell_quality,
    tell_sizes,
    tell_skipped,
)
from giemsa.auditing.telling_labels import (
    tell_colour,
    tell_label_errors,
    tell_learning_curve,
    tell_shortcut,
    tell_splits,
    tell_unjudged,
)
from giemsa.data.dataset import ImageDataset
from giemsa.data.load import as_dataset
from giemsa.errors import DataError, GiemsaError
from giemsa.progress import Progress
from giemsa.seeds import derive_seed
from giemsa.wording import count_words

if TYPE_CHECKING:
    from giemsa.auditing.out_of_fold import OutOfFold
    from giemsa.training.run import Run

FOLDS = 3
EPOCHS = {"short": 2, "thorough": 8}
LEAST_SIZES = 3  # different numbers of images through which a learning curve is drawn: one patient may own nearly all of train
LEAST_TRAINED = 30  # images in train below which no network is asked


def audit(
    data: ImageDataset | str | Path,
    *,
    quick: bool = False,
    thorough: bool = False,
    seed: int = 0,
    device: str = "auto",
    run: Run | str | Path | None = None,
    progress: Progress | None = None,
) -> AuditReport:
    """Find what would make a result on this data worthless.

    Looks for duplicates and leakage, wrong labels, bad images, shortcuts, unfit splits, and asks whether more images would
    help. Labels are judged by short trainings in which each image of train is held out once; val and test are never learnt from.

    Parameters
    ----------
    data : a data set, or what :func:`giemsa.load` takes.
    quick : train nothing: no label errors, and outliers by their pixels alone.
    thorough : longer trainings, outliers by a network's features in place of simple measures, and a learning curve.
    seed : source of every random choice, but for a split that giemsa makes: that is ``load``'s own.
    device : ``auto``, ``cpu``, ``cuda`` or ``mps``, for the trainings.
    run : a run on this data, or its folder, into which the report is written.
    progress : called with what is done, what there is, and words.

    Returns
    -------
    AuditReport : findings, worst first; ``flagged`` is a table of all images concerned.

    Raises
    ------
    DataError : no images at all.
    RunError : ``run`` is no run folder.

    Examples
    --------
    >>> import giemsa
    >>> report = giemsa.audit("bloodmnist", quick=True)  # doctest: +SKIP
    """
    folder = None
    if run is not None:
        from giemsa.training.run import as_run

        folder = as_run(run).folder
    data = as_dataset(data, progress=progress)
    pool = Pool(data)
    if not len(pool):
        raise DataError(f"{data.name} has no images: there is nothing to audit")
    level = "quick" if quick else "thorough" if thorough else "short"
    results = _look(pool, level, seed, device, progress)
    report = AuditReport(pool, level, worst_first(_tell(pool, results)), results)
    if folder is not None:
        report.save(folder)
    return report


def _look(pool: Pool, level: str, seed: int, device: str, progress: Progress | None) -> AuditResults:
    """Make every check of this level."""
    tell = progress or (lambda done, total, words: None)
    tell(0, 5, "duplicates")
    duplicates = find_duplicates(pool.images, seed=derive_seed(seed, "duplicates"))
    units = _units(pool, duplicates)
    tell(1, 5, "bad images")
    quality = judge_images(pool.images)
    tell(2, 5, "shortcuts")
    border, colour = border_features(pool.images), colour_features(pool.images)
    tables = {BACKGROUND: border, FACTS: fact_features(pool.columns), COLOUR: colour}
    n_classes, draws = len(pool.data.class_names), derive_seed(seed, "shortcuts")
    checks = {
        where: check_shortcuts(table, pool.labels, n_classes, groups=units, seed=draws)
        for where, table in tables.items()
    }
    tell(3, 5, "splits")
    splits = _compare_splits(pool, units, quality, colour)
    tell(4, 5, "networks")
    judged, curve, trouble = _ask_networks(pool, units, level, (seed, device, progress))
    plain = np.stack([*colour.values(), *border.values(), quality.measures["sharpness"]], axis=1)
    outliers = _find_outliers(plain, judged, derive_seed(seed, "outliers"))
    labels = None
    if judged is not None:
        errors = find_label_errors(pool.labels, judged.probabilities, judged=judged.judged)
        units_of_class = _count_units(pool, units)
        labels = Labels(errors, judged.probabilities, judged.judged, judged.folds, units_of_class)
    return AuditResults(duplicates, quality, outliers, checks, splits, labels, curve, trouble)


def _units(pool: Pool, duplicates: Duplicates) -> np.ndarray:
    """Return a number for each image, ``(n,)``: the same for duplicates and for images of one patient."""
    if pool.groups is None:
        return duplicates.groups
    _, first, which = np.unique(pool.groups, return_index=True, return_inverse=True)
    same_patient = np.stack([first[which.ravel()], np.arange(len(pool))], axis=1)
    return connected_groups(len(pool), np.concatenate([duplicates.pairs, same_patient]))


def _count_units(pool: Pool, units: np.ndarray) -> np.ndarray:
    """Return in how many ``units`` ``(n,)`` of train each class has images, ``(classes,)``."""
    in_train = pool.split_of == 0
    labels, _ = np.unique(np.stack([pool.labels[in_train], units[in_train]]), axis=1)
    return np.bincount(labels, minlength=len(pool.data.class_names))


def _find_outliers(plain: np.ndarray, judged: OutOfFold | None, seed: int) -> Outliers:
    """Look for them in a network's features, or, where none was asked for them, in plain measures ``(n, d)``."""
    if judged is None or judged.features is None:
        return Outliers(*find_outliers(plain, seed=seed), "simple measures of colour and sharpness")
    return Outliers(*find_outliers(judged.features, seed=seed), "a network's features")


def _compare_splits(
    pool: Pool, units: np.ndarray, quality: ImageQuality, colour: Mapping[str, np.ndarray]
) -> SplitCheck:
    measures = {name: quality.measures[name] for name in ("brightness", "contrast", "sharpness")}
    measures |= {name: values for name, values in colour.items() if "tint" in name}
    return check_splits(
        pool.by_split(pool.labels),
        {name: pool.by_split(values) for name, values in measures.items()},
        len(pool.data.class_names),
        groups=pool.by_split(units),
    )


def _ask_networks(
    pool: Pool, units: np.ndarray, level: str, how: tuple[int, str, Progress | None]
) -> tuple[OutOfFold | None, LearningCurve | None, str]:
    """Return what held-out networks say, the learning curve, and why there is none of them."""
    seed, device, progress = how
    n_train = len(pool.data.train)
    if hindrance := _hindrance(level, n_train, _count_units(pool, units)):
        return None, None, hindrance
    from giemsa.auditing.out_of_fold import measure_learning_curve, predict_out_of_fold

    shared: dict[str, Any] = {"seed": seed, "device": device, "progress": progress}
    lengths: dict[str, Any] = {"folds": FOLDS, "epochs": EPOCHS[level]}
    thorough, curve = level == "thorough", None
    try:
        judged = predict_out_of_fold(pool, units, with_features=thorough, **lengths, **shared)
        if thorough:
            sizes, errors, held_out = measure_learning_curve(pool, units, **shared)
            if len(np.unique(sizes)) >= LEAST_SIZES:
                curve = extrapolate(sizes, errors, held_out=held_out, now=n_train, seed=seed)
    except GiemsaError as trouble:
        return None, None, f"Labels were not judged, because the training was not possible: {trouble}"
    return judged, curve, ""


def _hindrance(level: str, n_train: int, units_of_class: np.ndarray) -> str:
    """Say why no network is asked of so many training images, in ``(classes,)`` units; nothing if there is no reason."""
    if level == "quick":
        return "Labels were not judged and no learning curve drawn, since that needs training (quick)."
    large = int((units_of_class >= FOLDS).sum())
    if n_train >= LEAST_TRAINED and large >= 2:
        return ""
    return (
        f"Labels were not judged: that needs {LEAST_TRAINED} images in train and two classes of at least {FOLDS} "
        "(copies, and images of one patient or group, count as one); "
        f"there are {count_words(n_train, 'image')} and {count_words(large, 'such class', 'such classes')}."
    )


def _tell(pool: Pool, results: AuditResults) -> Iterator[Finding]:
    """Tell everything that was found, the gravest kinds first."""
    network = results.network_accuracy(pool.labels)
    yield from tell_duplicates(pool, results.duplicates)
    yield from tell_groups(pool)
    for where, check in results.shortcuts.items():
        if where != COLOUR:
            yield from tell_shortcut(pool, check, where, network)
    if results.labels is not None:
        yield from tell_label_errors(pool, results.labels.errors)
        yield from tell_unjudged(pool, results.labels)
    yield from tell_splits(pool, results.splits)
    yield from tell_skipped(pool)
    yield from tell_quality(pool, results.quality)
    yield from tell_outliers(
        pool, results.outliers.places, results.outliers.deviations, results.outliers.space
    )
    yield from tell_sizes(pool)
    yield from tell_colour(pool, results.shortcuts[COLOUR], network)
    if results.curve is not None:
        yield from tell_learning_curve(results.curve)
