"""A recipe is told in a reader's words, every field of it."""

import dataclasses
import re

import pytest

from giemsa.training.recipe_words import choice, recipe_in_words
from giemsa.training.recipes import RECIPES, Recipe

MACHINE_WORDS = re.compile(r"_|\b(True|False|None|card|data)\b")


@pytest.mark.parametrize("name", RECIPES)
def test_no_word_is_a_machines(name: str) -> None:
    told = recipe_in_words(RECIPES[name].to_json())
    assert told.startswith(f"Recipe {name}. Passes over the training images: ")
    assert MACHINE_WORDS.findall(told) == []


def test_every_field_and_value_has_words() -> None:
    fields = [field.name for field in dataclasses.fields(Recipe)]
    told = [choice(field, getattr(recipe, field)) for recipe in RECIPES.values() for field in fields]
    assert len(told) == 3 * len(fields) > 60
    assert [words for words in told if MACHINE_WORDS.search(" ".join(words))] == []


def test_what_is_off_is_left_out_of_the_text() -> None:
    assert "mirrored" not in recipe_in_words(RECIPES["fast"].to_json())
    assert "mirrored left to right: yes; mirrored top to bottom: yes" in recipe_in_words(
        RECIPES["tutorial"].to_json()
    )
    assert recipe_in_words({"name": "mine"}) == "Recipe mine."
