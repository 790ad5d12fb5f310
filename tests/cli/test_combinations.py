"""An option that would do nothing is refused by its name, whichever it is and however it is written."""

import dataclasses
from pathlib import Path

import pytest
import typer

from giemsa.cli.app import app, status_of
from giemsa.cli.options import Talk

HARMLESS = {field.name for field in dataclasses.fields(Talk)} | {"resume", "resumed_data", "help"}


def _idle(command: str, effective: str) -> list[tuple[str, list[str]]]:
    """Return every parameter of a command beside ``--resume``: as a refusal names it, and as words that give it."""
    found = []
    for parameter in typer.main.get_command(app).commands[command].params:  # type: ignore[attr-defined]
        if parameter.name in HARMLESS | {effective}:
            continue
        if parameter.param_type_name == "argument":
            found.append((parameter.name.upper(), ["somewhere"]))
        else:
            flag = max(parameter.opts, key=len)
            found.append((flag, [flag] if parameter.is_flag else [flag, "1"]))
    return found


@pytest.mark.parametrize(("command", "effective"), [("train", "shade_gap"), ("run", "thorough")])
def test_beside_resume_every_other_option_is_refused(
    command: str, effective: str, capsys: pytest.CaptureFixture[str]
) -> None:
    idle = _idle(command, effective)
    assert len(idle) > 35
    for name, words in idle:
        assert status_of([command, "--resume", "nowhere", *words]) == 2, name
        told = capsys.readouterr().err
        assert told.startswith(f"giemsa: {name} does nothing beside --resume"), told
        assert told.count("\n") == 1


def test_what_still_does_something_beside_resume_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = ["--resume", "nowhere", "--data", "elsewhere", "--json", "--quiet"]
    for words in (["train", *quiet, "--shade-gap"], ["run", *quiet, "--thorough"]):
        assert status_of(words) == 2
        assert "there is no run folder nowhere" in capsys.readouterr().err


def test_a_default_that_is_written_out_is_refused_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "bloodmnist", "--resume", "nowhere", "--seed", "0", "-r", "fast", "--no-class-weights"]
    assert status_of(words) == 2
    assert "DATA, --recipe, --seed, --class-weights do nothing beside --resume" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "run"])
def test_where_data_lie_is_said_of_a_run_alone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of([command, "--data", "elsewhere"]) == 2
    assert "--data does nothing without --resume: name the data as DATA" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "run"])
def test_minutes_and_epochs_contradict_each_other(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of([command, str(tmp_path), "--minutes", "1", "--epochs", "3"]) == 2
    assert "--epochs does nothing beside --minutes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["train", "nowhere"], "--out"),
        (["run", "nowhere"], "--out"),
        (["predict", "nowhere", "cell.png"], "--out"),
        (["explore", "nowhere"], "--out"),
        (["report", "nowhere"], "--out"),
        (["audit", "nowhere"], "--out or --fix"),
        (["evaluate", "nowhere", "--predictions", "nowhere.npy"], "--out"),
    ],
)
def test_nothing_is_written_over_where_no_place_is_named(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of([*words, "--overwrite"]) == 2
    assert capsys.readouterr().err == f"giemsa: --overwrite does nothing without {reason}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--summary", "--quick"], "--quick does nothing beside --summary, --layer or --maximise"),
        (["--layer", "conv1", "--quick"], "--quick does nothing beside --summary, --layer or --maximise"),
        (["--maximise", "1", "--quick"], "--quick does nothing beside --summary, --layer or --maximise"),
        (["--summary", "--seed", "1"], "--seed does nothing beside --summary or --layer, without --maximise"),
        (
            ["--layer", "c", "--seed", "1"],
            "--seed does nothing beside --summary or --layer, without --maximise",
        ),
    ],
)
def test_a_single_look_takes_no_samples(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["interpret", "nowhere", *words]) == 2
    assert capsys.readouterr().err == f"giemsa: {told}\n"


def test_an_image_that_is_made_has_a_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["interpret", "nowhere", "--summary", "--maximise", "1", "--seed", "1"]) == 2
    assert "there is no run folder nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("quick", [["--quick"], ["--level", "quick"]])
def test_an_audit_that_trains_nothing_needs_no_device(
    quick: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["audit", "nowhere", *quick, "--device", "cpu"]) == 2
    assert "--device does nothing with --level quick, which trains nothing" in capsys.readouterr().err
