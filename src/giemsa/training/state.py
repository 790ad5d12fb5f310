"""All that moves while a network trains: enough to stop after any epoch and go on to the very same weights."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor

from giemsa.errors import RunError
from giemsa.reading import find_misfit
from giemsa.training.classifier import Classifier
from giemsa.training.files import read_tensors, write_tensors
from giemsa.training.history import Epoch, best_epoch, epochs_in_order
from giemsa.training.optimisers import COUNTERS, Optimiser, build_optimiser, memory_names, parameters_of
from giemsa.training.recipes import Recipe
from giemsa.training.sampling import Memory, begin_memory

Weights = dict[str, Tensor]


@dataclass
class TrainingState:
    """The weights in motion, the optimiser's memory, the weights to keep, what is known of the images, and the history so far.

    Random choices need no place here: each epoch derives its own seeds.
    """

    classifier: Classifier
    optimiser: Optimiser
    kept: Weights
    memory: Memory
    best_loss: float = math.inf
    best_epoch: int = 0
    history: list[Epoch] = field(default_factory=list)
    moving: Weights | None = None  # the weights in motion, while the network has those to keep
    within_epoch: bool = False  # also after an error there, or a stop by Ctrl-C

    @property
    def epochs_done(self) -> int:
        """Epochs behind it."""
        return len(self.history)

    def restore(self) -> None:
        """Put the weights to keep into the network, and those in motion aside."""
        if self.epochs_done:
            self.moving = copy_weights(self.classifier)
            self.classifier.load_state_dict(self.kept)

    def go_on(self) -> None:
        """Put the weights in motion back into the network; after a stop within an epoch, which cannot be repeated, a RunError."""
        self.refuse_part_of_epoch()
        if self.moving is not None:
            self.classifier.load_state_dict(self.moving)
            self.moving = None

    def refuse_part_of_epoch(self) -> None:
        """Raise a :class:`RunError` where an epoch was begun and not ended."""
        if self.within_epoch:
            raise RunError(
                f"this training stopped within epoch {self.epochs_done + 1}, and its state is of no epoch's end: load_state into "
                "a new one what save_state wrote after an epoch, or begin anew"
            )


def begin(classifier: Classifier, recipe: Recipe, n_images: int, *, seed: int) -> TrainingState:
    """Return the state before the first step of a training on ``n_images``."""
    optimiser, kept = build_optimiser(classifier, recipe), copy_weights(classifier)
    return TrainingState(classifier, optimiser, kept, begin_memory(n_images, seed))


def copy_weights(classifier: Classifier) -> Weights:
    """Return a copy of all weights and buffers, detached."""
    return {name: value.detach().clone() for name, value in classifier.state_dict().items()}


def save_state(state: TrainingState, path: Path) -> None:
    """Write the state as safetensors, in one step, so that a kill at any moment leaves the old file or the new one.

    Raises
    ------
    RunError : the training stopped within an epoch.
    """
    state.refuse_part_of_epoch()
    # of shared weights a copy each, as safetensors wants it
    now = state.moving or copy_weights(state.classifier)
    tensors = {f"now/{name}": value for name, value in now.items()}
    tensors |= {f"kept/{name}": value for name, value in state.kept.items()}
    for number, parameter in enumerate(parameters_of(state.optimiser)):
        memory = state.optimiser.state.get(parameter, {})
        tensors |= {f"optimiser/{number}/{name}": value for name, value in memory.items()}
    tensors |= {f"images/{name}": value for name, value in state.memory.tensors().items()}
    write_tensors(path, tensors, {"history": [dataclasses.asdict(epoch) for epoch in state.history]})


class StateFacts(TypedDict):
    """What stands in the head of ``resume.safetensors``."""

    history: list[dict[str, float]]


def load_state(state: TrainingState, path: Path) -> None:
    """Fill ``state``, fresh from :func:`begin`, with what :func:`save_state` wrote.

    Raises
    ------
    RunError : the file is missing or damaged, or is not of such a training.
    ModelError : it is of another network.
    """
    tensors, facts = read_tensors(path)
    try:
        if found := find_misfit(facts, StateFacts):
            raise ValueError(found)
        if any(value.isnan().any() for value in tensors.values()):
            raise ValueError("it holds what is no number")
        _fill(state, tensors, path)
        state.history = list(epochs_in_order(facts["history"]))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(
            f"{path} is not the state of this training ({reason}): it was changed or damaged; train again"
        ) from error
    if state.history:
        best = best_epoch(state.history)
        state.best_loss, state.best_epoch = best.val_loss, best.epoch


def _fill(state: TrainingState, tensors: Weights, path: Path) -> None:
    """Put tensors where they belong; where they do not fit, the error is that of the one that takes them."""
    state.classifier.fill(_under(tensors, "now/"), path)
    kept = _under(tensors, "kept/")
    for name, value in state.kept.items():
        value.copy_(kept[name])  # on the device where it is
    state.memory = _like(state.memory, Memory(**_under(tensors, "images/")))
    places = [(group, parameter) for group in state.optimiser.param_groups for parameter in group["params"]]
    for number, (group, parameter) in enumerate(places):
        memory = _under(tensors, f"optimiser/{number}/")
        if memory and memory.keys() != set(memory_names(state.optimiser, group)):
            raise ValueError(f"of parameter {number} the optimiser remembers {', '.join(memory)}")
        state.optimiser.state[parameter] = {
            name: _laid_out_like(parameter, name, value) for name, value in memory.items()
        }


def _like(fresh: Memory, found: Memory) -> Memory:
    """Return what was remembered of each image, if it is of as many as ``fresh`` is."""
    if any(each.shape != fresh.turns.shape for each in (found.errors, found.turns)):
        raise ValueError(f"it does not remember {len(fresh.turns)} images")
    return Memory(found.errors.float(), found.turns.long() % 8)


def _under(tensors: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _laid_out_like(parameter: Tensor, name: str, value: Tensor) -> Tensor:
    """Return ``value`` where the parameter is, and in its order in memory, on which the last bit of a fused step depends."""
    if value.shape != (torch.Size() if name in COUNTERS else parameter.shape):
        raise ValueError(f"{name} has the shape {tuple(value.shape)}, its parameter {tuple(parameter.shape)}")
    if name in COUNTERS:
        return value.float().to(parameter.device)
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
