"""Each optimiser's step is worked out by hand, weight decay touches what it should, and the rate follows its schedule."""

import pytest
import torch
from torch import Tensor, nn

from giemsa.training.optimisers import build_optimiser, learning_rate, moves, set_rate
from giemsa.training.recipes import Recipe


def _moved(recipe: Recipe, start: Tensor, gradients: list[Tensor]) -> Tensor:
    """Return a weight after a step for each gradient."""
    weight = nn.Parameter(start.clone())
    optimiser = build_optimiser(nn.ParameterList([weight]), recipe)
    for gradient in gradients:
        weight.grad = gradient.clone()
        for move in moves(optimiser):
            move()
    return weight.detach()


@pytest.mark.parametrize(
    ("optimiser", "of_convolutions", "of_dense"),
    [("adam", 0.98, 0.98), ("adamw", 0.98, 0.98), ("sgd", 0.98, 0.98), ("muon", 0.98, 0.998)],
)
def test_weight_decay_shrinks_weights_and_spares_biases_scales_and_what_is_frozen(
    optimiser: str, of_convolutions: float, of_dense: float
) -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Linear(3, 3), nn.Linear(3, 3))
    network[3].requires_grad_(False)
    recipe = Recipe(optimiser=optimiser, learning_rate=0.1, weight_decay=0.2)
    built = build_optimiser(network, recipe)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for move in moves(built):
        move()
    share = {"0.weight": of_convolutions, "2.weight": of_dense}
    for name, value in network.named_parameters():
        torch.testing.assert_close(value.detach(), share.get(name, 1.0) * before[name], msg=name)


def test_a_step_of_sgd_looks_ahead_along_its_momentum() -> None:
    start, first, second = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    recipe = Recipe(optimiser="sgd", learning_rate=0.1, weight_decay=0.0)
    ahead = 1.9 * first + (second + 0.9 * (0.9 * first + second))
    torch.testing.assert_close(_moved(recipe, start, [first, second]), start - 0.1 * ahead)


@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_epsilon_holds_back_the_step_along_small_gradients(optimiser: str) -> None:
    start, gradient = torch.ones(3), torch.tensor([0.5, -2.0, 1e-3])
    recipe = Recipe(optimiser=optimiser, learning_rate=0.1, epsilon=0.5)
    expected = start - 0.1 * gradient / (gradient.abs() + 0.5)
    torch.testing.assert_close(_moved(recipe, start, [gradient]), expected)


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0.5, [2, 2, 2, 2]),
        ("triangle", 0.5, [0.65, 1.55, 1.5, 0.5]),
        ("triangle", 0.0, [1.75, 1.25, 0.75, 0.25]),
        ("one-cycle", 0.5, [0.65, 1.55, 1 + 0.5**0.5, 1 - 0.5**0.5]),
    ],
)
def test_the_rate_of_each_step(schedule: str, warmup: float, expected: list[float]) -> None:
    recipe = Recipe(learning_rate=2.0, warmup=warmup, schedule=schedule)
    assert [learning_rate(recipe, step, 4) for step in range(4)] == pytest.approx(expected)


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_rate_is_set_for_all_parameters(optimiser: str) -> None:
    built = build_optimiser(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 2)), Recipe(optimiser=optimiser))
    assert len(built.param_groups) == {"adamw": 2, "muon": 3}[optimiser]
    set_rate(built, 0.25)
    assert [group["lr"] for group in built.param_groups] == [0.25] * len(built.param_groups)


def test_a_rate_that_is_a_tensor_changes_in_its_place() -> None:
    built, rate = build_optimiser(nn.Linear(2, 2), Recipe()), torch.zeros(())
    for group in built.param_groups:
        group["lr"] = rate
    set_rate(built, 0.25)
    assert rate.item() == 0.25
    assert all(group["lr"] is rate for group in built.param_groups)
