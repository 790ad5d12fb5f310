"""Parametrisations: noise of strength one has the statistics of the data."""

import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.image_parametrisation import decorrelate_colours, make_canvas, to_open


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    mixing = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.3, 0.0], [0.1, 0.2, 0.5]])
    noise = torch.randn(300, 3, 8, 8, generator=generator)
    smooth = torch.nn.functional.avg_pool2d(noise, 3, 1, 1)
    return torch.sigmoid(
        torch.einsum("cd,ndhw->nchw", mixing, smooth) + torch.tensor([0.2, -0.4, 0.0]).view(1, 3, 1, 1)
    )


def colour_covariance(images):
    flat = to_open(images).transpose(0, 1).flatten(1)
    return torch.cov(flat), flat.mean(1)


def test_decorrelated_colours_give_the_covariance_back(images):
    mean, basis = decorrelate_colours(to_open(images))
    covariance, expected = colour_covariance(images)
    torch.testing.assert_close(basis @ basis.T, covariance, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(mean, expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("kind", ["fourier", "natural"])
def test_noise_looks_like_the_data(images, kind):
    canvas = make_canvas(kind, images, (400, 3, 8, 8), 1.0, torch.Generator().manual_seed(1))
    made = canvas.image(canvas.values).detach()
    assert made.min() >= 0
    assert made.max() <= 1
    (covariance, mean), (expected, middle) = colour_covariance(made), colour_covariance(images)
    torch.testing.assert_close(covariance, expected, atol=0.02, rtol=0.25)
    torch.testing.assert_close(mean, middle, atol=0.05, rtol=0.1)


def test_pixels_begin_at_uniform_noise():
    canvas = make_canvas("pixel", None, (4, 3, 8, 8), 1.0, torch.Generator().manual_seed(0))
    assert 0 <= canvas.values.min() < 0.05
    assert 0.95 < canvas.values.max() <= 1


def test_unknown_and_without_images():
    with pytest.raises(ModelError, match=r"did you mean fourier"):
        make_canvas("fourrier", None, (1, 3, 8, 8), 1.0, torch.Generator())
    with pytest.raises(ModelError, match=r"takes its statistics from real images"):
        make_canvas("natural", None, (1, 3, 8, 8), 1.0, torch.Generator())
