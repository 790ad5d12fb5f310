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


def test_the_network_is_left_as_it_is(tutorial, pixels):
    before = copy.deepcopy(tutorial.state_dict())
    found = check_by_randomisation(tutorial, pixels, np.arange(6), "gradient")
    assert found.shape == (6,)
    assert np.abs(found).mean() < 0.5
    assert all(torch.equal(before[name], value) for name, value in tutorial.state_dict().items())


def weights_seen(network, pixels, monkeypatch, **options) -> list[dict[str, torch.Tensor]]:
    """Return the weights of each network that a map is drawn of."""
    seen = []

    def attribute_and_remember(network, pixels, labels, method):
        seen.append(copy.deepcopy(network.state_dict()))
        return attribute(network, pixels, labels, method)

    maps = attribute(network, pixels, np.arange(len(pixels)), "gradient")
    monkeypatch.setattr(randomisation, "attribute", attribute_and_remember)
    check_by_randomisation(network, pixels, np.arange(len(pixels)), "gradient", maps=maps, **options)
    return seen


def test_each_image_meets_random_weights_of_its_own_in_every_layer(tutorial, pixels, monkeypatch):
    seen = weights_seen(tutorial, pixels, monkeypatch)
    assert len(seen) == len(pixels) == 6
    names = [name for name in tutorial.state_dict() if name.endswith("weight")]
    assert len(names) == 5
    for name in names:
        different = torch.stack([tutorial.state_dict()[name], *(weights[name] for weights in seen)])
        assert len(different.flatten(1).unique(dim=0)) == 7, name


def test_the_seed_draws_the_weights(tutorial, pixels, monkeypatch):
    first, again, other = (weights_seen(tutorial, pixels[:2], monkeypatch, seed=seed) for seed in (0, 0, 1))
    for before, same, different in zip(first, again, other, strict=True):
        assert torch.equal(before["conv1.weight"], same["conv1.weight"])
        assert not torch.equal(before["conv1.weight"], different["conv1.weight"])


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
    assert np.isfinite(check_by_randomisation(network, pixels, np.zeros(4, int), "gradient")).all()


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
    check_by_randomisation(network, pixels, np.zeros(6, int), "gradient")
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
    blank = np.isnan(check_by_randomisation(network, pixels, np.zeros(6, int), "grad_cam", maps=maps))
    assert blank.any()  # some random network answers nowhere, or against the class everywhere
    assert not blank.all()
