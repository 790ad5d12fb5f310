"""`giemsa audit`: words or JSON on stdout, a cleaned manifest, and status 3 for severe findings where asked."""

import json
from pathlib import Path

import numpy as np
import pytest

from giemsa.auditing import out_of_fold
from giemsa.cli.app import status_of


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 40), ("val", 10), ("test", 10)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n) % 2)[:, None].astype(np.uint8)
    arrays["test_images"][4] = arrays["train_images"][8]
    path = tmp_path / "cells.npz"
    np.savez(path, **arrays)
    return path


def test_words_json_figures_and_manifest(
    leaking: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, out = tmp_path / "clean.csv", tmp_path / "audit"
    assert (
        status_of(["audit", str(leaking), "--quick", "--fix", str(clean), "--out", str(out), "--quiet"]) == 0
    )
    words = capsys.readouterr().out
    assert words.startswith("Audit of cells (quick): 60 images, 1 severe")
    assert len(clean.read_text().splitlines()) == 1 + 59
    kept = json.loads((out / "audit.json").read_text())
    assert status_of(["audit", str(leaking), "--quick", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == kept


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ([], "thorough"),
        (["--level", "short"], "short"),
        (["--level", "quick"], "quick"),
        (["--quick"], "quick"),
    ],
)
def test_the_level_is_the_one_asked_for(
    words: list[str], level: str, leaking: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    class Asked(Exception):
        pass

    def audit(data: object, **options: object) -> None:
        asked.update(options)
        raise Asked

    monkeypatch.setattr("giemsa.auditing.audit.audit", audit)
    with pytest.raises(Asked):
        status_of(["audit", str(leaking), *words])
    assert (asked["quick"], asked["thorough"]) == (level == "quick", level == "thorough")


def test_the_middle_level_trains_and_says_so(
    leaking: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out_of_fold, "LEAST_STEPS", 4)
    assert status_of(["audit", str(leaking), "--level", "short", "--quiet", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["level"] == "short"
    assert told["label_errors"] is not None
    assert told["learning_curve"] is None


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--level", "thoroug"], "no level is called 'thoroug'; did you mean thorough"),
        (["--quick", "--level", "short"], "--level does nothing beside --quick"),
    ],
)
def test_a_level_that_is_none_is_one_line(
    words: list[str], refusal: str, leaking: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["audit", str(leaking), *words]) == 2
    assert refusal in capsys.readouterr().err


def test_severe_findings_give_status_three_only_when_strict(leaking: Path, tmp_path: Path) -> None:
    assert status_of(["audit", str(leaking), "--quick", "--quiet"]) == 0
    assert status_of(["audit", str(leaking), "--quick", "--quiet", "--strict"]) == 3
    clean = tmp_path / "clean.csv"
    status_of(["audit", str(leaking), "--quick", "--quiet", "--fix", str(clean)])
    assert status_of(["audit", str(clean), "--size", "28", "--quick", "--quiet", "--strict"]) == 0


def test_a_manifest_in_the_way_is_refused_before_the_work(
    leaking: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    assert status_of(["audit", str(leaking), "--quick", "--fix", str(mine)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    account = mine.rename(tmp_path / "clean.left-out.csv")
    monkeypatch.setattr("giemsa.cli.audit.load_aloud", None)  # would be called for the work
    for name, refusal in (("clean.csv", f"{account} exists already"), ("clean", "does not end in .csv")):
        assert status_of(["audit", str(leaking), "--quick", "--fix", str(tmp_path / name)]) == 2
        assert refusal in capsys.readouterr().err


def test_the_findings_are_shown_when_nothing_would_be_left_to_train_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clean = tmp_path / "grey.npz", tmp_path / "clean.csv"
    grey = {
        f"{split}_images": np.full((20, 28, 28), 90, dtype=np.uint8) for split in ("train", "val", "test")
    }
    labels = {f"{split}_labels": (np.arange(20) % 2)[:, None] for split in ("train", "val", "test")}
    np.savez(path, **grey, **labels)
    assert status_of(["audit", str(path), "--quick", "--quiet", "--fix", str(clean)]) == 2
    told = capsys.readouterr()
    assert told.out.startswith("Audit of grey (quick): 60 images")
    assert told.err.strip().splitlines()[-1].startswith("giemsa: nothing would be left in train")
    assert not clean.exists()


def test_a_class_renamed_bears_its_new_name(leaking: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    words = ["audit", str(leaking), "--quick", "--quiet", "--rename", "1=basophil", "--fix", str(clean)]
    assert status_of(words) == 0
    assert clean.read_text().count(",basophil,") == 30
