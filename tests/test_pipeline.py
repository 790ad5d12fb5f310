"""All stages in order on a small set: every file of the design, one page, and nothing done twice after an interruption."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from giemsa.auditing import out_of_fold
from giemsa.cli.run import headline
from giemsa.data.dataset import ImageDataset
from giemsa.errors import DataError, GiemsaError, RunError
from giemsa.evaluation.compared_runs import compare
from giemsa.pipeline import Listener, resume_run, run
from giemsa.training.recipes import Recipe
from giemsa.training.run import Run

SHORT = Recipe(
    name="short",
    model="tutorial",
    epochs=4,
    minimum_steps=0,
    batch_size=16,
    learning_rate=0.02,
    precision="float32",
)
STAGES = ["explore", "audit", "train", "evaluate", "interpret", "report"]


@pytest.fixture(scope="module", autouse=True)
def short_audit() -> Iterator[None]:
    """Let the audit's networks train for a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(out_of_fold, "LEAST_STEPS", 10)
        yield


@pytest.fixture(scope="module")
def heard() -> list[str]:
    return []


@pytest.fixture(scope="module")
def finished(discs: ImageDataset, heard: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "all"
    return run(discs, SHORT, out=folder, listener=Listener(stage=heard.append))


def test_the_stages_come_in_order(finished: Run, heard: list[str]) -> None:
    assert heard == STAGES
    assert list(finished.config["stage_seconds"]) == STAGES


def test_the_folder_is_that_of_the_design(finished: Run) -> None:
    names = {
        path.relative_to(finished.folder).as_posix() for path in finished.folder.rglob("*") if path.is_file()
    }
    assert names >= {
        "config.json",
        "history.csv",
        "model.safetensors",
        "model.json",
        "predictions/val.csv",
        "predictions/test.csv",
        "metrics.json",
        "audit.json",
        "interpretation/interpretation.json",
        "report.html",
    }
    for stage in ("explore", "train", "evaluate", "interpret"):
        assert any(name.startswith(f"figures/{stage}-") and name.endswith(".svg") for name in names), stage
    assert not any("resume" in name or name.endswith(".part") for name in names)


def test_runs_may_be_compared_by_their_folders(finished: Run) -> None:
    found = compare(str(finished.folder), finished.folder)
    assert found.scores["accuracy"][2].value == 0
    assert found.p_value == 1


def test_every_score_has_value_interval_and_n(finished: Run) -> None:
    metrics = json.loads((finished.folder / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == {"val", "test"}
    for name in ("accuracy", "auc", "balanced_accuracy", "log_loss", "ece"):
        assert set(metrics["test"][name]) == {"value", "low", "high", "n"}, name


def test_test_was_looked_at_once(finished: Run) -> None:
    assert finished.config["test_looks"] == 1


def test_the_headline_ends_with_the_page(finished: Run) -> None:
    value, words = headline(finished)
    assert words.splitlines()[-1] == str(finished.folder / "report.html") == value["report"]
    assert words.startswith("test accuracy ")


def test_an_existing_folder_is_refused_before_any_stage(finished: Run, discs: ImageDataset) -> None:
    heard: list[str] = []
    with pytest.raises(RunError, match="exists already"):
        run(discs, SHORT, out=finished.folder, listener=Listener(stage=heard.append))
    assert heard == []


def test_what_is_not_there_to_compute_with_is_refused_before_any_stage(discs: ImageDataset) -> None:
    heard: list[str] = []
    for recipe, device in ((SHORT.replace(model="convnot"), "auto"), (SHORT, "gpu")):
        with pytest.raises(GiemsaError, match=r"no (model|device) is called '(convnot|gpu)'"):
            run(discs, recipe, device=device, listener=Listener(stage=heard.append))
    assert heard == []


def _one_class(data: ImageDataset) -> ImageDataset:
    only = data.train.subset(np.flatnonzero(data.train.labels == 1))
    return dataclasses.replace(data, train=only)


def _no_test(data: ImageDataset) -> ImageDataset:
    return dataclasses.replace(data, test=data.test.subset(np.arange(0)))


@pytest.mark.parametrize(
    ("change", "words"), [(_one_class, "are of one class"), (_no_test, "test split of discs is empty")]
)
def test_data_that_a_later_stage_cannot_use_is_refused_before_the_audit(
    discs: ImageDataset, tmp_path: Path, change: Callable[[ImageDataset], ImageDataset], words: str
) -> None:
    heard: list[str] = []
    with pytest.raises(DataError, match=words):
        run(change(discs), SHORT, out=tmp_path / "run", listener=Listener(stage=heard.append))
    assert "audit" not in heard
    assert not (tmp_path / "run").exists()


class _Stopped(Exception):
    pass


def test_an_interrupted_run_goes_on(
    discs: ImageDataset, finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the figures are drawn above, and know of no interruption
    for result in ("evaluation.result.Evaluation", "interpretation.interpretation.Interpretation"):
        monkeypatch.setattr(f"giemsa.{result}.pictures", lambda self: ())

    def stop(epoch: object, epochs: int) -> None:
        raise _Stopped

    with pytest.raises(_Stopped):
        run(discs, SHORT, out=tmp_path / "run", listener=Listener(epoch=stop))
    heard: list[str] = []
    resumed = resume_run(tmp_path / "run", data=discs, listener=Listener(stage=heard.append))
    assert heard == ["train", "audit", "evaluate", "interpret", "report"]
    first, second = ((r.folder / "model.safetensors").read_bytes() for r in (finished, resumed))
    assert first == second
    assert (resumed.folder / "report.html").exists()
    stages, trained = resumed.config["stage_seconds"], resumed.config["train_seconds"]
    assert stages["train"] == pytest.approx(trained, abs=0.01)


def test_a_score_that_is_undefined_is_said(finished: Run, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(finished.folder, tmp_path / "run")), finished.config)
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    metrics["test"]["auc"] = {
        "value": None,
        "low": None,
        "high": None,
        "n": 30,
    }  # where a class is missing in test
    (run.folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert f"test {'AUC':18} undefined" in headline(run)[1].splitlines()
