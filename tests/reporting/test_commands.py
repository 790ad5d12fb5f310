"""What the page prints is typed into the app itself: it must mean what the run was."""

import dataclasses
import shlex
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from giemsa.cli.app import app
from giemsa.cli.train import choose_recipe
from giemsa.data.dataset import ImageDataset
from giemsa.data.load import load
from giemsa.reporting.chapters.audit import audit_chapter
from giemsa.reporting.chapters.evaluation import evaluation_chapter
from giemsa.reporting.chapters.interpretation import interpretation_chapter
from giemsa.reporting.chapters.repetition import repetition_chapter
from giemsa.reporting.commands import argument
from giemsa.reporting.material import Material, gather
from giemsa.reporting.parts import Missing
from giemsa.training.recipes import RECIPES, Recipe

FLAGS = {"size": 24, "fit": "pad", "skip_bad": True}


def _typed(command: str) -> dict[str, object]:
    """Parse a command line as the shell and the app would, and return every parameter."""
    program, name, *words = shlex.split(command)
    assert program == "giemsa"
    group = typer.main.get_command(app)
    found = group.commands[name]  # type: ignore[attr-defined]
    return found.make_context(name, words).params


@pytest.fixture
def material(fresh_run) -> Material:
    source = FLAGS | {"data": "my $cells", "seed": 5, "symmetry": None}
    fresh_run.config["data"]["source"] = source
    return gather(fresh_run)


@given(st.text(st.characters(codec="ascii", exclude_characters="\\!\0"), min_size=1))
def test_a_word_is_quoted_so_that_a_shell_gives_it_back(text: str) -> None:
    assert shlex.split(argument(text)) == [text]


def test_the_audits_command_reads_the_data_alike_and_writes_into_the_run(material: Material) -> None:
    told = audit_chapter(material)
    assert isinstance(told, Missing)
    typed = _typed(told.command)
    assert {name: typed[name] for name in FLAGS} == FLAGS
    assert (typed["data"], typed["split_seed"], typed["seed"]) == ("my $cells", 5, 7)
    assert typed["rename"] == [f"2={material.class_names[2]}"]
    assert (typed["out"], typed["overwrite"], typed["fix"]) == (material.folder, True, None)


def test_every_missing_stage_is_followed_by_the_report(material: Material) -> None:
    empty = dataclasses.replace(material, test=None, evaluation=None, interpretation=None)
    for chapter in (audit_chapter, evaluation_chapter, interpretation_chapter):
        told = chapter(empty)
        assert isinstance(told, Missing)
        assert _typed(told.report) == _typed(f"giemsa report {argument(str(material.folder))}")
        assert Path(str(_typed(told.command).get("run", material.folder))) == material.folder


def test_stages_that_need_a_network_of_ones_own_are_told_in_python(material: Material) -> None:
    own = dataclasses.replace(material, config=material.config | {"own_model": True})
    folder = str(own.folder)
    for stage in ("evaluate", "interpret"):
        assert own.command(stage) == f"giemsa.{stage}(giemsa.open_run({folder!r}, model=...))"
        assert material.command(stage) == f"giemsa {stage} {folder}"
    assert own.command("report") == f"giemsa report {folder}"


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (RECIPES["best"], {"recipe": "best"}),
        (RECIPES["fast"], {"recipe": "fast"}),
        (RECIPES["fast"].for_epochs(3), {"recipe": "fast", "epochs": 3}),
        (Recipe(name="mine", class_weights=True), {"recipe": "fast", "class_weights": True}),
        (
            RECIPES["tutorial"].replace(horizontal_flip=False),
            {"recipe": "tutorial", "horizontal_flip": False},
        ),
        (RECIPES["fast"].replace(epochs=3), {"recipe": "fast", "epochs": 3, "minimum_steps": 300}),
        (
            RECIPES["best"].replace(batch_size=64, skip_known=0.5),
            {
                "recipe": "best"
            },  # of few images the batches are smaller, and none is skipped, whatever they are
        ),
        (
            RECIPES["best"].replace(batch_size=64, least_batch_size=64, skip_known=0.5, skip_known_from=0),
            {"recipe": "best", "batch_size": 64, "skip_known": 0.5},
        ),
        (
            RECIPES["best"].replace(batch_size=96, least_batch_size=48),
            {"recipe": "best", "batch_size": 48},
        ),
    ],
)
def test_the_run_is_repeated_by_its_command(
    material: Material, recipe: Recipe, told: dict[str, object]
) -> None:
    n_images = material.config["data"]["counts"]["train"]
    recipe = recipe.for_images(n_images)
    again = dataclasses.replace(material, config=material.config | {"recipe": recipe.to_json()})
    typed = _typed(repetition_chapter(again).commands[0])
    assert {name: typed[name] for name in FLAGS} == FLAGS
    assert typed["rename"] == [f"2={material.class_names[2]}"]
    assert (typed["split_seed"], typed["seed"]) == (5, 7)
    fields = {field.name for field in dataclasses.fields(Recipe)} - {"name"}
    given = {name: value for name, value in typed.items() if name in fields and value is not None}
    assert given | {"recipe": typed["recipe"]} == told
    chosen = choose_recipe(str(typed["recipe"]), given).for_images(n_images)
    assert chosen.replace(name=recipe.name) == recipe


def test_a_symmetry_that_load_was_given_is_repeated(material: Material) -> None:
    data = material.config["data"]
    data = data | {"source": data["source"] | {"symmetry": "mirror"}}
    again = dataclasses.replace(material, config=material.config | {"data": data})
    assert _typed(repetition_chapter(again).commands[0])["symmetry"] == "mirror"


def test_names_that_were_given_are_known_only_where_they_differ(discs: ImageDataset) -> None:
    names = ("red disc", "other", "blue disc")
    assert discs.rename(dict(enumerate(names))).renamed == {1: "other"}
    assert load("bloodmnist").renamed == {}
