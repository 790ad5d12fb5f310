"""A small run folder with made-up results on made-up discs, one of whose classes bears a hostile name."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from giemsa.data.dataset import ImageDataset
from giemsa.errors import RunError
from giemsa.evaluation.evaluate import score
from giemsa.evaluation.modelcard import fill_model_card
from giemsa.plots.gallery import Picture, save_pictures
from giemsa.plots.style import new_figure, tidy
from giemsa.training.history import Epoch

HOSTILE = "<script>document.title = 'caught'</script> & \"co\""
STAGES = ("explore", "audit", "train", "evaluate", "interpret")


@dataclass
class ToldRun:
    """A run as the report sees it."""

    folder: Path
    config: dict[str, Any]
    history: tuple[Epoch, ...]
    discs: ImageDataset | None
    answers: tuple[np.ndarray, np.ndarray]

    def data(self) -> ImageDataset:
        if self.discs is None:
            raise RunError("the data is no longer what it was")
        return self.discs

    def predictions(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        assert split == "test"
        return self.answers


def _picture(stage: str) -> Picture:
    figure = new_figure(3, 2)
    tidy(figure.subplots(), title=stage).plot([0, 1], [1, 0])
    return Picture(
        f"{stage}-line", figure, f"A line of {stage}", "A falling line", f"It shows {stage}.", "No more."
    )


def _config(data: ImageDataset) -> dict[str, Any]:
    return {
        "version": 1,
        "recipe": {
            "name": "fast",
            "model": "tutorial",
            "epochs": 3,
            "selection": "best",
            "learning_rate": 0.125,
        },
        "model": "tutorial",
        "own_model": False,
        "selection": "the weights of the epoch with the least validation loss",
        "test_looks": 1,
        "seed": 7,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "versions": {"giemsa": "0.1.0", "torch": "2.13.0"},
        "data": {
            "name": "discs",
            "title": "Discs",
            "sha256": data.fingerprint,
            "source": {"data": "my discs.npz", "size": 20},
            "class_names": list(data.class_names),
            "counts": {name: len(split) for name, split in data.splits.items()},
        },
    }


def _answers(labels: np.ndarray) -> np.ndarray:
    """Return probabilities that are right but for images 3 (taken for class 2) and 4 (taken for class 0)."""
    probabilities = np.full((len(labels), 3), 0.05)
    probabilities[np.arange(len(labels)), labels] = 0.9
    probabilities[3], probabilities[4] = [0.01, 0.01, 0.98], [0.6, 0.3, 0.1]
    return probabilities


def _write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _interpretation(answers: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    labels, probabilities = answers
    measured = {"value": 0.75, "low": 0.7, "high": 0.8, "n": 12}
    methods = [
        {
            "method": name,
            "title": title,
            "verdict": verdict,
            "sentence": f"{title} {verdict}.",
            "pointing": measured,
        }
        for name, title, verdict in (("grad_cam", "Grad-CAM", "trusted"), ("gradient", "Gradient", "fails"))
    ]
    places = np.stack([labels * 10.0, np.arange(len(labels))], axis=1)
    points = {
        "split": "test",
        "indices": list(range(len(labels))),
        "labels": labels.tolist(),
        "predicted": probabilities.argmax(axis=1).tolist(),
        "positions": places.tolist(),
        "pca": places[:, ::-1].tolist(),
        "explained": [0.5, 0.25],
    }
    return {"sentences": ["it looks at discs"], "trust": methods, "map": points}


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    save_pictures(folder, [_picture(stage) for stage in STAGES])
    return folder


@pytest.fixture
def told_run(discs: ImageDataset, figures: Path, tmp_path: Path) -> ToldRun:
    """Return a run all of whose stages were run: 30 test images, 28 rightly named."""
    data = discs.rename({2: HOSTILE})
    answers = data.test.labels, _answers(data.test.labels)
    config = _config(data)
    evaluation = score(*answers, class_names=data.class_names, images=data.test.images)
    told = evaluation.to_json() | {"model_card": [item.to_json() for item in fill_model_card(config, {}, {})]}
    folder = tmp_path / "run"
    _write(folder, "metrics.json", evaluation.metrics())
    _write(folder, "evaluation/evaluation.json", told)
    _write(folder, "interpretation/interpretation.json", _interpretation(answers))
    finding = {
        "severity": "severe",
        "title": "4 copies across splits",
        "evidence": "x",
        "why": "y",
        "advice": "z",
    }
    _write(folder, "audit.json", {"findings": [finding]})
    (folder / "predictions").mkdir()
    (folder / "predictions" / "test.csv").touch()
    (folder / "figures").symlink_to(figures)
    history = tuple(Epoch(k, 1.0 / k, 0.5, [0.9, 0.2, 0.4][k - 1], 0.9, 0.125, 2.0) for k in (1, 2, 3))
    return ToldRun(folder, config, history, data, answers)


@pytest.fixture
def fresh_run(told_run: ToldRun, tmp_path: Path) -> ToldRun:
    """Return a run that was only trained."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    return dataclasses.replace(told_run, folder=folder, config=told_run.config | {"test_looks": 0})


@pytest.fixture
def text_of() -> Callable[[str], str]:
    """Return a function that takes the tags out of a page, so that words can be looked for."""
    import html
    import re

    def strip(page: str) -> str:
        page = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.S)
        return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))

    return strip
