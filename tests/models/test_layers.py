"""Layers of the package's own do what PyTorch's do, and keep the order in memory that is fast."""

import pytest
import torch
from torch import nn

from giemsa.models.layers import GlobalAverage, PooledFirst, Standardize, StandardizeEach


def test_the_average_and_its_gradient_are_pytorchs() -> None:
    images = torch.rand(3, 5, 7, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images = images.to(memory_format=torch.channels_last).requires_grad_()
    found, expected = GlobalAverage()(images), nn.AdaptiveAvgPool2d(1)(images)
    torch.testing.assert_close(found, expected)
    direction = torch.arange(15.0, dtype=torch.float64).view(3, 5, 1, 1)
    own, theirs = (torch.autograd.grad(result, images, direction)[0] for result in (found, expected))
    torch.testing.assert_close(own, theirs)
    assert own.is_contiguous(memory_format=torch.channels_last)


def test_standardised_pixels_have_mean_zero_and_deviation_one() -> None:
    pixels = torch.tensor([[0.2, 0.6], [0.4, 0.8]]).view(1, 2, 1, 2).expand(4, 2, 6, 2)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    found = Standardize((0.4, 0.6), (0.2, 0.1))(pixels)
    expected = torch.tensor([[-1.0, 1.0], [-2.0, 2.0]]).view(1, 2, 1, 2).expand(4, 2, 6, 2)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_each_image_gets_mean_zero_and_deviation_one() -> None:
    pixels = torch.tensor([[0.2, 0.6], [0.4, 0.8]]).view(1, 2, 1, 2).expand(1, 2, 6, 2)
    darker = torch.cat([pixels, 0.5 * pixels, 0.1 + pixels]).contiguous(memory_format=torch.channels_last)
    found = StandardizeEach()(darker)
    root = 0.05**0.5  # of the four values' variance
    expected = torch.tensor([[-0.3, 0.1], [-0.1, 0.3]]).view(1, 2, 1, 2).expand(3, 2, 6, 2) / root
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_each_channel_by_itself_loses_the_colour_of_the_light() -> None:
    pixels = torch.rand(3, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    tinted = pixels * torch.tensor([0.5, 0.7, 0.9]).view(1, 3, 1, 1) + torch.tensor([0.0, 0.1, 0.05]).view(
        1, 3, 1, 1
    )
    alone, together = StandardizeEach(by_channel=True), StandardizeEach()
    torch.testing.assert_close(alone(tinted), alone(pixels), rtol=0, atol=1e-3)
    torch.testing.assert_close(alone(pixels).mean(dim=(2, 3)), torch.zeros(3, 3), rtol=0, atol=1e-5)
    assert (together(tinted) - together(pixels)).abs().max() > 0.1


def test_an_image_without_contrast_becomes_zero_and_has_a_gradient() -> None:
    pixels = torch.full((1, 3, 4, 4), 0.7, dtype=torch.float64, requires_grad=True)
    found = StandardizeEach()(pixels)
    (gradient,) = torch.autograd.grad(found[0, 0, 0, 0], pixels)
    assert found.abs().max() < 1e-9
    assert gradient[0, 0, 0, 0].item() == pytest.approx(255 * 47 / 48)


def _layers(*, bias: bool = True) -> list[nn.Module]:
    torch.manual_seed(0)
    return [
        nn.Conv2d(3, 4, 3, padding="same", bias=bias),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3),
        nn.ReLU(),
        nn.Conv2d(5, 5, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
    ]


@pytest.mark.parametrize("bias", [True, False])
def test_pooled_first_is_the_same_network_with_the_same_gradients(bias: bool) -> None:
    layers = [layer.double() for layer in _layers(bias=bias)]
    pixels = torch.randn(6, 3, 12, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found, expected = PooledFirst(*layers), nn.Sequential(*layers)
    assert list(found.state_dict()) == list(expected.state_dict())
    gradients = []
    for network in (found, expected):
        network.zero_grad()
        answer = network(pixels)
        answer.square().sum().backward()
        gradients.append([answer.detach(), *(p.grad for p in network.parameters())])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("training", "sides"), [(True, [6, 4, 1]), (False, [12, 4, 1])])
def test_in_training_a_rectifier_gets_a_quarter_of_the_pixels(training: bool, sides: list[int]) -> None:
    seen: list[int] = []

    class Watched(nn.ReLU):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            seen.append(input.shape[-1])
            return super().forward(input)

    layers = _layers()
    layers[1], layers[4], layers[7] = Watched(), Watched(), Watched()
    PooledFirst(*layers).train(training)(torch.zeros(1, 3, 12, 12))
    assert seen == sides


def test_whoever_listens_sees_each_layer_in_its_own_place() -> None:
    layers = _layers()
    seen: list[tuple[int, ...]] = []
    layers[1].register_forward_hook(lambda layer, inputs, output: seen.append(tuple(output.shape)))
    PooledFirst(*layers)(torch.zeros(1, 3, 12, 12))
    assert seen == [(1, 4, 12, 12)]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "kind", ["forward_hook", "forward_pre_hook", "full_backward_hook", "full_backward_pre_hook"]
)
def test_each_kind_of_hook_listens(place: int, kind: str) -> None:
    layers, heard = _layers(), []
    getattr(layers[place], f"register_{kind}")(lambda *_: heard.append(place))
    pixels = torch.rand(1, 3, 12, 12, requires_grad=True)
    PooledFirst(*layers)(pixels).sum().backward()
    assert heard == [place]
