"""The stage: `score` for anybody's probabilities, `evaluate` for a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from giemsa.errors import PredictionError
from giemsa.evaluation.compared_predictions import Comparison, compare_predictions
from giemsa.evaluation.predictions import Predictions, check_predictions
from giemsa.evaluation.result import Evaluation
from giemsa.evaluation.scorecard import score_predictions
from giemsa.evaluation.selective import risk_coverage
from giemsa.evaluation.stage import Stage
from giemsa.evaluation.subgroups import AuditHints, find_failures
from giemsa.evaluation.summary import summarise
from giemsa.evaluation.validation_halves import describe_calibration, sets_for
from giemsa.evaluation.words import plain_sentences
from giemsa.evaluation.writing import read_audit_hints, write_evaluation
from giemsa.progress import Progress

if TYPE_CHECKING:
    from giemsa.training.run import Run

SAMPLE = 400  # test images for the corruptions, and foreign images of a kind, where time is short
VAL_RESAMPLES = 500


def score(
    labels: np.ndarray | Sequence[int],
    probabilities: np.ndarray | Sequence[Sequence[float]],
    *,
    class_names: Sequence[str] | None = None,
    images: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Evaluation:
    """Evaluate anybody's probabilities for images whose labels are known.

    Parameters
    ----------
    labels : ``(n,)``, whole numbers from 0.
    probabilities : ``(n, classes)``, each row sums to one; not logits.
    class_names : one a class; ``class 0``, ``class 1``, ... if not given.
    images : ``(n, height, width)`` or ``(n, height, width, channels)``, ``uint8``, for pictures of the worst mistakes.
    groups : ``(n,)`` patients or slides; intervals then resample groups.
    seed : of the resamples.

    Returns
    -------
    Evaluation : every score with its 95 % interval, and where the classifier fails.

    Raises
    ------
    PredictionError : labels or probabilities that cannot be scored, with the row at fault, or images that are none.

    Examples
    --------
    >>> evaluation = score([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], class_names=("red", "white"))
    >>> evaluation.sentences[1][:45]
    'It named 66.7 % of them correctly (95 % inter'
    """
    predictions = check_predictions(
        np.asarray(labels), np.asarray(probabilities), class_names=class_names, groups=groups
    )
    if images is not None:
        images = _with_channels(images, len(predictions))
    card = score_predictions(predictions, generator=np.random.default_rng([seed, 1]))
    return Evaluation(
        predictions=predictions,
        card=card,
        sentences=plain_sentences(predictions, card),
        selective=risk_coverage(predictions),
        failures=find_failures(predictions, images=images),
        short_names=predictions.class_names,
        notes=card.notes,
        images=images,
    )


def _with_channels(images: np.ndarray, n: int) -> np.ndarray:
    """Return ``n`` images ``(n, height, width, channels)``; those without channels are grey."""
    given = np.asarray(images)
    if given.ndim == 3:
        given = given[..., None]
    if given.ndim != 4 or given.shape[0] != n or given.shape[3] not in (1, 3) or given.dtype != np.uint8:
        raise PredictionError(
            f"expected {n} images, one a row of the probabilities, uint8 (n, height, width) or (n, height, width, channels), "
            f"got {given.dtype} {given.shape}"
        )
    return given


def evaluate(
    run: Run | str | Path,
    *,
    views: int = 1,
    thorough: bool = False,
    coverage: float = 0.9,
    foreign: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a run on its test split and write the results into its folder.

    Parameters
    ----------
    run : a training's run, or its folder.
    views : 1, or the number of views that the images' symmetry allows (2 or 8); their probabilities are averaged and the
        gain over one view is told.
    thorough : measure robustness on every test image instead of a sample of 400.
    coverage : promised by the prediction sets, above 0 and below 1.
    foreign : images of other sets by name, ``uint8 (n, h, w[, c])``, to test the score for unfamiliar images.
    seed : of resamples, samples, and of the cut of val into halves.
    progress : called with steps done, steps in all, and a word.

    Returns
    -------
    Evaluation : also written as ``metrics.json``, ``evaluation/``, ``predictions/`` and ``figures/``. The temperature goes
    into ``model.json``, and ``config.json`` counts the look at test.

    Raises
    ------
    PredictionError : a coverage outside 0 to 1, or a val or test split without images.
    ModelError : a number of views that the symmetry does not allow.
    RunError : the training has not come to its end, or its folder cannot be written.
    """
    if not 0 < coverage < 1:
        raise PredictionError(f"coverage must lie between 0 and 1, got {coverage}; 0.9 is usual")
    from giemsa.plots.gallery import read_index
    from giemsa.training.run import as_run, check_finished

    run = as_run(run)
    check_finished(run)
    data = run.data()
    for name in ("val", "test"):
        if not len(data.splits[name]):
            raise PredictionError(
                f"the {name} split of {data.name} holds no images, and there is nothing to evaluate; "
                "train on data with images in train, val and test"
            )
    read_index(run.folder / "figures")  # a damaged one is told of before any work is done
    hints = read_audit_hints(run.folder, len(data.test))
    stage = Stage(run.classifier, data, views, seed, progress)
    evaluation = _probabilities(stage, run, coverage, hints)
    stage.done("scores")
    evaluation = dataclasses.replace(evaluation, novelty=stage.novelty(foreign, None if thorough else SAMPLE))
    stage.done("foreign images")
    evaluation = dataclasses.replace(evaluation, robustness=stage.robustness(None if thorough else SAMPLE))
    stage.done("corruptions")
    run.update_config(test_looks=int(run.config.get("test_looks", 0)) + 1)
    evaluation = dataclasses.replace(evaluation, **summarise(evaluation, run.config, stage.data))
    write_evaluation(evaluation, run.folder, data=run.data(), run_name=Path(run.folder).name)
    stage.done("figures")
    return evaluation


