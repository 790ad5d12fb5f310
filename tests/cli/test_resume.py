"""`--resume` where the data were moved: they are found where `--data` says, and must be what they were."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from giemsa.cli.app import status_of
from giemsa.cli.session import Session
from giemsa.cli.train import resumable
from giemsa.data.dataset import ImageDataset
from giemsa.data.load import load
from giemsa.training.recipes import Recipe
from giemsa.training.run import open_run
from giemsa.training.train import resume, train

SHORT = Recipe(model="tutorial", epochs=2, minimum_steps=0, precision="float32", symmetry="mirror")


class _Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def begun(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a training that was stopped, ``run``, and its data, which were moved to ``moved.npz``."""

    def stop(*_: object) -> None:
        raise _Stopped

    folder = tmp_path_factory.mktemp("begun")
    arrays = {}
    for name, split in discs.splits.items():
        arrays |= {f"{name}_images": split.images, f"{name}_labels": split.labels}
    np.savez(folder / "old.npz", **arrays)
    arrays["train_images"] = arrays["train_images"][::-1]
    np.savez(folder / "others.npz", **arrays)
    with pytest.raises(_Stopped):
        train(folder / "old.npz", SHORT, out=folder / "run", on_epoch=stop)
    (folder / "old.npz").rename(folder / "moved.npz")
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "copy"))


def test_a_training_goes_on_where_its_data_lie_now(
    folder: Path, discs: ImageDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "--resume", str(folder / "run"), "--data", str(folder / "moved.npz")]
    assert status_of(words) == 0
    assert f"the run's data: {folder / 'moved.npz'}" in capsys.readouterr().err
    run = open_run(folder / "run", data=discs)
    assert (run.config["status"], len(run.history)) == ("complete", 2)


def test_where_the_data_lie_now_is_said_once(
    folder: Path, discs: ImageDataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(folder)
    words = ["train", "--resume", "run", "--quiet", "--data"]
    for name in ("moved.npz", "again.npz"):  # the second time, the training is complete
        assert status_of([*words, name]) == 0
        monkeypatch.chdir(tmp_path)
        assert open_run(folder / "run").place == str(folder / name)
        assert open_run(folder / "run").data().fingerprint == discs.fingerprint
        monkeypatch.chdir(folder)
        if name == "moved.npz":
            Path(name).rename("again.npz")
    assert status_of([*words, "others.npz"]) == 2
    assert open_run(folder / "run").place == str(folder / "again.npz")


def test_of_a_data_set_at_hand_it_is_kept_where_it_came_from(folder: Path, discs: ImageDataset) -> None:
    old = open_run(folder / "run").place
    resume(folder / "run", data=discs)  # from memory
    assert open_run(folder / "run").place == old
    resume(folder / "run", data=load(folder / "moved.npz"))
    assert open_run(folder / "run").place == str(folder / "moved.npz")


def test_a_whole_run_goes_on_where_its_data_lie_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[str] = []
    monkeypatch.setattr(
        "giemsa.pipeline._look_at", lambda run, *_, **__: places.append(run.data().source["data"])
    )
    monkeypatch.setattr("giemsa.cli.run.headline", lambda run: ({}, ""))
    (folder / "run" / "audit.json").write_text("{}", encoding="utf-8")
    words = ["run", "--resume", str(folder / "run"), "--data", str(folder / "moved.npz"), "--quiet"]
    assert status_of(words) == 0
    assert places == [str(folder / "moved.npz")]


@pytest.mark.parametrize("command", ["train", "run"])
def test_without_a_word_of_it_moved_data_are_asked_for(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of([command, "--resume", str(folder / "run"), "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "old.npz: put them back, or say where they lie with --data" in told


@pytest.mark.parametrize("command", ["train", "run"])
def test_other_data_are_refused_and_the_run_is_as_it_was(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in (folder / "run").iterdir() if path.is_file()}
    words = [command, "--resume", str(folder / "run"), "--data", str(folder / "others.npz"), "--quiet"]
    assert status_of(words) == 2
    assert "is not what" in capsys.readouterr().err
    assert before == {path.name: path.read_bytes() for path in (folder / "run").iterdir() if path.is_file()}


@pytest.mark.parametrize("command", ["evaluate", "interpret"])
def test_what_would_not_hold_for_the_weights_to_come_is_not_found_out(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor would a look at test during the training be counted, which writes its own account."""
    run = folder / "run"
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert status_of([command, str(run), "--data", str(folder / "moved.npz"), "--quiet"]) == 2
    told = capsys.readouterr().err
    assert f"has not come to its end: go on with it by `giemsa train --resume {run}`" in told
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_data_on_another_machine_are_read_since_the_user_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((folder / "run" / "config.json").read_text(encoding="utf-8"))
    config["data"]["source"]["data"] = "//server/share/cells.npz"
    (folder / "run" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    words = ["train", "--resume", str(folder / "run"), "--quiet"]
    assert status_of(words) == 2
    assert "the data lie on another machine" in capsys.readouterr().err
    assert status_of([*words, "--data", str(folder / "moved.npz")]) == 0


def test_who_stops_it_again_is_told_the_whole_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        Session() as session,
        pytest.raises(KeyboardInterrupt),
        resumable(session, folder / "run", "train", "my cells"),
    ):
        raise KeyboardInterrupt
    assert f'`giemsa train --resume {folder / "run"} --data "my cells"`' in capsys.readouterr().err
