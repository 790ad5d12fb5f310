from functools import partial

import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.models import build_model
from giemsa.models.convnet import WIDE, convnet_network, n_pools


def build(size, channels=3):
    generator = torch.Generator().manual_seed(0)
    return convnet_network(channels=channels, n_classes=5, size=size, generator=generator)


@pytest.mark.parametrize("size", [8, 13, 28, 64, 96])
@pytest.mark.parametrize("channels", [1, 3])
def test_gives_equal_logits_before_the_first_step(size, channels):
    logits = build(size, channels)(torch.randn(3, channels, size, size))
    torch.testing.assert_close(logits, torch.zeros(3, 5))


def test_the_last_images_are_near_7_pixels():
    assert {size: size >> n_pools(size) for size in (28, 64, 128, 224)} == {28: 7, 64: 8, 128: 8, 224: 7}


def test_depth_follows_size():
    convolutions = [
        sum(isinstance(m, nn.Conv2d) for m in build(size).modules()) for size in (28, 64, 128, 224)
    ]
    assert convolutions == [5, 6, 7, 8]


def test_the_same_generator_gives_the_same_weights():
    first, second = build(28).state_dict(), build(28).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_convolution_of_each_resolution_pools_and_the_last_block_but_one_comes_again():
    network = convnet_network(
        channels=3, n_classes=8, size=64, generator=torch.Generator(), blocks=((4,), (5, 6), (7, 8))
    ).eval()
    seen = []
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _, inputs, output: seen.append(tuple(output.shape[1:3])))
    network(torch.zeros(1, 3, 64, 64))
    assert seen == [(4, 64), (5, 32), (6, 32), (5, 16), (6, 16), (7, 8), (8, 8)]


def test_small_images_pass_the_first_and_the_last_block():
    network = convnet_network(
        channels=1, n_classes=2, size=8, generator=torch.Generator(), blocks=((4,), (5, 6), (7,))
    )
    assert [m.out_channels for m in network if isinstance(m, nn.Conv2d)] == [4, 7]


def test_wide_is_wider():
    network = convnet_network(channels=3, n_classes=8, size=28, generator=torch.Generator(), blocks=WIDE)
    widths = [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert widths == [24, 32, 96, 96, 192, 192]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("convnet", [24, 32, 64, 128, 128]),
        ("convnet-light", [24, 64, 128, 128]),
        ("convnet-wide", [24, 32, 96, 96, 192, 192]),
    ],
)
def test_the_widths_of_each_network(name, expected):
    network = build_model(name, channels=3, n_classes=8, size=28, generator=torch.Generator())
    assert [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)] == expected


def test_pooling_comes_before_norm_and_rectifier():
    kinds = [type(layer).__name__ for layer in build(28)]
    plain, pooled = ["WinogradConv2d"], ["Conv2d", "MaxPool2d"]
    end = ["BatchNorm2d", "ReLU"]
    body = [*plain, *end, *pooled, *end, *pooled, *end, *plain, *end, *plain, *end]
    assert kinds == [*body, "GlobalAverage", "Flatten", "Linear"]


def test_weights_are_he_normal_and_convolutions_have_no_biases():
    network = build(28)
    for layer in (network.conv3, network.conv5):
        assert layer.bias is None
        spread = (2 / (9 * layer.in_channels)) ** 0.5
        assert layer.weight.std().item() == pytest.approx(spread, rel=0.03)
        assert layer.weight.abs().max() > 3 * spread  # a uniform one would end below


@pytest.mark.parametrize(("name", "smallest"), [("convnet", 8), ("tutorial", 20)])
def test_the_smallest_images_are_taken_and_smaller_ones_refused(name, smallest):
    make = partial(build_model, name, channels=1, n_classes=2, generator=torch.Generator())
    assert make(size=smallest)(torch.zeros(2, 1, smallest, smallest)).shape == (2, 2)
    with pytest.raises(ModelError, match=f"at least {smallest} pixels, these have {smallest - 1}"):
        make(size=smallest - 1)
