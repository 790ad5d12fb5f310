"""The listing of layers, finding one by name, and catching what it gives out."""

import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.layers import activations, default_layer, evaluating, find_layer, list_layers


def test_summary_of_the_tutorial(tutorial):
    layers = list_layers(tutorial, (28, 28, 3))
    assert len(layers) == 13
    assert sum(layer.parameters for layer in layers) == 124_168
    shapes = {layer.name: layer.output_shape for layer in layers}
    assert shapes["pool1"] == (32, 14, 14)
    assert shapes["conv2"] == (64, 12, 12)
    assert shapes["pool3"] == (64, 2, 2)
    assert shapes["dense2"] == (8,)


def test_default_layer_is_the_last_of_at_least_four_pixels(tutorial, pooling):
    assert default_layer(tutorial, (28, 28, 3)) == "relu3"
    assert default_layer(pooling, (28, 28, 3)) == "1"


def test_a_network_without_maps():
    with pytest.raises(ModelError, match=r"no layer of the network gives out maps"):
        default_layer(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), (4, 4, 3))


def test_the_project_prefix_may_be_left_out(tutorial):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = tutorial

        def forward(self, pixels):
            return self.network(pixels)

    assert find_layer(Wrapped(), "conv2") is tutorial.conv2
    assert list_layers(Wrapped(), (28, 28, 3))[0].name == "conv1"


def test_activations_are_those_of_the_layer(tutorial, pixels):
    logits, found = activations(tutorial, pixels, "relu1")
    with torch.no_grad():
        torch.testing.assert_close(found, torch.relu(tutorial.conv1(pixels)))
        torch.testing.assert_close(logits, tutorial(pixels))


def test_evaluating_gives_each_module_its_own_mode_back():
    network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2)).train()
    network[1].eval()
    with evaluating(network):
        assert not network[0].training
    assert network[0].training
    assert not network[1].training


def test_outputs_that_are_no_logits():
    with pytest.raises(ModelError, match=r"expected logits \(images, classes\)"):
        list_layers(nn.Sequential(nn.Conv2d(3, 2, 3)), (8, 8, 3))


def test_a_layer_goes_by_its_class_in_pytorch_where_it_has_one():
    class Quick(nn.Conv2d):
        pass

    class Own(nn.Module):
        def forward(self, maps):
            return maps.mean(dim=(2, 3))

    layers = list_layers(nn.Sequential(Quick(3, 2, 1), Own()), (8, 8, 3))
    assert [layer.kind for layer in layers] == ["Conv2d", "Own"]
