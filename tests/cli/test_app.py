"""The command line: results on stdout, one line for a user's mistake, and statuses that a script can read."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image

from giemsa.cli.app import COMMANDS, main, status_of
from giemsa.cli.session import Session
from giemsa.cli.train import choose_recipe
from giemsa.data.cores import WAITING_FOR_THE_DISK, usable_cores
from giemsa.data.dataset import ImageDataset
from giemsa.errors import RunError
from giemsa.training import symmetry_trial
from giemsa.training.run import open_run

TINY = [
    "--model",
    "tutorial",
    "--epochs",
    "1",
    "--precision",
    "float32",
    "--symmetry",
    "mirror",
]


@pytest.fixture(scope="module")
def packed(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    arrays = {}
    for name, split in discs.splits.items():
        arrays |= {f"{name}_images": split.images, f"{name}_labels": split.labels[:, None].astype(np.uint8)}
    path = tmp_path_factory.mktemp("data") / "discs.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def trained(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert status_of(["train", str(packed), "--out", str(folder), "--quiet", *TINY]) == 0
    return folder


def _refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert status_of(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[-1].startswith("giemsa: ")
    assert "Traceback" not in captured.err
    return lines[-1]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["--help"]) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^\s+{command.__name__}\s+\w", text, re.MULTILINE), command.__name__


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of([command, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["--version"]) == 0
    assert re.fullmatch(r"giemsa \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_train_prints_json_on_stdout_and_lines_on_stderr(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert status_of(["train", str(packed), "--out", str(folder), "--json", *TINY]) == 0
    captured = capsys.readouterr()
    value = json.loads(captured.out)
    assert value["run"] == str(folder)
    assert value["epochs"] == 1
    assert 0 <= value["val_accuracy"] <= 1
    assert value["symmetry"] == "mirror"
    assert "epoch 1/1  loss" in captured.err


@pytest.mark.parametrize(
    ("command", "stage"), [("train", "giemsa.training.train.train"), ("run", "giemsa.pipeline.run")]
)
def test_what_is_trained_and_what_computes_it_is_said_first(
    command: str,
    stage: str,
    packed: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def begun(*_: object, **__: object) -> None:
        raise RunError("begun")

    monkeypatch.setattr(stage, begun)
    assert status_of([command, str(packed), "--device", "cpu", *TINY]) == 2
    said, begins = capsys.readouterr().err.splitlines()[-2:]
    assert re.fullmatch(r"fast on discs: 96 images, model tutorial, cpu, float32, \d+ threads?", said)
    assert begins == "giemsa: begun"


def test_train_says_which_symmetry_was_found(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symmetry_trial, "TRIAL", symmetry_trial.TRIAL.for_epochs(1))
    run = str(tmp_path / "run")
    assert status_of(["train", str(packed), "--out", run, "--quiet", *TINY, "--symmetry", "card"]) == 0
    assert re.search(r"^symmetry, found by a trial: (none|mirror)", capsys.readouterr().out, re.MULTILINE)


def test_minutes_are_told_as_epochs(packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--model", "tutorial", "--precision", "float32", "--symmetry", "mirror"]
    assert status_of(["train", str(packed), "--out", str(tmp_path / "run"), "--minutes", "1e-5", *tiny]) == 0
    captured = capsys.readouterr()
    assert "1e-05 minutes are 1 epoch on this machine" in captured.err
    assert ": 1 epoch, kept the weights of the last epoch" in captured.out


def test_epochs_that_are_said_hold() -> None:
    few = choose_recipe("fast", {"epochs": 2})
    assert (few.epochs, few.minimum_steps) == (2, 0)
    assert choose_recipe("fast", {"epochs": 2, "minimum_steps": 50}).minimum_steps == 50


def test_a_batch_size_that_is_said_holds() -> None:
    assert choose_recipe("fast", {"batch_size": 64}).for_images(50).batch_size == 64
    both = choose_recipe("fast", {"batch_size": 64, "least_batch_size": 16})
    assert both.for_images(50).batch_size == 16


def test_a_share_of_skipped_images_that_is_said_holds() -> None:
    assert choose_recipe("fast", {"skip_known": 0.5}).for_images(50).skip_known == 0.5
    both = choose_recipe("fast", {"skip_known": 0.5, "skip_known_from": 100})
    assert both.for_images(50).skip_known == 0


def test_explore_prints_card_and_counts(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["explore", str(packed), "--json", "--quiet"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["counts"] == {"train": [32, 32, 32], "val": [10, 10, 10], "test": [10, 10, 10]}


def test_a_class_is_renamed(packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename = ["--rename", "1=Scheibe, grün", "--quiet"]
    assert status_of(["explore", str(packed), "--json", *rename]) == 0
    assert json.loads(capsys.readouterr().out)["class_names"] == ["class 0", "Scheibe, grün", "class 2"]
    assert status_of(["train", str(packed), "--out", str(tmp_path / "run"), *TINY, *rename]) == 0
    assert open_run(tmp_path / "run").data().class_names[1] == "Scheibe, grün"
    assert open_run(tmp_path / "run").predictions("val")[1].shape == (30, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explore", "--rename", "neutrophil=x"], "expected LABEL=NAME"),
        (["explore", "--rename", "9=x"], "the labels of bloodmnist are 0 to 7"),
        (["explore", "bloodmnis"], "bloodmnist"),
        (["train", "--recipe", "fsat"], "no recipe is called 'fsat'; did you mean fast"),
        (
            ["train", "--model", "convnot", "--epochs", "1"],
            "no model is called 'convnot'; did you mean convnet",
        ),
        (["train", "--epochs", "0"], "epochs must be at least 1, got 0"),
        (["train", "--epochs", "many"], "--epochs"),
        (["train", "--size", "29"], "29"),
        (["train", "--device", "gpu"], "no device is called 'gpu'"),
        (["train", "--optimiser", "lion"], "optimiser 'lion' is unknown"),
        (["frobnicate"], "frobnicate"),
        (["train", "--resume", "no/such/run"], "there is no run folder"),
        (["predict", "no/such/run", "image.png"], "there is no run folder"),
    ],
)
def test_a_users_mistake_is_one_line(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in _refusal(arguments, capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["train", "run"])
def test_an_existing_folder_is_refused_before_any_work(
    command: str,
    trained: Path,
    packed: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("the data are read already")

    monkeypatch.setattr("giemsa.data.load.load", work)
    before = {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}
    assert "exists already" in _refusal([command, str(packed), "--out", str(trained)], capsys)
    assert before == {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--model", "convnot"], "no model is called 'convnot'"),
        (["run", "--model", "convnot"], "no model is called 'convnot'"),
        (["train", "--device", "gpu"], "no device is called 'gpu'"),
        (["run", "--device", "gpu"], "no device is called 'gpu'"),
        (["audit", "--device", "gpu"], "no device is called 'gpu'"),
    ],
)
def test_what_is_not_there_to_compute_with_is_refused_before_data_are_read(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("giemsa.data.load.load", lambda *_, **__: pytest.fail("the data are read already"))
    assert words in _refusal(arguments, capsys)


def test_trainings_that_are_begun_at_once_have_a_folder_each(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = symmetry_trial.resolve_symmetry
    begun: list[int] = []

    def meanwhile(*given: Any, **named: Any) -> Any:
        if not begun:
            begun.append(1)
            assert status_of(command) == 0
        return resolve(*given, **named)

    command = ["train", str(packed), "--quiet", *TINY]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("giemsa.training.train.resolve_symmetry", meanwhile)
    assert status_of(command) == 0
    folders = sorted(Path("runs").iterdir())
    assert [folder.name for folder in folders] == ["discs-fast-0", "discs-fast-0-2"]
    assert all(open_run(folder).config["status"] == "complete" for folder in folders)


def test_a_training_that_does_not_begin_leaves_no_folder(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        assert [folder.name for folder in Path("runs").iterdir()] == ["discs-fast-0"]
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("giemsa.training.train.resolve_symmetry", stop)
    assert status_of(["train", str(packed), "--quiet", *TINY]) == 130
    assert not list(tmp_path.iterdir())


def test_predict_gives_a_row_an_image(
    trained: Path, discs: ImageDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "neue Bilder ü"
    folder.mkdir()
    for index in range(4):
        Image.fromarray(discs.test.images[index]).save(folder / f"Zelle {index}.png")
    assert status_of(["predict", str(trained), str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["notes"], told["skipped"]) == ([], [])
    rows = told["predictions"]
    assert [Path(row["path"]).name for row in rows] == [f"Zelle {index}.png" for index in range(4)]
    for row in rows:
        assert row["probability"] == max(row["probabilities"].values())
        assert sum(row["probabilities"].values()) == pytest.approx(1)
    assert status_of(["predict", str(trained), str(folder), "--out", str(tmp_path / "p.csv")]) == 0
    lines = (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("path,class,probability,")
    assert len(lines) == 5
    assert status_of(["predict", str(trained), str(folder), "--out", str(tmp_path / "p.json")]) == 0
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8")) == told


def test_a_full_disk_is_one_line_that_names_the_file(
    trained: Path,
    discs: ImageDataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Image.fromarray(discs.test.images[0]).save(tmp_path / "cell.png")
    out = tmp_path / "p.csv"
    monkeypatch.setattr(Path, "write_text", full)
    refusal = _refusal(["predict", str(trained), str(tmp_path / "cell.png"), "--out", str(out)], capsys)
    assert refusal.startswith(f"giemsa: cannot write {out}: the disk is full; ")
    assert [path.name for path in tmp_path.iterdir()] == ["cell.png"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            MemoryError("Unable to allocate 9 TiB"),
            "there is not enough memory for this: Unable to allocate 9 TiB",
        ),
        (MemoryError(), "there is not enough memory for this: take fewer or smaller images"),
        (
            FileExistsError(errno.EEXIST, "File exists", "run/evaluation"),
            "run/evaluation: File exists; choose another place",
        ),
        (
            NotADirectoryError(errno.ENOTDIR, "Not a directory", "run"),
            "run: Not a directory; choose another place",
        ),
    ],
)
def test_what_the_machine_cannot_do_is_one_line(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("giemsa.training.predict.predict_files", fail)
    assert _refusal(["predict", "run", "image.png"], capsys).startswith(f"giemsa: {words}")


def test_predict_names_an_unreadable_image(
    trained: Path, discs: ImageDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(discs.test.images[0]).save(tmp_path / "good.png")
    (tmp_path / "empty.png").write_bytes(b"")
    assert "empty.png" in _refusal(["predict", str(trained), str(tmp_path)], capsys)
    assert status_of(["predict", str(trained), str(tmp_path), "--skip-bad", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert len(told["predictions"]) == 1
    assert [skipped["path"] for skipped in told["skipped"]] == [str(tmp_path / "empty.png")]
    assert "is empty" in told["skipped"][0]["reason"]
    assert captured.err.startswith("1 image was left out:\n")
    assert captured.err.count("empty.png") == 1
    to_file = [
        str(trained),
        str(tmp_path),
        "--skip-bad",
        "--json",
        "--quiet",
        "--out",
        str(tmp_path / "p.csv"),
    ]
    assert status_of(["predict", *to_file]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out) == {
        "out": str(tmp_path / "p.csv"),
        "notes": [],
        "skipped": told["skipped"],
    }


@pytest.mark.parametrize("interrupted", [KeyboardInterrupt(), typer.Abort(), 130])
def test_an_interrupt_is_said_however_typer_hands_it_on(
    interrupted: BaseException | int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> int:
        if isinstance(interrupted, int):
            return interrupted
        raise interrupted

    monkeypatch.setattr("giemsa.cli.app.app", stopped)
    assert status_of(["datasets"]) == 130
    assert capsys.readouterr().err == "giemsa: interrupted\n"


def test_wildcards_are_left_to_typer_which_knows_them_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("giemsa.cli.app.app", lambda arguments, **_: seen.append(arguments))
    with pytest.raises(SystemExit):
        main()
    assert seen == [None]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_keeps_the_run_and_resume_finishes_it(packed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my run"
    # a shell that starts its jobs in the background hands down an ignored Ctrl-C
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from giemsa.cli.app import main; main()"
    )
    command = [sys.executable, "-c", code, "train"]
    arguments = [str(packed), "--out", str(folder), *TINY, "--epochs", "30"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch  3/"):
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130
    assert "Traceback" not in rest
    assert f'go on with `giemsa train --resume "{folder}"`' in rest
    assert (folder / "model.safetensors").exists()
    assert status_of(["train", "--resume", str(folder), "--quiet"]) == 0
    assert len((folder / "history.csv").read_text(encoding="utf-8").splitlines()) == 31


def test_names_give_a_terminal_no_orders(capsys, monkeypatch):
    """A name may hold signs that clear the screen, or write what looks like another command's words."""
    with Session() as session:
        session.show({}, "a\ttable\n\x1b[2J")
        assert capsys.readouterr().out == "a\ttable\n\x1b[2J\n"  # a file gets names as they are
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        session.show({}, "a\ttable\n\x1b[2J")
    assert capsys.readouterr().out == "a\ttable\n\\x1b[2J\n"