def _probabilities(stage: Stage, run: Run, coverage: float, hints: AuditHints | None) -> Evaluation:
    """Evaluate what the probabilities of val and test alone can tell."""
    from giemsa.training.model_file import save_temperature

    data = stage.data
    val_logits = stage.logits(data.val)
    stage.done("val")
    temperature, fit, rest = stage.fit_temperature(val_logits)
    stage.classifier.classes.temperature = temperature
    save_temperature(run.folder, temperature)
    stage.done("temperature")
    test_logits = stage.logits(data.test)
    stage.done("test")
    val = stage.predictions(data.val, val_logits, temperature)
    test = stage.predictions(data.test, test_logits, temperature)
    unscaled = stage.predictions(data.test, test_logits, 1.0)
    card = score_predictions(test, generator=stage.generator(1))
    before = score_predictions(unscaled, generator=stage.generator(1), resamples=VAL_RESAMPLES)
    return Evaluation(
        predictions=test,
        card=card,
        sentences=(),
        selective=risk_coverage(test),
        failures=find_failures(test, images=data.test.images, metadata=data.test.metadata, hints=hints),
        short_names=data.short_names,
        views=stage.views,
        calibration=describe_calibration(
            unscaled,
            test,
            temperature=temperature,
            n_fit=len(fit),
            scores_before={name: before.whole[name] for name in ("ece", "log_loss", "brier")},
        ),
        sets=sets_for(val.subset(rest), test, stage.generator(4), coverage),
        target=coverage,
        val=score_predictions(val, generator=stage.generator(2), resamples=VAL_RESAMPLES),
        val_predictions=val,
        views_gain=_views_gain(stage, test, test_logits, temperature),
        images=data.test.images,
    )


def _views_gain(stage: Stage, test: Predictions, logits: np.ndarray, temperature: float) -> Comparison | None:
    if stage.views == 1:
        return None
    single = stage.predictions(stage.data.test, logits[:1], temperature)
    names = "one view", f"{stage.views} views"
    return compare_predictions(single, test, generator=stage.generator(7), names=names)
