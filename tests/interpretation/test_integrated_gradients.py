"""Integrated gradients against closed forms, and completeness."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.integrated_gradients import baseline_of, completeness_gap, integrated_gradients
from giemsa.interpretation.target import class_target


class Squares(nn.Module):
    """Logit 0 is the sum of squares, logit 1 a product: integrals known by hand."""

    def forward(self, pixels):
        flat = pixels.flatten(1)
        return torch.stack([(flat**2).sum(1), flat[:, 0] * flat[:, 1]], dim=1)


def test_squares_from_black():
    pixels = torch.rand(3, 1, 2, 2)
    np.testing.assert_allclose(integrated_gradients(Squares(), pixels, 0, baseline=0.0), pixels**2, atol=1e-5)


def test_a_product_is_shared_equally():
    pixels = torch.tensor([[[[0.5, 0.8]]]])
    found = integrated_gradients(Squares(), pixels, 1, baseline=0.0)
    np.testing.assert_allclose(found.ravel(), [0.2, 0.2], atol=1e-5)


def test_linear_network_from_mean_colour(linear):
    pixels = torch.rand(2, 1, 4, 4)
    expected = linear[1].weight[1].detach().view(1, 1, 4, 4) * (pixels - pixels.mean((2, 3), keepdim=True))
    np.testing.assert_allclose(integrated_gradients(linear, pixels, 1), expected, atol=1e-4)


def test_completeness_within_a_hundredth(tutorial, pixels):
    sharp = nn.Sequential(tutorial, nn.Linear(8, 8))
    with torch.no_grad():
        sharp[1].weight.copy_(200 * torch.eye(8))
    maps = integrated_gradients(sharp, pixels, 2)
    gap = completeness_gap(
        sharp, pixels, baseline_of(pixels, None), class_target(2, 8), torch.from_numpy(maps)
    )
    assert gap.max() <= 0.01


def test_a_baseline_that_does_not_fit(linear):
    with pytest.raises(ModelError, match=r"baseline has shape"):
        integrated_gradients(linear, torch.rand(1, 1, 4, 4), 0, baseline=torch.zeros(1, 1, 3, 3))


def test_it_is_taken_once_however_many_steps_are_allowed(linear):
    pixels = torch.rand(2, 1, 4, 4)
    once = integrated_gradients(linear, pixels, 1, steps=16)
    np.testing.assert_array_equal(integrated_gradients(linear, pixels, 1, steps=16, most_steps=8), once)
    assert np.abs(once).max() > 0


def test_a_baseline_without_an_answer_is_one_sentence(divided):
    pixels = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ModelError, match=r"not finite on the way from the baseline.*give it another"):
        integrated_gradients(divided, pixels, 0)
    other = pixels.flip(3)
    maps = integrated_gradients(divided, pixels, 0, baseline=other)
    with torch.no_grad():
        difference = divided(pixels)[:, 0] - divided(other)[:, 0]
    np.testing.assert_allclose(maps.sum((1, 2, 3)), difference, atol=0.01)
