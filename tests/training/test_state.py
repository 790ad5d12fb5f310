"""What resuming needs is taken only where it is of this training: else it is told, before a step is made."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from giemsa.data.dataset import ImageDataset
from giemsa.errors import ModelError, RunError
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.files import read_tensors, write_tensors
from giemsa.training.loop import fit
from giemsa.training.optimisers import parameters_of
from giemsa.training.recipes import Recipe
from giemsa.training.sampling import begin_memory
from giemsa.training.state import TrainingState, begin, load_state, save_state

Weights = dict[str, Tensor]
SHORT = Recipe(model="tutorial", epochs=1, batch_size=96, precision="float32", minimum_steps=0)
OPTIMISERS = ("muon", "adamw", "sgd")


def _begun(discs: ImageDataset, recipe: Recipe) -> TrainingState:
    classifier = build_classifier(discs, recipe, seed=0, compute=Compute())
    return begin(classifier, recipe, len(discs.train), seed=0)


@pytest.fixture(scope="module", params=OPTIMISERS)
def saved(
    request: pytest.FixtureRequest, discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Recipe, Path]:
    recipe = SHORT.replace(optimiser=request.param, learning_rate=1e-3)
    state = _begun(discs, recipe)
    assert len(list(fit(state.classifier, discs, recipe, state=state))) == 1
    path = tmp_path_factory.mktemp("state") / "resume.safetensors"
    save_state(state, path)
    return recipe, path


def test_the_round_trip(discs: ImageDataset, saved: tuple[Recipe, Path], tmp_path: Path) -> None:
    recipe, path = saved
    state = _begun(discs, recipe)
    load_state(state, path)
    assert (state.epochs_done, state.best_epoch) == (1, 1)
    assert state.best_loss == state.history[0].val_loss
    save_state(state, tmp_path / "again.safetensors")
    (before, facts), (after, same) = (read_tensors(one) for one in (path, tmp_path / "again.safetensors"))
    assert facts == same
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def _first(tensors: Weights, prefix: str) -> str:
    return next(name for name, value in tensors.items() if name.startswith(prefix) and value.ndim > 1)


def _without(prefix: str) -> Callable[[Weights], Weights]:
    return lambda tensors: {name: value for name, value in tensors.items() if name != _first(tensors, prefix)}


def _other(prefix: str, change: Callable[[Tensor], Tensor]) -> Callable[[Weights], Weights]:
    return lambda tensors: tensors | {(name := _first(tensors, prefix)): change(tensors[name])}


def _renamed(tensors: Weights) -> Weights:
    name = _first(tensors, "optimiser/0/")
    return {key: value for key, value in tensors.items() if key != name} | {"optimiser/0/x": tensors[name]}


def _load_changed(
    discs: ImageDataset, saved: tuple[Recipe, Path], folder: Path, change: Callable[[Weights], Weights]
) -> None:
    recipe, path = saved
    tensors, facts = read_tensors(path)
    write_tensors(folder / "changed.safetensors", change(tensors), facts)
    load_state(_begun(discs, recipe), folder / "changed.safetensors")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without("kept/"), "weight"),
        (_renamed, "of parameter 0 the optimiser remembers"),
        (_other("optimiser/", lambda value: value[:1]), "has the shape"),
        (_other("now/", lambda value: torch.full_like(value, math.nan)), "it holds what is no number"),
        (
            lambda tensors: tensors | {"images/turns": torch.zeros(5, dtype=torch.int64)},
            "does not remember 96 images",
        ),
        (lambda tensors: tensors | {"images/names": torch.zeros(96)}, "unexpected keyword"),
    ],
)
def test_tensors_of_another_training_are_told(
    discs: ImageDataset,
    saved: tuple[Recipe, Path],
    tmp_path: Path,
    change: Callable[[Weights], Weights],
    words: str,
) -> None:
    with pytest.raises(
        RunError, match=rf"changed\.safetensors is not the state of this training \(.*{words}"
    ):
        _load_changed(discs, saved, tmp_path, change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without("now/"), "Missing key"),
        (_other("now/", lambda value: value[:1]), "size mismatch"),
    ],
)
def test_weights_of_another_network_are_told(
    discs: ImageDataset,
    saved: tuple[Recipe, Path],
    tmp_path: Path,
    change: Callable[[Weights], Weights],
    words: str,
) -> None:
    with pytest.raises(ModelError, match=rf"changed\.safetensors do not fit the network: .*{words}"):
        _load_changed(discs, saved, tmp_path, change)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        {},
        {"history": 3},
        {"history": [3]},
        {"history": [{"epoch": 1}]},
        {"history": [{"epoch": "x"}]},
    ],
)
def test_facts_that_are_none_are_told(
    discs: ImageDataset, saved: tuple[Recipe, Path], tmp_path: Path, facts: object
) -> None:
    recipe, path = saved
    tensors, _ = read_tensors(path)
    write_tensors(tmp_path / "changed.safetensors", tensors, json.loads(json.dumps(facts)))
    with pytest.raises(RunError, match="is not the state of this training"):
        load_state(_begun(discs, recipe), tmp_path / "changed.safetensors")


def test_the_memory_of_another_optimiser_is_told(discs: ImageDataset, saved: tuple[Recipe, Path]) -> None:
    recipe, path = saved
    others = [name for name in OPTIMISERS if name != recipe.optimiser]
    assert len(others) == 2
    for other in others:
        with pytest.raises(RunError, match="the optimiser remembers"):
            load_state(_begun(discs, recipe.replace(optimiser=other)), path)


def test_weights_and_momentum_lie_in_memory_as_they_did(discs: ImageDataset, tmp_path: Path) -> None:
    recipe = SHORT.replace(model="convnet")
    state = _begun(discs, recipe)
    list(fit(state.classifier, discs, recipe, state=state))
    state.kept = {name: value + 1 for name, value in state.kept.items()}
    save_state(state, tmp_path / "resume.safetensors")
    found = _begun(discs, recipe)
    load_state(found, tmp_path / "resume.safetensors")
    weights = [(found.classifier.state_dict(), state.classifier.state_dict()), (found.kept, state.kept)]
    parameters = [parameters_of(each.optimiser) for each in (found, state)]
    weights += [
        (found.optimiser.state[one], state.optimiser.state[other])
        for one, other in zip(*parameters, strict=True)
    ]
    assert len(weights) == 2 + len(list(state.classifier.parameters()))
    for ours, theirs in weights:
        assert ours.keys() == theirs.keys()
        for name, value in theirs.items():
            assert torch.equal(ours[name], value), name
            assert ours[name].stride() == value.stride(), name


def test_a_training_begins_its_rounds_of_views_by_the_seed(discs: ImageDataset) -> None:
    classifier = build_classifier(discs, SHORT, seed=3, compute=Compute())
    assert torch.equal(begin(classifier, SHORT, 96, seed=3).memory.turns, begin_memory(96, seed=3).turns)
