"""What `giemsa run` and `giemsa train` say in the end and in between."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from giemsa.cli.run import headline
from giemsa.cli.train import _plan
from giemsa.training.recipes import RECIPES


def test_a_run_ends_with_scores_in_words_and_columns(tmp_path: Path) -> None:
    score = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 1200}
    (tmp_path / "metrics.json").write_text(json.dumps({"test": {"accuracy": score, "ece": score}}))
    config = {"stage_seconds": {"train": 61.0, "report": 4.0}}
    _, words = headline(SimpleNamespace(folder=tmp_path, config=config, train_seconds=60.0))
    assert words.splitlines() == [
        "test accuracy           0.5000 (95 % interval 0.2500 to 0.7500, n = 1,200)",
        "test calibration error  0.5000 (95 % interval 0.2500 to 0.7500, n = 1,200)",
        "1 min 5 s in all, 1 min 0 s of it training",
        str(tmp_path / "report.html"),
    ]


@pytest.mark.parametrize(
    ("minutes", "epochs", "told"),
    [(1.0, 1, "1 minute is 1 epoch on this machine"), (2.5, 8, "2.5 minutes are 8 epochs on this machine")],
)
def test_minutes_and_epochs_are_counted(monkeypatch, minutes: float, epochs: int, told: str) -> None:
    planned = RECIPES["fast"].for_epochs(epochs)
    monkeypatch.setattr("giemsa.training.budget.plan_epochs", lambda *_, **__: planned)
    said: list[str] = []
    assert _plan(SimpleNamespace(say=said.append), None, RECIPES["fast"], minutes, "cpu") == planned
    assert said == [told]
