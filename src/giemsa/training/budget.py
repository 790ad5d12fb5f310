"""A user's time as a plan: from minutes to a number of epochs, by a short measurement on this machine."""

from __future__ import annotations

import time
from contextlib import suppress

from giemsa.data.dataset import ImageDataset
from giemsa.errors import RecipeError
from giemsa.training.building import build_classifier
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
    RecipeError : a budget that is not above zero.
    """
    if not seconds > 0:
        raise RecipeError(f"the time for training must be above 0 seconds, got {seconds:g}")
    recipe = recipe.for_images(len(data.train))
    compute = choose_compute(device, recipe.precision)
    classifier = build_classifier(data, recipe, seed=0, compute=compute)
    moments: list[float] = []

    def note(done: int, total: int, words: str) -> None:
        moments.append(time.perf_counter())
        if len(moments) > MEASURED_STEPS:
            raise _Enough

    with suppress(_Enough):
        for _ in fit(classifier, data, recipe.for_epochs(1), progress=note):
            pass
    warm = moments[len(moments) // 3 :]
    step_seconds = (warm[-1] - warm[0]) / max(len(warm) - 1, 1)
    start = time.perf_counter()
    classifier.logits(data.val.images)
    epoch_seconds = step_seconds * steps_an_epoch(recipe, len(data.train)) + time.perf_counter() - start
    epochs = max(1, int(seconds / max(epoch_seconds, 1e-6)))
    return recipe.for_epochs(epochs)
