"""The listing of layers, finding one by name, and catching what it gives out."""

import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.activations import activations, layer_outputs
from giemsa.interpretation.layers import explaining_layers, find_layer, list_layers
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.target import channel_target
from giemsa.models import build_model
from giemsa.training.classifier import Classes, Classifier, Preprocessing


def test_summary_of_the_tutorial(tutorial):
    layers = list_layers(tutorial, (28, 28, 3))
    assert len(layers) == 13
    assert sum(layer.parameters for layer in layers) == 124_168
    shapes = {layer.name: layer.output_shape for layer in layers}
    assert shapes["pool1"] == (32, 14, 14)
    assert shapes["conv2"] == (64, 12, 12)
    assert shapes["pool3"] == (64, 2, 2)
    assert shapes["dense2"] == (8,)


def classifier(network: nn.Module, side: int = 20, channels: int = 3) -> Classifier:
    shape = (side, side, channels)
    return Classifier(
        network, Preprocessing(shape, (0.5,) * channels, (0.2,) * channels), Classes(("a", "b", "c"))
    ).eval()


def test_the_last_maps_of_at_least_four_pixels_explain(tutorial, pooling, pixels):
    assert explaining_layers(tutorial, pixels) == ("relu3",)
    assert explaining_layers(pooling, pixels) == ("1",)


def test_larger_images_are_explained_by_the_same_layer(tutorial):
    network = nn.Sequential(
        nn.Conv2d(3, 2, 3, padding=1), nn.MaxPool2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)
    )
    mosaic = torch.rand(1, 3, 40, 40)
    assert explaining_layers(network, mosaic) == ("1",)  # 5x5 there, 2x2 of a single image
    assert explaining_layers(classifier(network), mosaic) == ("0",)


def test_of_a_residual_network_the_whole_block_explains(residual):
    found = explaining_layers(residual, torch.rand(1, 3, 20, 20))
    assert found == ("stages.1",)
    assert explaining_layers(classifier(residual), torch.rand(1, 3, 20, 20)) == found


def test_a_block_that_only_hands_on_is_not_named():
    class Features(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)

        def forward(self, pixels):
            return self.act(self.conv(pixels))

    network = nn.Sequential(Features(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert explaining_layers(network, torch.rand(1, 3, 8, 8)) == ("0.act",)


def test_of_an_ensemble_each_member_explains(ensemble):
    names = tuple(f"members.{number}.relu3" for number in range(3))
    pixels = torch.rand(1, 3, 16, 16)
    assert explaining_layers(ensemble, pixels) == names
    assert explaining_layers(classifier(ensemble, 16), pixels) == names


def test_of_the_ensemble_of_best_each_member_explains(pixels):
    generator = torch.Generator().manual_seed(0)
    network = build_model("convnet-ensemble", channels=3, n_classes=8, size=28, generator=generator)
    assert explaining_layers(network.eval(), pixels) == tuple(
        f"members.{number}.relu6" for number in range(3)
    )


def test_a_network_without_maps(mlp):
    for network in (mlp, classifier(mlp)):  # to standardise the image is not to have maps of it
        with pytest.raises(ModelError, match=r"no layer of the network gives out maps"):
            explaining_layers(network, torch.rand(1, 3, 20, 20))


def test_grey_images_may_be_made_colour_inside(grey_to_colour):
    network = classifier(grey_to_colour, channels=1)
    assert [x.name for x in list_layers(network, (20, 20, 1)) if x.kind == "Conv2d"] == ["backbone.0"]


def test_grey_images_are_not_silently_made_colour():
    network = classifier(nn.Sequential(nn.Flatten(), nn.Linear(1200, 3)))
    with pytest.raises(ModelError, match=r"takes images of 3 channel.*these have 1"):
        list_layers(network, (20, 20, 1))


def test_whatever_stops_a_network_is_one_sentence(grey_to_colour):
    class Strict(nn.Module):
        def forward(self, pixels):
            assert pixels.shape[2] == 20, "20 pixels, please"
            return pixels.mean((2, 3))

    with pytest.raises(ModelError, match=r"cannot take images of 8x8 .*: 20 pixels, please"):
        list_layers(Strict(), (8, 8, 3))
    with pytest.raises(ModelError, match=r"cannot take images of 2x2"):  # not for its channels
        list_layers(grey_to_colour, (2, 2, 1))


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
    logits, (found,) = layer_outputs(tutorial, pixels, ("relu1",))
    with torch.no_grad():
        torch.testing.assert_close(found, torch.relu(tutorial.conv1(pixels)))
        torch.testing.assert_close(logits, tutorial(pixels))
    torch.testing.assert_close(activations(tutorial, pixels, "relu1"), found)


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


def test_a_network_that_divides_by_the_images_own_deviation_is_no_damaged_one(divided):
    with torch.no_grad():
        assert not torch.isfinite(divided(torch.full((1, 3, 20, 20), 0.5))).any()
    assert [layer.name for layer in list_layers(divided, (20, 20, 3))] == ["conv", "head"]
    assert channel_target(divided, "conv", 3, (20, 20, 3)).weights.tolist() == [0, 0, 0, 1]


def test_what_an_attention_gives_out_is_no_map_of_the_image(tokens):
    pixels = torch.rand(1, 3, 20, 20)
    network = tokens(by_convolution=True)
    shapes = {layer.name: (layer.output_shape, layer.has_maps) for layer in list_layers(network, (20, 20, 3))}
    assert shapes == {
        "embed": ((8, 4, 4), True),
        "keys": ((2, 16, 4), False),
        "attend": ((2, 16, 16), False),
        "head": ((3,), False),
    }
    assert explaining_layers(network, pixels) == ("embed",)
    with pytest.raises(ModelError, match=r"no layer of the network gives out maps"):
        explaining_layers(tokens(by_convolution=False), pixels)


def test_maps_of_oblong_images_are_oblong():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert explaining_layers(network, torch.rand(1, 3, 8, 12)) == ("1",)


def test_weights_that_are_made_anew_in_each_pass_are_no_maps():
    network = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 5)), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    layers = list_layers(network, (12, 12, 3))
    assert [x.output_shape for x in layers if "parametrizations" in x.name] == [(3, 5, 5)]
    assert not any(layer.has_maps for layer in layers)
    assert explaining_layers(network, torch.rand(1, 3, 12, 12)) == ("0",)
