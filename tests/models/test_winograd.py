import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from giemsa.models import winograd
from giemsa.models.winograd import WinogradConv2d, winograd_conv2d

needs_mkl = pytest.mark.skipif(
    not torch.backends.mkl.is_available(), reason="PyTorch without Intel's library"
)


@given(st.integers(1, 14), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_is_the_convolution_and_has_its_gradients(side, n, channels, out_channels, seed):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(n, channels, side, side, generator=generator, dtype=torch.float64)
    weight = torch.randn(out_channels, channels, 3, 3, generator=generator, dtype=torch.float64)
    direction = torch.randn(n, out_channels, side, side, generator=generator, dtype=torch.float64)
    found, expected = (
        _with_gradients(convolve, images, weight, direction)
        for convolve in (winograd_conv2d, lambda x, w: F.conv2d(x, w, padding=1))
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def _with_gradients(convolve, images, weight, direction):
    images, weight = images.clone().requires_grad_(), weight.clone().requires_grad_()
    result = convolve(images, weight)
    return result.detach(), *torch.autograd.grad(result, [images, weight], direction)


def test_single_precision_is_right_to_some_hundred_thousandths():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(16, 128, 7, 7, generator=generator)
    weight = torch.randn(128, 128, 3, 3, generator=generator)
    exact = F.conv2d(images.double(), weight.double(), padding=1)
    assert ((winograd_conv2d(images, weight) - exact).abs().max() / exact.std()).item() < 5e-5


def test_a_filter_with_one_weight_moves_the_image():
    images = torch.arange(25.0).view(1, 1, 5, 5)
    weight = torch.zeros(1, 1, 3, 3)
    weight[0, 0, 0, 1] = 1  # what lies above
    moved = winograd_conv2d(images, weight)
    torch.testing.assert_close(moved[:, :, 1:], images[:, :, :-1], atol=1e-4, rtol=0)
    torch.testing.assert_close(moved[:, :, 0], torch.zeros(1, 1, 5), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("images", "weight"), [((1, 2, 4, 5), (3, 2, 3, 3)), ((1, 2, 4, 4), (3, 2, 5, 5))])
def test_refuses_other_shapes(images, weight):
    with pytest.raises(ValueError, match="square images and filters of 3x3"):
        winograd_conv2d(torch.zeros(images), torch.zeros(weight))


@needs_mkl
@pytest.mark.parametrize(
    ("side", "training", "grad", "expected"),
    [(7, True, True, 1), (8, True, True, 1), (9, True, True, 0), (7, False, True, 0), (7, True, False, 0)],
)
def test_is_used_in_training_on_small_images_alone(side, training, grad, expected, monkeypatch):
    calls = []
    monkeypatch.setattr(winograd, "winograd_conv2d", lambda *inputs: calls.append(inputs))
    with torch.set_grad_enabled(grad):
        WinogradConv2d(32, 32).train(training)(torch.zeros(1, 32, side, side))
    assert len(calls) == expected


def test_is_not_used_in_reduced_precision(monkeypatch):
    monkeypatch.setattr(winograd, "winograd_conv2d", None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert WinogradConv2d(32, 32)(torch.zeros(1, 32, 7, 7)).dtype == torch.bfloat16


def test_has_the_parameters_of_a_plain_convolution():
    plain = nn.Conv2d(32, 48, 3, padding=1, bias=False)
    layer = WinogradConv2d(32, 48)
    layer.load_state_dict(plain.state_dict())
    images = torch.randn(2, 32, 7, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer(images), plain(images), atol=1e-4, rtol=0)
    assert torch.equal(layer.eval()(images), plain(images))


@needs_mkl
@pytest.mark.parametrize(
    ("shape", "out_channels", "kind"),
    [
        ((1, 31, 7, 7), 32, {}),
        ((1, 32, 7, 7), 31, {}),
        ((1, 32, 7, 6), 32, {}),
        ((1, 32, 6, 7), 32, {}),
        ((1, 32, 7, 7), 32, {"dtype": torch.float64}),
        ((1, 32, 7, 7), 32, {"device": "meta"}),
    ],
)
def test_is_not_used_where_it_does_not_pay(shape, out_channels, kind, monkeypatch):
    monkeypatch.setattr(winograd, "winograd_conv2d", None)
    given = WinogradConv2d(shape[1], out_channels).to(**kind)(torch.zeros(shape, **kind))
    assert given.shape == (1, out_channels, *shape[2:])
