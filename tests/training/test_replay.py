"""A recorded step teaches what the step itself teaches; only steps that are the same operations each time are recorded.

Where there is no card, a recorder in Python stands in for its graphs: it writes down every operation with the memory that it
reads and writes, and does them again. Like a graph it knows nothing of Python, and it refuses to read a number back. On a card
itself see test_graphics_card.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from giemsa.data.dataset import ImageDataset
from giemsa.models import build_model
from giemsa.training import loop, replay
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classes, Classifier, Preprocessing
from giemsa.training.device import Compute
from giemsa.training.optimisers import build_optimiser
from giemsa.training.recipes import Recipe
from giemsa.training.replay import Replay, can_be_replayed

SHORT = Recipe(epochs=2, minimum_steps=0, batch_size=40)  # of 96 images: 40, 40 and 16 an epoch


class _Graph(TorchDispatchMode):
    """Operations as CUDA's graphs keep them: with their places in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, list[Any]]] = []
        self.replays = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("a number is read back while a step is recorded")
        given = func(*args, **(kwargs or {}))
        self.operations.append((func, args, kwargs or {}, tree_leaves(given)))
        return given

    @torch.no_grad()
    def replay(self) -> None:
        self.replays += 1
        for func, args, kwargs, places in self.operations:
            for place, given in zip(places, tree_leaves(func(*args, **kwargs)), strict=True):
                if isinstance(given, Tensor) and given.data_ptr() != place.data_ptr():
                    place.copy_(given)


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[_Graph]:
    """Let the recorder stand in for CUDA's graphs, and return those that will be made."""
    made: list[_Graph] = []
    record = Replay._record

    def new() -> _Graph:
        made.append(_Graph())
        return made[-1]

    def without_a_trace(self: Replay, *arguments: Any) -> Any:  # a card does nothing while it records
        memories = arguments[-1].state.values()
        moved = [*self.classifier.state_dict().values(), *(each for one in memories for each in one.values())]
        before = [each.clone() for each in moved]
        recording = record(self, *arguments)
        for each, value in zip(moved, before, strict=True):
            each.copy_(value)
        return recording

    monkeypatch.setattr(torch.cuda, "CUDAGraph", new)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: graph)
    monkeypatch.setattr(Replay, "_record", without_a_trace)
    monkeypatch.setattr(loop, "can_be_replayed", lambda *_: True)
    return made


def _learn(data: ImageDataset, recipe: Recipe) -> Classifier:
    classifier = build_classifier(data, recipe, seed=1, compute=Compute())
    for _ in loop.fit(classifier, data, recipe, seed=1):
        pass
    return classifier


@pytest.mark.parametrize(
    "changes", [{"model": "convnet-ensemble"}, {}, {"class_weights": True, "skip_known": 0.0}]
)
def test_recorded_steps_teach_what_steps_as_they_come_teach(
    discs: ImageDataset,
    changes: dict[str, Any],
    graphs: list[_Graph],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = SHORT.replace(**changes)
    monkeypatch.setattr(replay, "WARM_UP", 1)
    recorded = _learn(discs, recipe)
    assert [graph.replays for graph in graphs] == [3, 1]  # all but the first of each size
    monkeypatch.setattr(replay, "WARM_UP", 1000)
    plain = _learn(discs, recipe)
    assert len(graphs) == 2
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(recorded.state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_the_recorder_refuses_to_read_back() -> None:
    with pytest.raises(RuntimeError, match="read back"), _Graph():
        torch.ones(1).item()


def _plain() -> nn.Module:
    return build_model(
        "convnet", channels=1, n_classes=4, size=12, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize(
    ("network", "optimiser", "device", "expected"),
    [
        (_plain(), "muon", "cuda", True),
        (_plain(), "muon", "cpu", False),
        (_plain(), "muon", "mps", False),
        (_plain(), "adamw", "cuda", False),
        (nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 4)), "muon", "cuda", False),
    ],
)
def test_only_where_it_is_safe(network: nn.Module, optimiser: str, device: str, expected: bool) -> None:
    preprocessing = Preprocessing((12, 12, 1), (0.4,), (0.2,))
    classifier = Classifier(network, preprocessing, Classes(tuple("abcd"), compute=Compute(device)))
    recipe = Recipe(optimiser=optimiser)  # type: ignore[arg-type]
    assert can_be_replayed(classifier, build_optimiser(classifier, recipe)) is expected
