"""The sanity check: what shows the image stays, what shows the network changes."""

import copy

import numpy as np
import torch
from scipy.stats import spearmanr

from giemsa.interpretation import randomisation
from giemsa.interpretation.attribution import attribute
from giemsa.interpretation.randomisation import (
    check_by_randomisation,
    randomise_layer,
    rank_correlations,
    settle_norms,
)


def test_rank_correlation_is_scipys():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    found = rank_correlations(maps[0], maps[1])
    for i in range(3):
        expected = spearmanr(np.abs(maps[0, i]).ravel(), np.abs(maps[1, i]).ravel()).statistic
        np.testing.assert_allclose(found[i], expected, atol=1e-12)


def test_constant_maps_have_no_order():
    assert np.isnan(rank_correlations(np.ones((1, 2, 2)), np.arange(4.0).reshape(1, 2, 2))).tolist() == [True]


def test_layers_from_the_output_down_and_the_network_is_left(tutorial, pixels):
    before = copy.deepcopy(tutorial.state_dict())
    found = check_by_randomisation(tutorial, pixels, np.arange(6), "gradient")
    assert found.layers == ("dense2", "dense1", "conv3", "conv2", "conv1")
    assert found.similarities.shape == (5, 6)
    assert np.abs(found.final).mean() < 0.5
    assert all(torch.equal(before[name], value) for name, value in tutorial.state_dict().items())


def test_when_it_is_compared_once_every_layer_is_random(tutorial, pixels, monkeypatch):
    seen = []

    def attribute_and_remember(network, pixels, labels, method):
        seen.append(copy.deepcopy(network.state_dict()))
        return attribute(network, pixels, labels, method)

    monkeypatch.setattr(randomisation, "attribute", attribute_and_remember)
    maps = attribute(tutorial, pixels, np.arange(6), "gradient")
    found = check_by_randomisation(tutorial, pixels, np.arange(6), "gradient", each_layer=False, maps=maps)
    assert len(seen) == len(found.similarities) == 1
    weights = [name for name in seen[0] if name.endswith("weight")]
    assert len(weights) == 5
    for name in weights:
        assert not torch.equal(seen[0][name], tutorial.state_dict()[name]), name
    each = check_by_randomisation(tutorial, pixels, np.arange(6), "gradient", maps=maps)
    np.testing.assert_array_equal(each.final, found.final)


def test_a_drawn_layer_is_as_large_as_it_was_and_around_zero():
    layer = torch.nn.Linear(100, 100)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(100, 100, generator=torch.Generator().manual_seed(1)) - 3)
    before = layer.weight.detach().square().mean().sqrt()
    randomise_layer(layer, torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer.weight.square().mean().sqrt(), before, atol=0, rtol=0.02)
    assert abs(layer.weight.mean()) < 0.1


def test_the_random_network_is_alive():
    """Nearly all weights of the second convolution are below zero: drawn around their mean, they would silence everything."""
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 8, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        network[0].weight.copy_(torch.rand(8, 3, 3, 3, generator=generator))
        network[2].weight.copy_(-torch.rand(8, 8, 3, 3, generator=generator))
        network[2].weight[0].abs_()
    network.append(torch.nn.Linear(8 * 6 * 6, 3))
    pixels = torch.rand(4, 3, 10, 10, generator=generator)
    found = check_by_randomisation(network, pixels, np.zeros(4, int), "gradient", each_layer=False)
    assert np.isfinite(found.final).all()


def test_norms_take_the_moments_of_what_they_are_given():
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)).eval()
    pixels = torch.rand(4, 3, 10, 10, generator=torch.Generator().manual_seed(0))
    settle_norms(network, pixels)
    given = network[0](pixels).detach()
    torch.testing.assert_close(network[1].running_mean, given.mean((0, 2, 3)))
    torch.testing.assert_close(network[1].running_var, given.var((0, 2, 3), correction=0))
    assert not network[1].training
    assert not network[1]._forward_pre_hooks


def test_the_moments_fit_the_random_layers(pixels):
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(2704, 2)
    )
    network[1].running_mean.fill_(1e6)  # far from all that random layers give
    moments = []

    class Watching(torch.nn.ReLU):
        def forward(self, maps):
            moments.append(maps.detach().mean())
            return super().forward(maps)

    network.insert(2, Watching())
    check_by_randomisation(network, pixels, np.zeros(6, int), "gradient", each_layer=False)
    assert abs(moments[0]) > 1e5
    assert abs(moments[-1]) < 1e3


def test_a_blank_map_of_the_random_network_is_no_evidence(pixels):
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 1, 1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(784, 2, bias=False)
    )
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1))
        network[0].bias.fill_(0.1)
        network[3].weight.fill_(1.0)
    maps = attribute(network, pixels, np.zeros(6, int), "grad_cam")
    assert np.ptp(maps, axis=(1, 2)).min() > 0
    blank = [
        np.isnan(
            check_by_randomisation(network, pixels, np.zeros(6, int), "grad_cam", seed=seed, maps=maps).final
        )
        for seed in range(8)
    ]
    assert np.any(blank)  # some random network answers nowhere, or against the class everywhere
    assert not np.all(blank)
