"""On a graphics card a training can stop and go on, and what comes out can be evaluated and looked into."""

from pathlib import Path

import pytest
import torch

from giemsa.data.dataset import ImageDataset
from giemsa.evaluation.evaluate import evaluate
from giemsa.interpretation.interpret import interpret
from giemsa.training.history import Epoch
from giemsa.training.recipes import Recipe
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
