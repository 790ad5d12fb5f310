"""All that moves while a network trains: enough to stop after any epoch and go on to the very same weights."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from giemsa.training.classifier import Classifier
from giemsa.training.files import read_tensors, write_tensors
from giemsa.training.history import Epoch
from giemsa.training.optimisers import Optimiser, build_optimiser, parameters_of
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

    @property
    def epochs_done(self) -> int:
        """Epochs behind it."""
        return len(self.history)

    def restore(self) -> None:
        """Put the weights to keep into the network."""
        if self.epochs_done:
            self.classifier.load_state_dict(self.kept)


def begin(classifier: Classifier, recipe: Recipe, n_images: int, *, seed: int) -> TrainingState:
    """Return the state before the first step of a training on ``n_images``."""
    optimiser, kept = build_optimiser(classifier, recipe), copy_weights(classifier)
    return TrainingState(classifier, optimiser, kept, begin_memory(n_images, seed))


def copy_weights(classifier: Classifier) -> Weights:
    """Return a copy of all weights and buffers, detached."""
    return {name: value.detach().clone() for name, value in classifier.state_dict().items()}


def save_state(state: TrainingState, path: Path) -> None:
    """Write the state as safetensors, in one step, so that a kill at any moment leaves the old file or the new one."""
    now = copy_weights(state.classifier)  # of shared weights a copy each, as safetensors wants it
    tensors = {f"now/{name}": value for name, value in now.items()}
    tensors |= {f"kept/{name}": value for name, value in state.kept.items()}
    for number, parameter in enumerate(parameters_of(state.optimiser)):
        memory = state.optimiser.state.get(parameter, {})
        tensors |= {f"optimiser/{number}/{name}": value for name, value in memory.items()}
    tensors |= {f"images/{name}": value for name, value in state.memory.tensors().items()}
    facts = {
        "best_loss": state.best_loss,
        "best_epoch": state.best_epoch,
        "history": [dataclasses.asdict(epoch) for epoch in state.history],
    }
    write_tensors(path, tensors, facts)


def load_state(state: TrainingState, path: Path) -> None:
    """Fill ``state``, fresh from :func:`begin`, with what :func:`save_state` wrote."""
    tensors, facts = read_tensors(path)
    state.classifier.load_state_dict(_under(tensors, "now/"))
    for name, value in _under(tensors, "kept/").items():
        state.kept[name].copy_(value)  # on the device where it is
    state.memory = Memory(**_under(tensors, "images/"))
    parameters = parameters_of(state.optimiser)
    for name, value in _under(tensors, "optimiser/").items():
        number, key = name.split("/")
        parameter = parameters[int(number)]
        state.optimiser.state[parameter][key] = _laid_out_like(parameter, value)
    state.best_loss, state.best_epoch = facts["best_loss"], facts["best_epoch"]
    state.history = [Epoch(**row) for row in facts["history"]]


def _under(tensors: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """Return ``value`` where the parameter is, and in its order in memory, on which the last bit of a fused step depends."""
    if value.shape != parameter.shape:
        return value.to(parameter.device)
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
