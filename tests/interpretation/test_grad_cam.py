"""Grad-CAM: captum's published values, captum itself as oracle, traps, and nothing left behind."""

import gc
import tracemalloc

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.grad_cam import added_up, grad_cam, grad_cam_plus_plus, plus_plus_weights
from giemsa.interpretation.target import channel_target
from giemsa.models.ensemble import Ensemble
from giemsa.models.layers import GlobalAverage


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    ("layer", "expected"),
    [("conv1", [[11.25, 13.5], [20.25, 22.5]]), ("relu1", [[0.0, 4.0], [28.0, 32.5]])],
)
def test_values_that_captum_publishes(one_convolution, layer, expected, inplace):
    pixels = torch.arange(16.0).view(1, 1, 4, 4)
    found = grad_cam(one_convolution(inplace=inplace), pixels, 0, layer=layer, signed=True, enlarge=False)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize("layer", ["pool1", "conv3"])
def test_captum_agrees(tutorial, pixels, layer):
    from captum.attr import LayerAttribution, LayerGradCam

    labels = torch.tensor([0, 1, 2, 3, 4, 5])
    coarse = LayerGradCam(tutorial, getattr(tutorial, layer)).attribute(
        pixels, labels, relu_attributions=True
    )
    expected = LayerAttribution.interpolate(coarse, (28, 28), "bilinear")[:, 0].detach()
    found = grad_cam(tutorial, pixels, labels.numpy(), layer=layer)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.min() >= 0


def test_plus_plus_by_hand():
    maps, gradients = torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[2.0, -1.0]]]])
    # shares: 4 / (8 + 4 * 8) and 1 / (2 + 4 * -1); only positive gradients are weighed
    np.testing.assert_allclose(plus_plus_weights(maps, gradients).item(), 0.1 * 2.0, atol=1e-6)


def test_plus_plus_is_positive_and_finite(tutorial, pixels):
    found = grad_cam_plus_plus(tutorial, pixels * 0, 0)
    assert np.isfinite(found).all()
    assert found.min() >= 0


def test_a_layer_without_maps(tutorial, pixels):
    with pytest.raises(ModelError, match=r"'dense1' gives out \(256,\).*layers with maps: conv1, relu1"):
        grad_cam(tutorial, pixels, 0, layer="dense1")


def test_a_misspelt_layer(tutorial, pixels):
    with pytest.raises(ModelError, match=r"no layer 'pol1'; did you mean pool1"):
        grad_cam(tutorial, pixels, 0, layer="pol1")


def test_a_layer_that_runs_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 2, 3, padding=1), nn.ReLU()

        def forward(self, pixels):
            return self.relu(self.relu(self.conv(pixels))).mean((2, 3))

    with pytest.raises(ModelError, match=r"'relu' gave out 2 tensors.*runs once"):
        grad_cam(Twice(), torch.rand(1, 1, 8, 8), 0, layer="relu")
    assert grad_cam(Twice(), torch.rand(1, 1, 8, 8), 0).shape == (1, 8, 8)


def test_nothing_is_left_behind(tutorial, pixels):
    def tensors() -> int:
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    grad_cam(tutorial, pixels, 0)
    before = tensors()
    tracemalloc.start()
    for _ in range(5):
        grad_cam(tutorial, pixels, 0)
    gc.collect()
    settled = tracemalloc.get_traced_memory()[0]
    for _ in range(95):
        grad_cam(tutorial, pixels, 0)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - settled
    tracemalloc.stop()
    assert tensors() == before
    assert grown < 50_000
    assert all(not module._forward_hooks for module in tutorial.modules())


def test_no_hook_is_left_after_an_error(tutorial):
    with pytest.raises(ModelError):
        grad_cam(tutorial, torch.rand(1, 3, 40, 40), 0, layer="conv1")
    assert all(not module._forward_hooks for module in tutorial.modules())


def test_a_channel_is_no_class(tutorial, pixels):
    with pytest.raises(ModelError, match=r"explains classes, not channels"):
        grad_cam(tutorial, pixels, channel_target(tutorial, "conv1", 2, (28, 28, 3)))


def test_of_an_ensemble_the_maps_of_all_members_count():
    """One linear member a half of the image: the joint gradient weighs each by its share of the mean probability."""
    members = []
    for gain in (1.0, 2.0):
        member = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), GlobalAverage(), nn.Flatten(), nn.Linear(1, 2))
        with torch.no_grad():
            member[0].weight.fill_(gain)
            member[3].weight.copy_(torch.tensor([[1.0], [0.0]]))
            member[3].bias.zero_()
        members.append(member)
    pixels = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    odds = [
        gain * pixels.mean((1, 2, 3)) for gain in (1.0, 2.0)
    ]  # each member's logit of class 0; that of class 1 is zero
    sure = [each.sigmoid() for each in odds]
    # d log(p1 + p2) / d logit = p (1 - p) / (p1 + p2); a channel's weight is its mean over 36 places
    expected = sum(
        (p * (1 - p) / (sure[0] + sure[1]) / 36)[:, None, None] * gain * pixels[:, 0]
        for p, gain in zip(sure, (1.0, 2.0), strict=True)
    )
    np.testing.assert_allclose(grad_cam(Ensemble(members), pixels, 0), expected, rtol=1e-4)
    both = grad_cam_plus_plus(Ensemble(members), pixels, 0)
    alone = grad_cam_plus_plus(Ensemble(members), pixels, 0, layer="members.1.0")
    assert (both > alone).all()


def test_members_of_other_sizes_are_added_at_the_first_ones():
    coarse = [torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 2, 2)]
    assert added_up(coarse).tolist() == torch.ones(1, 1, 4, 4).tolist()


def test_what_goes_around_a_block_counts(residual):
    with torch.no_grad():
        for block in residual.stages:
            block.bn2.weight.zero_()
            block.bn2.bias.zero_()  # all that matters goes around the convolutions
    pixels = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    assert np.ptp(grad_cam(residual, pixels, 0, layer="stages.1.bn2", signed=True)) == 0
    assert np.ptp(grad_cam(residual, pixels, 0, signed=True)) > 0


def test_few_images_are_taken_at_a_time_where_it_is_asked_for(tutorial, pixels):
    taken = []
    handle = tutorial.register_forward_pre_hook(lambda module, inputs: taken.append(len(inputs[0])))
    found = grad_cam(tutorial, pixels, 1, batch_size=4)
    handle.remove()
    assert max(taken) == 4
    np.testing.assert_allclose(found, grad_cam(tutorial, pixels, 1), atol=1e-6)


def test_plus_plus_weighs_by_positive_gradients(tutorial, pixels):
    found = grad_cam_plus_plus(tutorial, pixels, 0)
    np.testing.assert_array_equal(found, grad_cam(tutorial, pixels, 0, weighting=plus_plus_weights))
    assert not np.allclose(found, grad_cam(tutorial, pixels, 0), rtol=0.1)
