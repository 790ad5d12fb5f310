"""Optimisers and learning-rate schedules by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from giemsa.training.muon import Muon
from giemsa.training.recipes import Recipe

Optimiser = torch.optim.Optimizer | Muon
COUNTERS = ("step", "steps")  # of what optimisers remember, the single numbers


def build_optimiser(network: nn.Module, recipe: Recipe) -> Optimiser:
    """Build the recipe's optimiser; weight decay spares biases and the scales of norms."""
    if recipe.optimiser == "muon":
        return Muon(network, learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay)
    parameters = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if recipe.optimiser == "sgd":
        return _decoupled_sgd(groups, recipe.learning_rate)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, eps=recipe.epsilon, fused=True)


def _decoupled_sgd(groups: list[dict[str, Any]], rate: float) -> torch.optim.SGD:
    """Return Nesterov's SGD; PyTorch's would send the weight decay through the momentum, which makes it ten times as strong."""
    groups = [{"params": group["params"], "decay": group["weight_decay"]} for group in groups]
    optimiser = torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)
    optimiser.register_step_pre_hook(_decay)
    return optimiser


@torch.no_grad()
def _decay(optimiser: torch.optim.Optimizer, *_: Any) -> None:
    """Shrink the weights, as in algorithm 1 of Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019."""
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.mul_(1 - group["lr"] * group["decay"])


def memory_names(optimiser: Optimiser, group: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of what an optimiser remembers of each parameter of a group, once that was moved."""
    if isinstance(optimiser, Muon):
        return ("momentum",) if group["is_muon"] else ("steps", "mean", "square")
    return (
        ("momentum_buffer",) if isinstance(optimiser, torch.optim.SGD) else ("step", "exp_avg", "exp_avg_sq")
    )


def moves(optimiser: Optimiser) -> list[Callable[[], Any]]:
    """Return the parts of an optimiser's step, none of which waits for another; one part where it knows of no others."""
    return optimiser.moves() if isinstance(optimiser, Muon) else [optimiser.step]


def parameters_of(optimiser: Optimiser) -> list[nn.Parameter]:
    """Return the parameters that it moves, in its own order."""
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def set_rate(optimiser: Optimiser, rate: float) -> None:
    """Set the learning rate of all parameters, in its place where it is a tensor."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    Parameters
    ----------
    recipe : gives the schedule and its highest value.
    step : 0 to ``steps - 1``.
    steps : of the whole training.

    References
    ----------
    Smith and Topin, Super-convergence, 2018 (arXiv 1708.07120).

    Examples
    --------
    >>> recipe = Recipe(learning_rate=1.0, warmup=0.5, schedule="one-cycle")
    >>> [round(learning_rate(recipe, step, 4), 3) for step in range(4)]
    [0.325, 0.775, 0.854, 0.146]
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    place = (step + 0.5) / steps
    if place < recipe.warmup:
        return recipe.learning_rate * (0.1 + 0.9 * place / recipe.warmup)
    fallen = (place - recipe.warmup) / (1 - recipe.warmup)
    share = 1 - fallen if recipe.schedule == "triangle" else 0.5 * (1 + math.cos(math.pi * fallen))
    return recipe.learning_rate * share
