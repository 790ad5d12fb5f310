"""On a graphics card a training can stop and go on, and what comes out can be evaluated and looked into."""

from pathlib import Path
from typing import Any

import pytest
import torch

from giemsa.data.dataset import ImageDataset
from giemsa.evaluation.evaluate import evaluate
from giemsa.interpretation.interpret import interpret
from giemsa.training import loop
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.history import Epoch
from giemsa.training.recipes import Recipe
from giemsa.training.replay import Replay
from giemsa.training.train import resume, train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card with CUDA here")

SHORT = Recipe(epochs=3, minimum_steps=0, batch_size=32, selection="average", average_decay=0.9)


class _Stop(Exception):
    pass


def _stop(epoch: Epoch, epochs: int) -> None:
    raise _Stop


def test_resuming_gives_the_very_weights(discs: ImageDataset, tmp_path: Path) -> None:
    whole = train(discs, SHORT, out=tmp_path / "whole", device="cuda")
    with pytest.raises(_Stop):
        train(discs, SHORT, out=tmp_path / "broken", device="cuda", on_epoch=_stop)
    resumed = resume(tmp_path / "broken", data=discs)
    assert resumed.config["device"] == "cuda"
    for name, value in whole.classifier.state_dict().items():
        torch.testing.assert_close(resumed.classifier.state_dict()[name], value, rtol=0, atol=0)


def test_a_run_is_evaluated_and_looked_into(discs: ImageDataset, tmp_path: Path) -> None:
    run = train(discs, SHORT, out=tmp_path / "run", device="cuda")
    assert evaluate(run).card.confusion.sum() == len(discs.test)
    assert interpret(run).attribution is not None


@pytest.mark.parametrize("model", ["convnet", "convnet-ensemble"])
def test_recorded_steps_teach_what_steps_as_they_come_teach(
    discs: ImageDataset, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # two batches of 40 and one of 16 an epoch; slowly, since small differences grow in a fast training
    recipe = Recipe(model=model, epochs=5, minimum_steps=0, batch_size=40, learning_rate=0.01)
    recordings: list[int] = []
    step = Replay.step

    def watched(self: Replay, *arguments: Any) -> Any:
        recordings.append(len(self._recordings))
        return step(self, *arguments)

    monkeypatch.setattr(Replay, "step", watched)
    recorded = _losses(discs, recipe)
    assert len(recordings) == 15
    assert recordings[-1] == 2  # both sizes of batch
    monkeypatch.setattr(loop, "can_be_replayed", lambda *_: False)
    assert _losses(discs, recipe) == pytest.approx(recorded, rel=1e-2)
    assert len(recordings) == 15


def _losses(data: ImageDataset, recipe: Recipe) -> list[float]:
    classifier = build_classifier(data, recipe, seed=1, compute=Compute("cuda"))
    return [epoch.loss for epoch in loop.fit(classifier, data, recipe, seed=1)]


def test_the_same_seed_gives_the_same_weights(discs: ImageDataset) -> None:
    recipe = Recipe(epochs=3, minimum_steps=0, batch_size=40)
    weights = []
    for _ in range(2):
        classifier = build_classifier(discs, recipe, seed=1, compute=Compute("cuda", "bfloat16"))
        for _ in loop.fit(classifier, discs, recipe, seed=1):
            pass
        weights.append(classifier.state_dict())
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=0, atol=0)
