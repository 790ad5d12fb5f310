"""Class evidence: exact on a network that pools, refused in one sentence where it flattens."""

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.class_evidence import class_evidence, local_logits


def test_local_logits_average_to_the_logits(pooling, pixels):
    local = local_logits(pooling, pixels, ("1",))
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


def test_of_an_ensemble_each_place_gets_the_joint_answer(ensemble):
    pixels = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    names = [f"members.{number}.relu3" for number in range(3)]
    found = local_logits(ensemble, pixels, names)
    each = [local_logits(member, pixels, ("relu3",)) for member in ensemble.members]
    joint = torch.stack([logits.softmax(1) for logits in each]).mean(0).log()
    torch.testing.assert_close(found, joint, atol=1e-5, rtol=1e-4)
    odds = joint[:, 1] - (1 - joint[:, 1].exp()).log()
    coarse = torch.nn.functional.interpolate(odds[:, None], size=(16, 16), mode="bilinear")[:, 0]
    np.testing.assert_allclose(class_evidence(ensemble, pixels, 1), coarse, atol=1e-4)


def test_of_a_residual_network_places_average_to_the_logits(residual):
    pixels = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    local = local_logits(residual, pixels, ("stages.1",))
    torch.testing.assert_close(local.mean((2, 3)), residual(pixels).detach(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
def test_what_goes_around_the_layer_is_not_added_to_its_places(residual, count):
    with pytest.raises(ModelError, match=r"mixes their places"):
        local_logits(residual, torch.rand(count, 3, 20, 20), ("stages.1.bn2",))


def test_of_one_image_what_goes_around_is_not_added_to_its_places():
    class Around(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.conv = torch.nn.Conv2d(3, 4, 1), torch.nn.Conv2d(4, 4, 1)

        def forward(self, pixels):
            maps = self.stem(pixels)
            return (self.conv(maps) + maps).mean((2, 3))

    with pytest.raises(ModelError, match=r"mixes their places"):
        local_logits(Around(), torch.rand(1, 3, 6, 6), ("conv",))


def test_places_that_grow_again_are_not_single():
    class Placed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act = torch.nn.Conv2d(3, 4, 1), torch.nn.ReLU()
            self.where = torch.nn.Parameter(torch.rand(1, 4, 6, 6))

        def forward(self, pixels):
            return self.act(self.conv(pixels) + self.where).mean((2, 3))

    with pytest.raises(ModelError, match=r"mixes their places"):
        local_logits(Placed(), torch.rand(1, 3, 6, 6), ("conv",))


def test_whatever_stops_the_network_at_a_place_is_one_sentence():
    class Strict(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 1)

        def forward(self, pixels):
            maps = self.conv(pixels)
            assert maps.shape[2] == 6
            return maps.mean((2, 3))

    with pytest.raises(ModelError, match=r"pools globally.*use grad_cam"):
        class_evidence(Strict(), torch.rand(1, 3, 6, 6), 0)
