import subprocess
import sys

import torch
from torch import nn

from giemsa.training.muon import Muon, orthogonalize


def test_orthogonalize_keeps_singular_vectors_and_levels_singular_values():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(16, 144, generator=generator)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalize(matrix, steps=5)
    levelled = left.T @ result @ right.T
    assert (levelled.diagonal() > 0.6).all()
    assert (levelled.diagonal() < 1.3).all()
    torch.testing.assert_close(levelled, levelled.diagonal().diag(), atol=1e-3, rtol=0)


def test_the_singular_values_go_through_the_polynomial_three_times():
    found = orthogonalize(torch.diag(torch.tensor([3.0, -2.0, 0.1]))).diagonal()
    expected = torch.tensor([3.0, -2.0, 0.1]) / 13.01**0.5
    for _ in range(3):
        expected = 3.4445 * expected - 4.775 * expected**3 + 2.0315 * expected**5
    torch.testing.assert_close(found, expected)


def test_orthogonalize_treats_tall_and_wide_alike():
    matrix = torch.randn(20, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(orthogonalize(matrix), orthogonalize(matrix.T).T)


def test_orthogonalize_keeps_the_precision():
    matrix = torch.randn(4, 9, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    result = orthogonalize(matrix)
    assert result.dtype == torch.float64
    torch.testing.assert_close(result.float(), orthogonalize(matrix.float()))


def test_orthogonalize_leaves_zero_at_zero():
    assert orthogonalize(torch.zeros(3, 5)).abs().sum() == 0


def test_vectors_and_dense_layers_take_the_step_of_adamw():
    start = nn.Linear(5, 3)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    ours.load_state_dict(start.state_dict())
    theirs.load_state_dict(start.state_dict())
    first = Muon(ours, learning_rate=0.1, weight_decay=0.3)
    second = torch.optim.AdamW(
        [{"params": [theirs.weight], "weight_decay": 0.3}, {"params": [theirs.bias], "weight_decay": 0.0}],
        lr=0.01,
        betas=(0.9, 0.99),
    )
    inputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(2))
    for _ in range(4):
        for network, optimiser in ((ours, first), (theirs, second)):
            network.zero_grad()
            network(inputs).square().sum().backward()
            optimiser.step()
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_the_smallest_gradients_move_a_weight_as_far_as_large_ones():
    weight = nn.Parameter(torch.zeros(2))
    optimiser = Muon(nn.ParameterList([weight]), learning_rate=0.1, weight_decay=0.0)
    weight.grad = torch.tensor([1e-7, -1.0])
    optimiser.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([-0.01 / 1.1, 0.01]))


def test_weights_of_every_number_of_dimensions_move():
    network = nn.ParameterList([nn.Parameter(torch.ones((2,) * n)) for n in range(1, 6)])
    optimiser = Muon(network, learning_rate=0.1, weight_decay=0.0)
    sum((parameter**2).sum() for parameter in network).backward()
    optimiser.step()
    assert all((parameter < 1).all() for parameter in network)


def test_a_step_on_a_convolution_stretches_by_about_the_learning_rate():
    layer = nn.Conv2d(4, 4, 3, bias=False)
    before = layer.weight.detach().clone()
    optimiser = Muon(layer, learning_rate=0.1, weight_decay=0.0)
    layer(torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))).square().sum().backward()
    optimiser.step()
    stretch = torch.linalg.matrix_norm((layer.weight.detach() - before).flatten(1), ord=2)
    assert 0.05 < stretch < 0.13


def test_a_convolution_moves_by_its_momentum_and_what_has_no_gradient_stays():
    generator = torch.Generator().manual_seed(5)
    start, first, second = torch.randn(3, 4, 2, 1, 1, generator=generator)
    weight, idle = nn.Parameter(start.clone()), nn.Parameter(torch.ones(3))
    optimiser = Muon(nn.ParameterList([weight, idle]), learning_rate=0.1, weight_decay=0.2)
    for gradient in (first, second):
        weight.grad = gradient.clone()
        optimiser.step()
    expected = start
    for ahead in (1.9 * first, second + 0.9 * (0.9 * first + second)):
        expected = 0.98 * expected - 0.1 * 2**0.5 * orthogonalize(ahead.flatten(1)).view(4, 2, 1, 1)
    torch.testing.assert_close(weight.detach(), expected)
    assert torch.equal(idle.detach(), torch.ones(3))


def test_the_largest_weight_is_moved_first():
    network = nn.ParameterList([nn.Parameter(torch.ones(n, n)) for n in (2, 5, 3)])
    optimiser = Muon(network, learning_rate=0.1, weight_decay=0.0)
    for parameter in network:
        parameter.grad = torch.ones_like(parameter)
    moved = []
    for move in optimiser.moves():
        move()
        moved.append([bool((parameter < 1).all()) for parameter in network])
    assert moved == [[False, True, False], [False, True, True], [True, True, True]]


def test_the_moves_of_a_step_can_be_made_in_any_order():
    networks = [nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(4, 3)) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    inputs = torch.randn(5, 2, 3, 3, generator=torch.Generator().manual_seed(4))
    optimisers = [Muon(network, learning_rate=0.1, weight_decay=0.1) for network in networks]
    for _ in range(3):
        for network in networks:
            network.zero_grad()
            network(inputs).square().sum().backward()
        optimisers[0].step()
        for make in reversed(optimisers[1].moves()):
            make()
    for one, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_training_does_not_load_the_compiler():
    code = (
        "import sys, torch; from giemsa.training.muon import Muon; layer = torch.nn.Conv2d(1, 2, 3);"
        "optimiser = Muon(layer, learning_rate=0.1, weight_decay=0.0);"
        "layer(torch.ones(1, 1, 4, 4)).sum().backward(); optimiser.step(); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
