"""Filters and how far they moved."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.filters import collect_filters
from giemsa.models import build_model


def test_shapes_of_the_tutorial(tutorial):
    shapes = {filters.layer: filters.after.shape for filters in collect_filters(tutorial)}
    assert shapes == {"conv1": (32, 3, 3, 3), "conv2": (64, 32, 3, 3), "conv3": (64, 64, 3, 3)}


def test_a_filter_doubled_moved_by_its_length_and_kept_its_direction():
    before, after = (nn.Sequential(nn.Conv2d(1, 2, 3)) for _ in range(2))
    with torch.no_grad():
        after[0].weight.copy_(2 * before[0].weight)
    found = collect_filters(after, before)[0]
    np.testing.assert_allclose(found.distances, 1.0, atol=1e-5)
    np.testing.assert_allclose(found.similarities, 1.0, atol=1e-5)


def test_filters_of_zeros_move_without_dividing_by_zero():
    network = nn.Sequential(nn.Conv2d(1, 2, 3))
    nn.init.zeros_(network[0].weight)
    found = collect_filters(network)[0]
    assert found.distances.tolist() == [0, 0]
    assert found.similarities.tolist() == [0, 0]


def test_no_convolution_and_another_network(tutorial):
    with pytest.raises(ModelError, match=r"no two-dimensional convolution"):
        collect_filters(nn.Linear(2, 2))
    other = build_model(
        "tutorial", channels=1, n_classes=8, size=28, generator=torch.Generator().manual_seed(0)
    )
    with pytest.raises(ModelError, match=r"other convolutions"):
        collect_filters(tutorial, other)
