"""Recipes refuse what cannot be trained, in one line."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.errors import RecipeError
from giemsa.training.optimisers import learning_rate
from giemsa.training.recipes import RECIPES, Recipe, get_recipe


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("epochs", 0, "epochs must be at least 1, got 0"),
        ("learning_rate", "high", "learning_rate must be at least 1e-12, got 'high'"),
        ("epochs", None, "epochs must be at least 1, got None"),
        ("batch_size", -1, "batch_size must be at least 1"),
        ("label_smoothing", 1.0, "from 0 to below 1"),
        ("optimiser", "adamm", "did you mean"),
        ("precision", "int8", "precision 'int8' is unknown"),
        ("learning_rate", float("nan"), "learning_rate must be"),
        ("epochs", 2.5, "epochs must be a whole number, got 2.5"),
        ("batch_size", 32.0, "batch_size must be a whole number"),
        ("shift_pixels", 1.5, "shift_pixels must be a whole number"),
        ("patience", 0, "patience must be at least 1"),
        ("patience", 1.5, "patience must be a whole number"),
        ("warmup", 1.0, "warmup must be from 0 to below 1"),
        ("skip_known", 1.0, "skip_known must be from 0 to below 1"),
        ("average_decay", 1.0, "average_decay must be from 0 to below 1"),
        ("rotation_degrees", 181, "rotation_degrees must be from 0 to below"),
        ("colour_jitter", -0.1, "colour_jitter must be at least 0"),
        ("weight_decay", math.inf, "weight_decay must be below 1,000,000,000, got inf"),
        ("class_weights", "yes", "class_weights must be True or False, got 'yes'"),
    ],
)
def test_a_bad_field_is_refused(field: str, value: object, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        Recipe().replace(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 1),
        ("patience", None),
        ("patience", 1),
        ("learning_rate", 1e-12),
        ("warmup", 0.0),
        ("label_smoothing", 0.0),
        ("average_decay", 0.0),
        ("rotation_degrees", 180.0),
    ],
)
def test_the_edge_of_a_range_is_within(field: str, value: object) -> None:
    assert getattr(Recipe().replace(**{field: value}), field) == value


def test_the_card_is_asked_only_where_the_recipe_says_no_symmetry() -> None:
    assert Recipe().symmetry_given("mirror") == "mirror"
    assert Recipe().symmetry_given(None) == "none"
    assert Recipe(symmetry="none").symmetry_given("mirror") == "none"


@pytest.mark.parametrize("name", ["fast", "best", "tutorial"])
def test_the_numbers_of_a_recipe_are_those_that_were_measured(name: str) -> None:
    results = Path(__file__).parents[2] / "benchmarks" / "results" / "accuracy.json"
    rows = json.loads(results.read_text(encoding="utf-8"))["rows"]
    measured = [
        facts["recipe"] for row, facts in rows.items() if row.split(", ")[0] == name
    ]  # on any machine
    assert measured
    for fields in measured:
        numbers = {field: value for field, value in fields.items() if type(value) in (int, float)}
        assert len(numbers) >= 10
        assert numbers.items() <= RECIPES[name].to_json().items()


def test_numbers_of_numpy_become_pythons() -> None:
    recipe = Recipe(epochs=np.int64(5), learning_rate=np.float32(0.5), patience=np.int16(3), weight_decay=0)
    assert recipe == Recipe(epochs=5, learning_rate=0.5, patience=3, weight_decay=0.0)
    assert json.loads(json.dumps(recipe.to_json())) == recipe.to_json()


def test_an_unknown_field_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean epochs"):
        Recipe().replace(epoch=3)


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean tutorial"):
        get_recipe("tutorail")


def test_the_tutorial_is_to_the_letter() -> None:
    recipe = RECIPES["tutorial"]
    assert (recipe.optimiser, recipe.learning_rate, recipe.epsilon, recipe.weight_decay) == (
        "adam",
        5e-5,
        1e-7,
        0,
    )
    assert (recipe.batch_size, recipe.epochs, recipe.patience, recipe.selection) == (32, 100, 20, "best")
    assert (recipe.rotation_degrees, recipe.horizontal_flip, recipe.vertical_flip) == (10, True, True)
    assert (recipe.label_smoothing, recipe.schedule, recipe.standardize) == (0, "constant", "none")


def test_one_cycle_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.25, schedule="one-cycle")
    rates = [learning_rate(recipe, step, 400) for step in range(400)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert 95 <= rates.index(max(rates)) <= 105
    assert rates[0] == pytest.approx(0.1, abs=0.01)
    assert rates[-1] < 1e-4


@given(
    n=st.integers(1, 100_000), size=st.integers(1, 300), least=st.integers(1, 300), steps=st.integers(0, 3000)
)
def test_a_small_set_is_learnt_in_smaller_batches(n: int, size: int, least: int, steps: int) -> None:
    recipe = Recipe(batch_size=size, least_batch_size=least, minimum_steps=steps)
    carried_out = recipe.for_images(n)
    assert carried_out.for_images(n) == carried_out
    assert carried_out.replace(batch_size=size, skip_known=0.7, skip_known_from=2000) == recipe
    assert min(size, least) <= carried_out.batch_size <= size
    times = math.ceil(steps / math.ceil(n / size))
    assert (carried_out.batch_size < size) == (times > 40 and size > least)


@pytest.mark.parametrize(("n", "skip_known"), [(1999, 0.0), (2000, 0.7)])
def test_of_a_small_set_no_image_is_skipped(n: int, skip_known: float) -> None:
    carried_out = Recipe().for_images(n)
    assert carried_out.skip_known == carried_out.for_images(100_000).skip_known == skip_known
