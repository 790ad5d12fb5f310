"""Class evidence: exact on a network that pools, refused in one sentence where it flattens."""

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.class_evidence import class_evidence, local_logits
from giemsa.interpretation.target import channel_target
from giemsa.models.ensemble import Ensemble
from giemsa.models.layers import GlobalAverage


@pytest.fixture(autouse=True)
def same_weights():
    """Networks made in a test have the same weights each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


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
    with pytest.raises(ModelError, match=r"pools globally.*use Grad-CAM"):
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
            self.where = torch.nn.Parameter(torch.linspace(-2, 2, 36).view(1, 1, 6, 6))

        def forward(self, pixels):
            return self.act(self.conv(pixels) * self.where).mean((2, 3))

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

    with pytest.raises(ModelError, match=r"pools globally.*use Grad-CAM"):
        class_evidence(Strict(), torch.rand(1, 3, 6, 6), 0)


def test_tokens_that_know_where_they_stand_are_not_single():
    """Shown one place alone, the network would see it at every place at once."""

    class Standing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Conv2d(3, 8, 5, stride=5)
            self.where = torch.nn.Parameter(torch.randn(1, 16, 8, generator=torch.Generator().manual_seed(0)))
            self.mix, self.head = torch.nn.Linear(8, 8), torch.nn.Linear(8, 3)

        def forward(self, pixels):
            tokens = self.embed(pixels).flatten(2).transpose(1, 2) + self.where
            return self.head(self.mix(tokens).relu().mean(1))

    with pytest.raises(ModelError, match=r"mixes their places"):
        class_evidence(Standing(), torch.rand(2, 3, 20, 20), 0)


def test_places_that_are_mixed_after_the_layer_are_not_single(residual):
    pixels = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ModelError, match=r"mixes their places"):
        local_logits(residual, pixels, ("stages.0",))


def test_the_largest_place_may_count_alone():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 1), torch.nn.AdaptiveMaxPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 3)
    )
    pixels = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    found = local_logits(network, pixels, ("0",))
    expected = network[3](network[0](pixels).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    torch.testing.assert_close(found, expected.detach())


def test_every_place_of_an_oblong_image_is_judged_by_itself(pooling):
    pixels = torch.rand(3, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    labels = np.array([2, 0, 3])
    alone = pooling(pixels.permute(0, 2, 3, 1).reshape(-1, 3, 1, 1)).detach().double().softmax(1)
    own = alone.view(3, 24, 4)[np.arange(3), :, labels].view(3, 4, 6)
    expected = (own / (1 - own)).log()
    np.testing.assert_allclose(class_evidence(pooling, pixels, labels), expected, atol=1e-4)


def test_few_images_are_taken_at_a_time_where_it_is_asked_for(pooling, pixels):
    taken = []
    handle = pooling.register_forward_pre_hook(lambda module, inputs: taken.append(len(inputs[0])))
    found = class_evidence(pooling, pixels, 1, batch_size=2)
    handle.remove()
    assert max(taken) == 2
    np.testing.assert_allclose(found, class_evidence(pooling, pixels, 1), atol=1e-5)


def test_a_network_in_training_is_asked_as_in_use():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 1),
        GlobalAverage(),
        torch.nn.Flatten(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(4, 3),
    )
    pixels = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = class_evidence(network.train(), pixels, 0)
    assert network.training
    np.testing.assert_allclose(found, class_evidence(network.eval(), pixels, 0), atol=1e-5)


def test_a_channel_is_no_class(pooling, pixels):
    with pytest.raises(ModelError, match=r"explains classes, not channels"):
        class_evidence(pooling, pixels, channel_target(pooling, "0", 2, (28, 28, 3)))


def test_members_whose_maps_have_no_places_in_common():
    members = [
        torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, size, stride=size),
            GlobalAverage(),
            torch.nn.Flatten(),
            torch.nn.Linear(2, 2),
        )
        for size in (1, 2)
    ]
    with pytest.raises(ModelError, match=r"no places in common; use Grad-CAM"):
        class_evidence(Ensemble(members), torch.rand(1, 1, 8, 8), 0)


def test_a_layer_that_the_answer_does_not_hang_on_has_no_evidence():
    class Aside(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 1)

        def forward(self, pixels):
            self.conv(pixels)
            return pixels.mean((2, 3))

    with pytest.raises(ModelError, match=r"a single place has no class of its own"):
        local_logits(Aside(), torch.rand(1, 3, 6, 6), ("conv",))


def test_the_layer_that_is_asked_for_is_looked_for(pooling, pixels):
    with pytest.raises(ModelError, match=r"the network has no layer 'relu9'"):
        class_evidence(pooling, pixels, 0, layer="relu9")
