"""SmoothGrad: exact where the network is linear, and repeatable."""

import numpy as np
import torch

from giemsa.interpretation.smoothgrad import smoothgrad


def test_noise_changes_nothing_for_a_linear_network(linear):
    found = smoothgrad(linear, torch.rand(2, 1, 4, 4), 1, copies=3)
    expected = np.broadcast_to(linear[1].weight[1].detach().view(1, 1, 4, 4), found.shape)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_seed_decides(tutorial, pixels):
    first = smoothgrad(tutorial, pixels, 0, copies=2, seed=3)
    np.testing.assert_array_equal(first, smoothgrad(tutorial, pixels, 0, copies=2, seed=3))
    assert not np.array_equal(first, smoothgrad(tutorial, pixels, 0, copies=2, seed=4))
