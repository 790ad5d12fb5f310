"""Every method by name, with one shape."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.attribution import METHODS, attribute
from giemsa.models.layers import GlobalAverage
from giemsa.training.classifier import fast_batch_size


def test_every_method_gives_one_map_an_image(pooling, pixels):
    assert len(METHODS) == 7
    for method in METHODS:
        found = attribute(pooling, pixels[:2, :, :12, :12], [0, 1], method)
        assert found.shape == (2, 12, 12)
        assert np.isfinite(found).all()


def test_an_unknown_method(tutorial, pixels):
    with pytest.raises(
        ModelError, match=r"no method of attribution is called 'gradcam'; did you mean grad_cam"
    ):
        attribute(tutorial, pixels, 0, "gradcam")


def test_large_images_are_taken_few_at_a_time():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=16), nn.ReLU(), GlobalAverage(), nn.Flatten(), nn.Linear(2, 3)
    )
    taken: list[int] = []
    network.register_forward_pre_hook(lambda module, inputs: taken.append(len(inputs[0])))
    large = torch.rand(12, 1, 96, 96, generator=torch.Generator().manual_seed(0))
    for method in METHODS:
        attribute(network, large, 1, method)
        assert max(taken) == fast_batch_size((96, 96), "cpu") == 10, method  # as a prediction takes
        taken.clear()
