"""The gradient against closed forms, and one clear sentence for each path that has none."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import DataError, ModelError
from giemsa.interpretation.gradients import gradient
from giemsa.interpretation.target import difference_target


class Rounded(nn.Module):
    def forward(self, pixels):
        return torch.round(pixels.detach()).flatten(1)[:, :2]


class Root(nn.Module):
    def forward(self, pixels):
        return pixels.flatten(1)[:, :2].sqrt()


def test_gradient_of_a_linear_network_is_its_weights(linear):
    pixels = torch.rand(3, 1, 4, 4)
    found = gradient(linear, pixels, [0, 1, 1])
    expected = linear[1].weight.detach()[[0, 1, 1]].view(3, 1, 4, 4)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(
        gradient(linear, pixels, 1, times_image=True),
        linear[1].weight[1].detach().view(1, 4, 4) * pixels,
        atol=1e-5,
    )


def test_difference_of_two_classes(linear):
    found = gradient(linear, torch.rand(2, 1, 4, 4), difference_target(1, 0, 2))
    np.testing.assert_allclose(found, 16.0, atol=1e-5)


def test_batches_give_what_one_pass_gives(tutorial, pixels):
    np.testing.assert_allclose(
        gradient(tutorial, pixels, 3, batch_size=4), gradient(tutorial, pixels, 3), atol=1e-6
    )


def test_network_is_left_in_its_mode_without_gradients(tutorial, pixels):
    tutorial.train()
    gradient(tutorial, pixels, 0)
    assert tutorial.training
    assert all(parameter.grad is None for parameter in tutorial.parameters())
    tutorial.eval()


def test_a_path_without_gradient_is_one_sentence():
    with pytest.raises(ModelError, match=r"not differentiable.*occlusion"):
        gradient(Rounded(), torch.rand(1, 1, 4, 4), 0)


def test_nan_gradients_are_one_sentence():
    with pytest.raises(ModelError, match=r"gradient holds NaN or infinite"):
        gradient(Root(), torch.zeros(1, 1, 4, 4), 0)


@pytest.mark.parametrize("label", [-1, 8, 1.5])
def test_a_class_that_does_not_exist(tutorial, pixels, label):
    with pytest.raises(ModelError, match=r"there is no class .*0 to 7"):
        gradient(tutorial, pixels, label)


def test_a_class_an_image_must_fit_the_images(tutorial, pixels):
    with pytest.raises(ModelError, match=r"2 classes for 6 images"):
        gradient(tutorial, pixels, [0, 1])


def test_wrong_channel_count(tutorial):
    with pytest.raises(ModelError, match=r"takes images of 3 channel.*these have 1"):
        gradient(tutorial, torch.rand(1, 1, 28, 28), 0)


def test_wrong_size(tutorial):
    with pytest.raises(ModelError, match=r"cannot take images of 40x40"):
        gradient(tutorial, torch.rand(1, 3, 40, 40), 0)


def test_bad_pixels(tutorial):
    with pytest.raises(DataError, match=r"NaN"):
        gradient(tutorial, torch.full((1, 3, 28, 28), torch.nan), 0)
    with pytest.raises(DataError, match=r"expected float images"):
        gradient(tutorial, torch.zeros(0, 3, 28, 28), 0)


def test_weights_that_are_damaged(pixels):
    broken = nn.Sequential(nn.Flatten(), nn.Linear(3 * 28 * 28, 2))
    with torch.no_grad():
        broken[1].weight.fill_(torch.nan)
    with pytest.raises(ModelError, match=r"not finite"):
        gradient(broken, pixels, 0)
