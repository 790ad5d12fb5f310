"""Minutes become the epochs that a clock, told by hand, allows."""

from itertools import accumulate, chain, count, repeat
from types import SimpleNamespace

import pytest

from giemsa.data.dataset import ImageDataset
from giemsa.errors import DataError, RecipeError
from giemsa.training import budget
from giemsa.training.budget import plan_epochs
from giemsa.training.recipes import Recipe

RECIPE = Recipe(model="tutorial", minimum_steps=0, precision="float32", patience=1)


@pytest.mark.parametrize("batch_size", [8, 96, 128])  # twelve steps an epoch, and one
def test_the_epochs_fit_into_the_budget(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    ticks = count()
    monkeypatch.setattr(budget, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    steps = max(1, 96 // batch_size)
    an_epoch = steps + 1  # each step and each look at val takes a second
    for seconds in (10 * an_epoch + 0.5, 11 * an_epoch - 0.5):
        planned = plan_epochs(discs, RECIPE.replace(batch_size=batch_size), seconds)
        assert planned.epochs == 10
    assert planned.minimum_steps == 0
    assert planned.batch_size == batch_size


def test_the_first_steps_do_not_count_and_few_images_are_planned_in_small_batches(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = accumulate(chain([100.0] * 8, repeat(1.0)))  # eight slow steps
    monkeypatch.setattr(budget, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
    planned = plan_epochs(discs, RECIPE.replace(minimum_steps=300), 42)  # three steps and a look at val
    assert (planned.epochs, planned.minimum_steps, planned.batch_size) == (10, 0, 32)


def test_there_is_always_one_epoch(discs: ImageDataset) -> None:
    assert plan_epochs(discs, RECIPE, 1e-9).epochs == 1


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_no_time_and_endless_time_are_refused(discs: ImageDataset, seconds: float) -> None:
    with pytest.raises(RecipeError, match="must be above 0 seconds"):
        plan_epochs(discs, RECIPE, seconds)


def test_data_without_images_is_refused(discs: ImageDataset) -> None:
    empty = ImageDataset(discs.card, discs.train.subset([]), discs.val, discs.test)
    with pytest.raises(DataError, match="the train split of discs is empty"):
        plan_epochs(empty, RECIPE, 60)
