"""A user's time as a plan: from minutes to a number of epochs, by a short measurement on this machine."""

from __future__ import annotations

import dataclasses
import math
import time
from contextlib import suppress

import numpy as np

from giemsa.data.dataset import ImageDataset
from giemsa.errors import RecipeError
from giemsa.training.building import build_classifier, check_trainable
from giemsa.training.classifier import Classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit, steps_an_epoch
from giemsa.training.recipes import Recipe

MEASURED_STEPS = 24


class _Enough(Exception):
    """Ends the measurement."""


def plan_epochs(data: ImageDataset, recipe: Recipe, seconds: float, *, device: str = "auto") -> Recipe:
    """Return the recipe with as many epochs as ``seconds`` buy here, at least one.

    A few steps are timed on a fresh network (the first ones are thrown away); the plan is recorded as a number of epochs, so that
    the run can be repeated and resumed.

    Raises
    ------
    RecipeError : a budget that is not above zero, or endless.
    DataError : data that no network can learn from.
    """
    check_trainable(data)
    if not 0 < seconds < math.inf:
        raise RecipeError(f"the time for training must be above 0 seconds and have an end, got {seconds:g}")
    recipe = recipe.for_images(len(data.train))
    compute = choose_compute(device, recipe.precision)
    classifier = build_classifier(data, recipe, seed=0, compute=compute)
    step_seconds = _seconds_a_step(classifier, data, recipe)
    start = time.perf_counter()
    classifier.logits(data.val.images)
    epoch_seconds = step_seconds * steps_an_epoch(recipe, len(data.train)) + time.perf_counter() - start
    return recipe.for_epochs(max(1, int(seconds / epoch_seconds)))


def _seconds_a_step(classifier: Classifier, data: ImageDataset, recipe: Recipe) -> float:
    """Time some steps, through several epochs where those are short, but for the first third."""
    moments: list[float] = []

    def note(done: int, total: int, words: str) -> None:
        moments.append(time.perf_counter())
        if len(moments) > MEASURED_STEPS:
            raise _Enough

    hardly_any = dataclasses.replace(data, val=data.val.subset(np.arange(1)))  # val is timed by itself
    endless = recipe.for_epochs(MEASURED_STEPS + 1).replace(patience=None)
    with suppress(_Enough):
        for _ in fit(classifier, hardly_any, endless, progress=note):
            pass
    warm = moments[MEASURED_STEPS // 3 :]
    return (warm[-1] - warm[0]) / (len(warm) - 1)
