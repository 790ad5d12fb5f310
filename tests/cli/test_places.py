"""Places that cannot be written and names that are no text: one line and status 2, before the work where that can be known."""

import errno
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from giemsa.cli import app
from giemsa.cli.app import main, status_of
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file, target_folder
from giemsa.cli.train import EpochLines
from giemsa.errors import RunError
from giemsa.reporting.report import report
from giemsa.training.history import Epoch
from giemsa.training.run import open_run

TINY = ["--model", "tutorial", "--epochs", "1", "--precision", "float32", "--symmetry", "none"]
ODD = os.fsdecode(b"Zelle \xfc")  # as an archive from Windows leaves it


def _leaves_with(arguments: list[str]) -> object:
    """Run a command as a program of its own does, and return its exit status."""
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    return leaving.value.code


def _raising(error: OSError):  # type: ignore[no-untyped-def]
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "here/p.csv"),
            "here/p.csv: Permission denied; choose another place that can be read and written",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", b"here"),
            "here: Read-only file system; choose another place that can be read and written",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "the disk is full; choose another place that can be read and written, or free some space",
        ),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(
    error: OSError, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "app", _raising(error))
    assert status_of(["explore"]) == 2
    assert capsys.readouterr().err == f"giemsa: {words}\n"


def test_an_error_that_is_no_question_of_place_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "app", _raising(ConnectionError(errno.ECONNRESET, "reset")))
    with pytest.raises(ConnectionError):
        status_of(["explore"])


def test_a_target_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new" / "new.csv"
    old.write_text("mine")
    assert target_file(old, overwrite=True) == old
    assert old.read_text() == "mine"
    assert target_file(new, overwrite=False) == new
    assert list(new.parent.iterdir()) == []
    assert target_folder(tmp_path / "folder", overwrite=False) == tmp_path / "folder"
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_target_that_cannot_be_written_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(Path, "open", _raising(denied))
    with pytest.raises(RunError, match=r"cannot write .*p\.csv: Permission denied; .* with --fix"):
        target_file(tmp_path / "p.csv", overwrite=False, option="--fix")
    monkeypatch.setattr("giemsa.cli.targets.TemporaryFile", _raising(denied))
    with pytest.raises(RunError, match=r"cannot write .*: Permission denied; .* with --out"):
        target_folder(tmp_path, overwrite=True)


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that may not be written"
)
def test_a_folder_that_may_only_be_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(RunError, match="cannot write"):
        target_folder(tmp_path, overwrite=True)


def test_words_and_json_leave_in_utf8_whatever_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    monkeypatch.setattr(app, "status_of", lambda arguments: Session().show({}, f"grün, 細胞, {ODD}") or 0)
    with pytest.raises(SystemExit):
        main([])
    assert written.getvalue().decode("utf-8").rstrip() == "grün, 細胞, Zelle \\udcfc"


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as POSIX shells do")
@pytest.mark.parametrize(
    ("words", "status"),
    [("datasets >&-", 0), ("datasets >&- 2>&-", 0), ("datasets nothing 2>&-", 2), ("datasets | true", 0)],
)
def test_streams_that_are_closed_stop_nothing(words: str, status: int) -> None:
    script = f'set -o pipefail; "$0" -m giemsa {words}'
    told = subprocess.run(["bash", "-c", script, sys.executable], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (status, "")


def test_a_bar_says_from_its_first_moment_what_there_is_to_do() -> None:
    session, shown = Session(), io.StringIO()
    session._console = Console(file=shown, force_terminal=True, width=80)
    session.progress(0, 24, "reading images")
    session.end_progress()
    assert "0/24" in shown.getvalue()
    assert "None" not in shown.getvalue()


def test_a_line_an_epoch_fits_into_a_terminal_and_tells_the_speed_where_there_is_room() -> None:
    epoch = Epoch(100, 0.8746, 0.974, 0.2496, 0.979, 0.1, 3.7)
    for width, speed in ((80, False), (100, True)):
        session, shown = Session(), io.StringIO()
        session._console = Console(file=shown, force_terminal=True, width=width, highlight=False)
        EpochLines(session, 11_959)(epoch, 100)
        line = shown.getvalue().rstrip()
        assert len(line) <= width
        assert line.startswith(
            "epoch 100/100  loss 0.8746 val 0.2496  accuracy 0.9740 val 0.9790  0:00:00 left"
        )
        assert line.endswith("  3,232 images/s") is speed


def test_a_warning_is_a_line_without_places_in_the_source() -> None:
    before = warnings.formatwarning
    with Session():
        assert warnings.formatwarning("few images", UserWarning, "loop.py", 87) == "note: few images\n"
    assert warnings.formatwarning is before


def test_json_is_ascii_and_gives_names_back(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.as_json = True
    session.show({"path": f"細胞/{ODD}"}, "")
    told = capsys.readouterr().out
    assert told.isascii()
    assert json.loads(told) == {"path": f"細胞/{ODD}"}


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """Return a folder of a name that is not UTF-8, with three classes of images of such names."""
    if sys.platform in ("win32", "darwin"):
        pytest.skip("names there are always text")
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        for index in range(15):
            path = tmp_path / f"data {ODD}" / name / f"{ODD} {index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)
    return tmp_path / f"data {ODD}"


def test_files_and_folders_whose_names_are_no_text_are_used_like_others(
    odd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"  # of a name that safetensors can open
    assert _leaves_with(["train", str(odd_folder), "--size", "20", "--out", str(out), "--quiet", *TINY]) == 0
    run = open_run(out)
    assert run.config["data"]["source"]["data"] == str(odd_folder)
    assert run.data().train.images.shape[1:] == (20, 20, 3)
    assert "Zelle \\udcfc" in report(run).read_text(encoding="utf-8")
    table = tmp_path / "p.csv"
    assert _leaves_with(["predict", str(out), str(odd_folder / "a"), "--out", str(table), "--quiet"]) == 0
    assert "Zelle \\udcfc 3.png" in table.read_text(encoding="utf-8")
    capsys.readouterr()
    assert _leaves_with(["predict", str(out), str(odd_folder / "a"), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["predictions"][0]["path"] == str(
        odd_folder / "a" / f"{ODD} 0.png"
    )
    audit = ["audit", str(odd_folder), "--size", "20", "--quick", "--quiet", "--out", str(out), "--overwrite"]
    assert _leaves_with(audit) == 0
    assert json.loads((out / "audit.json").read_text(encoding="utf-8"))["data"] == odd_folder.name


def test_a_manifest_that_cannot_name_its_files_is_one_line(
    odd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fix = ["--quick", "--quiet", "--size", "20", "--fix", str(tmp_path / "clean.csv")]
    assert _leaves_with(["audit", str(odd_folder), *fix]) == 2
    told = capsys.readouterr().err
    assert told.startswith("giemsa: a name is not UTF-8, near ")
    assert "udcfc" in told


def test_a_class_whose_name_is_no_text_is_refused_in_one_line(
    odd_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (odd_folder / "b").rename(odd_folder / ODD)
    assert _leaves_with(["explore", str(odd_folder)]) == 2
    assert "'Zelle \\udcfc' is not UTF-8" in capsys.readouterr().err
