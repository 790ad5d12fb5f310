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
