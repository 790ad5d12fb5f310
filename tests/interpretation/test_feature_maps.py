"""Feature maps: the layer's own values, upright, and what excites a channel."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.feature_maps import (
    channel_responses,
    feature_maps,
    mean_feature_maps,
    most_exciting,
)


def test_first_pooling_layer_of_the_tutorial(tutorial, pixels):
    found = feature_maps(tutorial, pixels, "pool1")
    assert len(found) == 6
    assert found[0].maps.shape == (32, 14, 14)
    expected = torch.max_pool2d(torch.relu(tutorial.conv1(pixels)), 2).detach()
    np.testing.assert_allclose(found[2].maps, expected[2], atol=1e-6)


def test_maps_are_not_transposed():
    identity = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
    nn.init.ones_(identity[0].weight)
    pixels = torch.arange(6.0).view(1, 1, 2, 3)
    np.testing.assert_array_equal(feature_maps(identity, pixels, "0")[0].maps[0], [[0, 1, 2], [3, 4, 5]])


def test_mean_maps_and_responses(tutorial, pixels):
    each = np.stack([x.maps for x in feature_maps(tutorial, pixels, "conv2")])
    np.testing.assert_allclose(
        mean_feature_maps(tutorial, pixels, "conv2", batch_size=4).maps, each.mean(0), atol=1e-6
    )
    np.testing.assert_allclose(
        channel_responses(tutorial, pixels, "conv2", batch_size=4), each.mean((2, 3)), atol=1e-6
    )
    assert channel_responses(tutorial, pixels, "dense1").shape == (6, 256)


def test_order_and_silent_channels(tutorial, pixels):
    maps = feature_maps(tutorial, pixels * 0, "relu1")[0]
    assert maps.silent == 32
    assert sorted(maps.order.tolist()) == list(range(32))


def test_most_exciting_takes_no_more_than_there_are():
    assert most_exciting(np.ones((2, 3)), 5).shape == (3, 2)


def test_a_layer_without_maps(tutorial, pixels):
    with pytest.raises(ModelError, match=r"no height and width"):
        feature_maps(tutorial, pixels, "flatten")
