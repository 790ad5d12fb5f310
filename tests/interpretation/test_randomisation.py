"""The sanity check: what shows the image stays, what shows the network changes."""

import copy

import numpy as np
import torch
from scipy.stats import spearmanr

from giemsa.interpretation.randomisation import check_by_randomisation, randomise_layer, rank_correlations


def test_rank_correlation_is_scipys():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    found = rank_correlations(maps[0], maps[1])
    for i in range(3):
        expected = spearmanr(np.abs(maps[0, i]).ravel(), np.abs(maps[1, i]).ravel()).statistic
        np.testing.assert_allclose(found[i], expected, atol=1e-12)


def test_constant_maps_have_no_order():
    assert rank_correlations(np.ones((1, 2, 2)), np.arange(4.0).reshape(1, 2, 2)).tolist() == [0.0]


def test_layers_from_the_output_down_and_the_network_is_left(tutorial, pixels):
    before = copy.deepcopy(tutorial.state_dict())
    found = check_by_randomisation(tutorial, pixels, np.arange(6), "gradient")
    assert found.layers == ("dense2", "dense1", "conv3", "conv2", "conv1")
    assert found.similarities.shape == (5, 6)
    assert np.abs(found.final).mean() < 0.5
    assert all(torch.equal(before[name], value) for name, value in tutorial.state_dict().items())


def test_a_drawn_layer_keeps_mean_and_spread():
    layer = torch.nn.Linear(100, 100)
    before = layer.weight.detach().clone()
    randomise_layer(layer, torch.Generator().manual_seed(0))
    assert not torch.equal(before, layer.weight)
    torch.testing.assert_close(layer.weight.std(), before.std(), atol=0.002, rtol=0.05)
