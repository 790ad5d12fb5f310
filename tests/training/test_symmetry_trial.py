"""The trial of symmetries: asked only where the card does not say, told of as it goes on, and decided by val."""

import dataclasses

import pytest

from giemsa.training.device import Compute
from giemsa.training.recipes import Recipe
from giemsa.training.symmetry_trial import resolve_symmetry

RECIPE = Recipe(model="tutorial", batch_size=32, precision="float32")


@pytest.fixture
def unsaid(discs, monkeypatch):
    monkeypatch.setattr("giemsa.training.symmetry_trial.TRIAL_STEPS", 4)
    return dataclasses.replace(discs, card=dataclasses.replace(discs.card, symmetry=None))


def test_the_least_loss_on_val_decides(unsaid):
    told = []
    chosen, trial = resolve_symmetry(
        unsaid, RECIPE, seed=0, compute=Compute(), progress=lambda *news: told.append(news)
    )
    losses = trial["val_loss"]
    assert list(losses) == ["none", "mirror", "mirror and quarter turns"]
    assert chosen == trial["chosen"] == min(losses, key=losses.get)
    done, all_of_it, words = zip(*told, strict=True)
    assert done == tuple(range(1, all_of_it[0] + 1)) and len(done) >= 3
    assert words[0].endswith("val: none") and words[-1].endswith("quarter turns")


def test_what_the_card_or_the_recipe_says_needs_no_trial(discs, unsaid):
    said = dataclasses.replace(discs, card=dataclasses.replace(discs.card, symmetry="mirror"))
    assert resolve_symmetry(said, RECIPE, seed=0, compute=Compute()) == ("mirror", None)
    by_recipe = RECIPE.replace(symmetry="none")
    assert resolve_symmetry(unsaid, by_recipe, seed=0, compute=Compute()) == ("none", None)
