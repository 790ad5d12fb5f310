"""Targets: weights over outputs."""

import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.target import (
    Target,
    channel_target,
    class_target,
    contrast_target,
    resolve_target,
    scores,
)


def test_class_and_contrast():
    assert class_target([2, 0], 3).weights.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert contrast_target(1, 3).weights.tolist() == [-0.5, 1.0, -0.5]


def test_a_channel_is_the_mean_of_its_map(tutorial, pixels):
    target = channel_target(tutorial, "conv1", 4, (28, 28, 3))
    found = scores(tutorial, pixels, target.rows(len(pixels)), target.layer)
    torch.testing.assert_close(found, tutorial.conv1(pixels)[:, 4].mean((1, 2)))


def test_a_channel_that_does_not_exist(tutorial):
    with pytest.raises(ModelError, match=r"no channel 32; its channels are 0 to 31"):
        channel_target(tutorial, "conv1", 32, (28, 28, 3))


def test_weights_that_do_not_fit(tutorial, pixels):
    with pytest.raises(ModelError, match=r"3 weights where the network has 8 outputs"):
        resolve_target(Target(torch.ones(3)), tutorial, pixels)
    with pytest.raises(ModelError, match=r"3 weights where layer 'conv1' has 32 outputs"):
        resolve_target(Target(torch.ones(3), "conv1"), tutorial, pixels)