def test_on_a_terminal_sentences_are_broken_between_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    told = "   Why: " + "word " * 12 + "end.\n" + "table " * 12
    for terminal in (False, True):
        monkeypatch.setattr("sys.stdout.isatty", lambda terminal=terminal: terminal)
        Session().show({}, told)
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1] == "table " * 12
        assert [len(line) <= 40 for line in lines[:-1]] == ([True] * 2 if terminal else [False])
        assert all(line.startswith("   ") for line in lines[:-1])


def test_errors_and_progress_give_a_terminal_no_orders(capsys):
    assert status_of(["explore", "cells\x1b[2J.npz"]) == 2
    with Session() as session:
        session.say("left out: \x1b]0;cell.png\a")
    words = capsys.readouterr().err
    assert "cells\\x1b[2J.npz does not exist" in words
    assert "left out: \\x1b]0;cell.png\\x07" in words
    assert "\x1b" not in words


@pytest.mark.parametrize(
    ("words", "n_readers"), [(["--threads", "1"], 1), (["--threads", "3"], 3), ([], None)]
)
def test_files_are_read_by_no_more_threads_than_are_asked_for(
    words: list[str],
    n_readers: int | None,
    discs: ImageDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(12):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        Image.fromarray(discs.train.images[number]).save(tmp_path / "ab"[number % 2] / f"{number}.png")
    sizes = []
    monkeypatch.setattr(
        "giemsa.data.images.ThreadPoolExecutor", lambda n: (sizes.append(n), ThreadPoolExecutor(n))[1]
    )
    before = torch.get_num_threads()
    assert status_of(["explore", str(tmp_path), "--quiet", *words]) == 0
    assert set(sizes) == {n_readers or usable_cores() + WAITING_FOR_THE_DISK}
    assert torch.get_num_threads() == before


def test_a_container_with_a_quota_of_two_cores_computes_with_two_threads() -> None:
    code = (
        "from giemsa.data import cores; cores.bound_cores = lambda: 8; cores._quotas = lambda: [2.5]\n"
        "from giemsa.cli.app import main\n"
        "try: main(['datasets', '--quiet'])\n"
        "except SystemExit as leaving: assert not leaving.code\n"
        "import torch; print(torch.get_num_threads())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert told.splitlines()[-1] == "2"
