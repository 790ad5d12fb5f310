"""Stability: one for a map that moves with the image, nothing to be said of a constant map."""

import numpy as np
import torch
from torch import nn

from giemsa.interpretation.stability import stability


def test_a_map_that_moves_with_the_image(pooling):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(2, 3, 12, 12, generator=generator)
    np.testing.assert_allclose(stability(pooling, pixels, np.array([0, 1]), "gradient"), 1.0, atol=0.02)


def test_a_constant_map():
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    nn.init.zeros_(network[1].weight)
    found = stability(network, torch.rand(2, 3, 4, 4), np.array([0, 1]), "gradient")
    assert found.shape == (2,)
    assert np.isnan(found).all()
