"""The tutorial's network, layer by layer."""

import pytest
import torch

from giemsa.errors import ModelError
from giemsa.models import build_model
from giemsa.models.layers import PooledFirst


def test_shapes_and_parameters_are_the_tutorials() -> None:
    network = build_model(
        "tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0)
    )
    pixels, shapes = torch.zeros(2, 3, 28, 28), {}
    for name, layer in network.named_children():
        pixels = layer(pixels)
        shapes[name] = tuple(pixels.shape[1:])
    assert shapes["conv1"] == (32, 28, 28)
    assert shapes["pool1"] == (32, 14, 14)
    assert shapes["conv2"] == (64, 12, 12)
    assert shapes["pool2"] == (64, 6, 6)
    assert shapes["conv3"] == (64, 4, 4)
    assert shapes["pool3"] == (64, 2, 2)
    assert shapes["flatten"] == (256,)
    assert shapes["dense1"] == (256,)
    assert shapes["dense2"] == (8,)
    assert sum(p.numel() for p in network.parameters()) == 124_168


@pytest.mark.parametrize("size", [20, 23, 24, 27, 31, 64])
def test_images_of_other_sizes_are_taken(size: int) -> None:
    network = build_model("tutorial", channels=1, n_classes=2, size=size, generator=torch.Generator())
    assert network(torch.zeros(2, 1, size, size)).shape == (2, 2)


def test_a_rectifier_follows_each_layer_but_the_last_and_is_pooled_first_in_training() -> None:
    network = build_model("tutorial", channels=1, n_classes=2, size=20, generator=torch.Generator())
    assert type(network) is PooledFirst
    blocks = 3 * ["Conv2d", "ReLU", "MaxPool2d"]
    assert [type(layer).__name__ for layer in network] == [*blocks, "Flatten", "Linear", "ReLU", "Linear"]


def test_weights_are_glorot_uniform_and_biases_zero() -> None:
    network = build_model(
        "tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0)
    )
    for layer, fans in (("conv2", (32 + 64) * 9), ("dense1", 512)):
        module = network.get_submodule(layer)
        limit = (6 / fans) ** 0.5
        weights = module.weight.detach()
        assert weights.abs().max() <= limit
        assert weights.std() == pytest.approx(limit / 3**0.5, rel=0.03)
        assert not module.bias.any()


def test_weights_come_from_the_generator_alone() -> None:
    one, two = (
        build_model("tutorial", channels=1, n_classes=2, size=20, generator=torch.Generator().manual_seed(5))
        for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ModelError, match="no model is called 'tutoral'; did you mean tutorial"):
        build_model("tutoral", channels=3, n_classes=8, size=28, generator=torch.Generator())


def test_images_too_small_are_refused() -> None:
    with pytest.raises(ModelError, match="needs images of at least 20 pixels, these have 12; use --size"):
        build_model("tutorial", channels=3, n_classes=8, size=12, generator=torch.Generator())
