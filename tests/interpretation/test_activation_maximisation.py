"""Activation maximisation climbs, keeps its bounds, repeats itself, and holds the tutorial's settings."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
from giemsa.interpretation.activation_maximisation import (
    DEFAULTS,
    TUTORIAL,
    maximise_activation,
    objective_of,
    penalties,
    settings_for,
)
from giemsa.interpretation.target import Target, channel_target
from giemsa.interpretation.views import ViewRange


def test_the_tutorials_settings():
    views = TUTORIAL.views
    assert (TUTORIAL.steps, TUTORIAL.learning_rate, views.jitter, views.rotation) == (200, 0.5, 10, 2)
    assert (TUTORIAL.total_variation, TUTORIAL.norm, TUTORIAL.norm_power) == (1.0, 0.3, 1.0)
    assert (TUTORIAL.parametrisation, TUTORIAL.start, TUTORIAL.draws, TUTORIAL.log_odds) == (
        "pixel",
        1.0,
        1,
        False,
    )


def test_penalties_by_hand():
    images = torch.tensor([[[[0.0, 1.0], [0.0, 0.5]]]])
    # neighbours differ by 1, 0.5 (along) and 0, 0.5 (down); four numbers; mean absolute value 0.375
    np.testing.assert_allclose(penalties(images, TUTORIAL), [2.0 / 4 + 0.3 * 0.375], atol=1e-6)


def test_colours_of_a_linear_network_go_to_their_ends(pooling):
    settings = dataclasses.replace(TUTORIAL, steps=20, total_variation=0.0, norm=0.0)
    made = maximise_activation(
        pooling, Target(torch.eye(4)[0]), like=torch.rand(2, 3, 8, 8), settings=settings
    )
    np.testing.assert_allclose(made.images[0], np.broadcast_to([1.0, 0.0, 0.0], (8, 8, 3)), atol=0.02)
    assert made.history.shape == (20, 1)
    np.testing.assert_allclose(made.scores, [20.0], atol=0.5)


def test_every_class_is_reached_from_noise(pooling):
    like = torch.rand(60, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    settings = dataclasses.replace(DEFAULTS, steps=40, learning_rate=0.2, radius=0.0)
    made = maximise_activation(pooling, Target(torch.eye(4)[:3]), like=like, settings=settings)
    logits = pooling(torch.from_numpy(made.images).permute(0, 3, 1, 2))
    assert logits.argmax(1).tolist() == [0, 1, 2]
    assert made.images.min() >= 0
    assert made.images.max() <= 1


class _TwoHills(nn.Module):
    """Climbs to a foothill in dark images, to the summit in light ones."""

    def forward(self, pixels):
        light = pixels.mean((1, 2, 3))
        height = torch.where(light > 0.5, 10 * light, 1 - light)
        return torch.stack([height, torch.zeros_like(height)], dim=1)


def test_of_several_draws_the_highest_is_begun_at():
    like = torch.rand(20, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    target = Target(torch.tensor([[1.0, 0.0]]).repeat(12, 1))
    reached = {}
    for draws in (1, 32):
        settings = dataclasses.replace(DEFAULTS, steps=20, draws=draws, start=1.0)
        reached[draws] = maximise_activation(_TwoHills(), target, like=like, settings=settings).scores
    assert (reached[1] < 1).any()
    assert (reached[1] > 5).any()
    assert (reached[32] > 5).all()


def test_radius_keeps_to_the_ball(tutorial, pixels):
    near = dataclasses.replace(DEFAULTS, steps=3, radius=1e-6)
    made = maximise_activation(tutorial, Target(torch.eye(8)[:2]), like=pixels, settings=near)
    np.testing.assert_allclose(made.images[0], made.images[1], atol=1e-4)


def test_channel_start_image_seed_and_progress(tutorial, pixels):
    told = []
    target = channel_target(tutorial, "conv1", 4, (28, 28, 3))
    settings = dataclasses.replace(TUTORIAL, steps=5)
    made = [
        maximise_activation(
            tutorial, target, like=pixels, settings=settings, seed=seed, progress=lambda *a: told.append(a)
        ).images
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    assert told[4] == (5, 5, "maximising")
    still = dataclasses.replace(TUTORIAL, learning_rate=0.0, steps=1)
    begun = maximise_activation(tutorial, target, like=pixels, settings=still, start=pixels[:1])
    np.testing.assert_allclose(begun.images[0], pixels[0].permute(1, 2, 0), atol=1e-6)


def test_log_odds_by_hand():
    network = nn.Flatten()
    pixels = torch.tensor([[[[1.0, 2.0, 0.5]]]])
    target = Target(torch.eye(3)[[1]])
    expected = 2.0 - np.log(np.exp(1.0) + np.exp(0.5))
    np.testing.assert_allclose(objective_of(network, pixels, target, log_odds=True), [expected], atol=1e-6)
    np.testing.assert_allclose(objective_of(network, pixels, target, log_odds=False), [2.0], atol=1e-6)


def test_beginning_at_an_image_needs_pixels(tutorial, pixels):
    with pytest.raises(ModelError, match=r"parametrisation 'pixel'"):
        maximise_activation(tutorial, Target(torch.eye(8)[:1]), like=pixels, start=pixels[:1])


def test_views_keep_to_the_symmetry_of_the_images():
    assert settings_for("default", 8) == DEFAULTS
    assert settings_for("default", 1).views.symmetries == 1
    assert settings_for("tutorial", 8) == TUTORIAL
    with pytest.raises(ModelError, match=r"did you mean default"):
        settings_for("defualt", 8)


def test_large_images_are_made_few_at_a_time():
    network = nn.Sequential(nn.AvgPool2d(16), nn.Flatten(), nn.Linear(36, 12, bias=False))
    with torch.no_grad():
        network[2].weight.copy_(torch.eye(12, 36))
    taken, told = [], []
    network.register_forward_pre_hook(lambda module, inputs: taken.append(len(inputs[0])))
    like = torch.rand(4, 1, 96, 96, generator=torch.Generator().manual_seed(0))
    made = maximise_activation(
        network,
        Target(torch.eye(12)),
        like=like,
        settings=dataclasses.replace(DEFAULTS, steps=3, draws=2),
        progress=lambda *a: told.append(a),
    )
    assert max(taken) == 10
    assert [step for step, *_ in told] == [1, 2, 3, 4, 5, 6]
    assert {steps for _, steps, _ in told} == {6}
    assert (made.images.shape, made.scores.shape, made.history.shape) == ((12, 96, 96, 1), (12,), (3, 12))


def test_the_history_is_what_is_climbed(pooling):
    still = dataclasses.replace(DEFAULTS, steps=1, learning_rate=0.0, draws=1, views=ViewRange())
    like = torch.rand(20, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    made = maximise_activation(pooling, Target(torch.eye(4)[:2]), like=like, settings=still)
    logits = pooling(torch.from_numpy(made.images).permute(0, 3, 1, 2)).detach()
    odds = [logits[k, k] - torch.cat([logits[k, :k], logits[k, k + 1 :]]).logsumexp(0) for k in range(2)]
    np.testing.assert_allclose(made.history[0], odds, atol=1e-4)
