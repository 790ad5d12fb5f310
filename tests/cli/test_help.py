"""The help says what a word may be and what holds without it."""

import dataclasses
import re

import pytest

from giemsa.cli.app import COMMANDS, status_of
from giemsa.cli.evaluate import FILE_OPTIONS, RUN_OPTIONS
from giemsa.cli.options import RECIPE_HELP
from giemsa.models import MODELS
from giemsa.training.recipes import CHOICES, RECIPES, Recipe


def _help(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert status_of([command, "--help"]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_every_field_names_what_it_may_be() -> None:
    choices = CHOICES | {"model": tuple(MODELS)}
    assert len(choices) == 7
    for field, known in choices.items():
        for word in known:
            assert word in RECIPE_HELP[field], (field, word)


def test_every_field_tells_the_value_of_each_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    told = _help("train", capsys).replace("- ", "-")  # of words broken at their hyphen
    assert "[tutorial: 100, fast: 8, best: 29]" in told
    assert "[tutorial: yes, fast: no, best: no]" in told
    assert "inverse of its frequency. [no]" in told
    assert "[tutorial: 20, fast: never, best: never]" in told
    assert {field.name for field in dataclasses.fields(Recipe)} - {"name"} == RECIPE_HELP.keys()
    assert set(RECIPES) == {"tutorial", "fast", "best"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train", "64 for image files"),
        ("train", "data, recipe, seed and device come"),
        ("train", "Replace what stands at --out"),
        ("audit", "It is thorough and takes some minutes, unless --quick"),
        ("audit", "files of the same names are replaced, others stay"),
        ("explore", "files of the same names are replaced, others stay"),
        ("evaluate", "files of the same names are replaced, others stay"),
        ("tutorial", "files of the same names are replaced, others stay"),
        ("predict", "Replace what stands at --out"),
        ("predict", "A run folder, as `giemsa run`"),
        ("predict", "all 8 turned and mirrored"),
        ("explore", "such as 3=monocyte"),
    ],
)
def test_the_help_says(command: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in _help(command, capsys)


def test_the_help_of_evaluate_tells_which_options_go_with_a_file_of_predictions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _help("evaluate", capsys).split("Arguments:")[0].replace("- ", "-")
    with_run, with_file = told.split("are for a run;")
    flags = [{"--" + name.replace("_", "-") for name in names} for names in (RUN_OPTIONS, FILE_OPTIONS)]
    assert set(re.findall(r"--[a-z-]+", with_run)) == flags[0]
    assert set(re.findall(r"--[a-z-]+", with_file)) == flags[1] | {"--predictions"}


def test_the_help_says_where_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Begin with `giemsa run FOLDER`" in told


def test_the_list_of_commands_tells_each_in_a_whole_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert status_of(["--help"]) == 0
    listed = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    assert len(listed) == len(COMMANDS) == 11
    assert all(line.endswith(".") and not line.endswith("..") for line in listed)


def test_the_usage_names_what_may_be_repeated_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert "predict [OPTIONS] {RUN} {IMAGE}... " in _help("predict", capsys)
    assert "compare [OPTIONS] {RUN}... " in _help("compare", capsys)
