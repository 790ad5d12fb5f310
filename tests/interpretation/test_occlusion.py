"""Occlusion against the closed form of a linear network, and captum as oracle."""

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.occlusion import occlusion, occlusion_of_classes, patch_masks


def test_linear_network(linear):
    pixels = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    share = (linear[1].weight[1].detach().view(1, 4, 4) * pixels)[:, 0]
    quarters = share.view(2, 2, 2, 2, 2).sum((2, 4)).repeat_interleave(2, 1).repeat_interleave(2, 2)
    found = occlusion(linear, pixels, 1, patch=2, stride=2, baseline=0.0)
    np.testing.assert_allclose(found, quarters, rtol=1e-5)


def test_captum_agrees(tutorial, pixels):
    from captum.attr import Occlusion

    theirs = Occlusion(tutorial).attribute(
        pixels[:1], sliding_window_shapes=(3, 4, 4), strides=(3, 3, 3), baselines=0.0, target=2
    )
    found = occlusion(tutorial, pixels[:1], 2, patch=4, stride=3, baseline=0.0)
    np.testing.assert_allclose(found[0], theirs[0, 0].detach(), atol=1e-5)


def test_several_classes_are_what_each_of_them_is(tutorial, pixels):
    labels = np.array([[0, 3]] * len(pixels)) + np.arange(len(pixels))[:, None] % 2
    together = occlusion_of_classes(tutorial, pixels, labels)
    for maps, column in zip(together, labels.T, strict=True):
        np.testing.assert_allclose(maps, occlusion(tutorial, pixels, column), atol=1e-6)
    with pytest.raises(ModelError, match=r"there is no class"):
        occlusion_of_classes(tutorial, pixels, labels + 8)


def test_every_pixel_is_covered():
    assert patch_masks(28, 28, 5, 3).any(0).all()
    assert patch_masks(7, 5, 5, 5).sum((1, 2)).tolist() == [25, 25]


def test_a_patch_that_does_not_fit(linear):
    with pytest.raises(ModelError, match=r"patch of 9 pixels does not fit"):
        occlusion(linear, torch.rand(1, 1, 4, 4), 0, patch=9)


def test_a_stride_that_leaves_gaps(linear):
    with pytest.raises(ModelError, match=r"stride of 3 pixels leaves gaps between patches of 2"):
        occlusion(linear, torch.rand(1, 1, 4, 4), 0, patch=2, stride=3)
    assert np.isfinite(occlusion(linear, torch.rand(1, 1, 4, 4), 0, patch=2, stride=2)).all()
