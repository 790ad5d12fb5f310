"""Class evidence: exact on a network that pools, refused in one sentence where it flattens."""

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.class_evidence import class_evidence, local_logits


def test_local_logits_average_to_the_logits(pooling, pixels):
    local = local_logits(pooling, pixels, "1")
    torch.testing.assert_close(local.mean((2, 3)), pooling(pixels).detach(), atol=1e-5, rtol=1e-5)


def test_evidence_stands_where_the_colour_stands(pooling):
    pixels = torch.zeros(1, 3, 4, 4)
    pixels[:, 0, :2, :2] = 1.0
    maps = class_evidence(pooling, pixels, 0, layer="1")
    assert (maps[0, :2, :2] > 0).all()
    assert (maps[0, 2:, 2:] < 0).all()
    # upper left: logits 20, 0, 0 and 5
    np.testing.assert_allclose(maps[0, 0, 0], 20 - np.log(2 + np.exp(5.0)), atol=1e-4)


def test_a_network_that_flattens(tutorial, pixels):
    with pytest.raises(ModelError, match=r"pools globally.*use grad_cam"):
        class_evidence(tutorial, pixels, 0)
    assert all(not module._forward_hooks for module in tutorial.modules())
