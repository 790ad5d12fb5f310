import numpy as np
import pytest
import torch

from giemsa.training.colour import jitter_colours


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_about_half_of_the_images_stay_as_they_are():
    pixels = torch.rand(400, 3, 6, 6, generator=generator(1))
    same = (jitter_colours(pixels, 0.5, generator()) == pixels).flatten(1).all(dim=1)
    assert 150 < same.sum() < 250


def test_values_stay_in_range_and_the_generator_decides():
    pixels = torch.rand(20, 3, 6, 6, generator=generator(1))
    first, second = jitter_colours(pixels, 2.0, generator(3)), jitter_colours(pixels, 2.0, generator(3))
    assert torch.equal(first, second)
    assert first.min() >= 0
    assert first.max() <= 1
    assert not torch.equal(first, jitter_colours(pixels, 2.0, generator(4)))


def test_the_order_of_brightness_survives_in_grey_images():
    ramp = torch.linspace(0.3, 0.6, 16).reshape(1, 1, 4, 4).repeat(50, 1, 1, 1)
    jittered = jitter_colours(ramp, 0.3, generator()).flatten(1)
    assert (jittered.diff(dim=1) >= 0).all()


def test_no_colour_turns_into_its_opposite():
    pixels = torch.tensor([0.7, 0.5, 0.3]).view(1, 3, 1, 1).expand(200, 3, 4, 4)
    red, green, blue = jitter_colours(pixels, 0.3, generator()).mean(dim=(2, 3)).T
    assert (red > green).all()
    assert (green > blue).all()


def test_brightness_reaches_about_its_bounds_and_no_further():
    flat = torch.full((4000, 1, 2, 2), 0.4)
    factors = jitter_colours(flat, 0.5, generator())[:, 0, 0, 0] / 0.4
    assert 0.60 < factors.min() < 0.62
    assert 1.62 < factors.max() < 1.65


def by_hand(image, draws):
    """What is said of one image ``(channels, height, width)``, step by step, from draws in -1 to 1 times the strength."""
    brightness, contrast, saturation, chosen, *dyes = draws
    if chosen <= 0:
        return image
    if len(image) > 1:
        density = -np.log(np.maximum(image, 1 / 255))
        image = np.exp(-density * np.exp(0.5 * np.array(dyes))[:, None, None])
    grey = image.mean(axis=0)
    image = grey + (image - grey) * np.exp(1.5 * saturation)
    image = image.mean() + (image - image.mean()) * np.exp(contrast)
    return np.clip(image * np.exp(brightness), 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_changed_as_is_said(channels):
    pixels = torch.rand(40, channels, 5, 6, generator=generator(1))
    pixels[:, :, 0, 0] = 0
    draws = (torch.rand(40, 4 + channels, generator=generator()) * 2 - 1) * 0.5
    expected = np.stack(
        [by_hand(*pair) for pair in zip(pixels.double().numpy(), draws.tolist(), strict=True)]
    )
    np.testing.assert_allclose(jitter_colours(pixels, 0.5, generator()).numpy(), expected, atol=1e-5)
