"""The response to symmetry: flat where the network is blind to the move."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.interpretation.symmetry_response import MOVES, symmetry_response


def test_a_network_of_mean_colours_is_blind_to_mirrors_and_quarter_turns(pooling):
    pixels = torch.rand(5, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    found = symmetry_response(pooling, pixels, np.array([0, 1, 2, 0, 1]), step_degrees=90)
    assert found.degrees.tolist() == [0, 90, 180, 270, 360]
    np.testing.assert_allclose(found.turned, found.still[:, None].repeat(5, axis=1), atol=1e-4)
    np.testing.assert_allclose(found.moved[:, :2], found.still[:, None].repeat(2, axis=1), atol=1e-5)
    assert found.changed[:2].tolist() == [0, 0]
    assert len(found.moves) == len(MOVES) == 10


def test_recolouring_moves_it(pooling):
    pixels = torch.rand(5, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    found = symmetry_response(pooling, pixels, np.zeros(5, np.int64), step_degrees=180)
    darker = found.moves.index("15 % darker")
    assert np.abs(found.moved[:, darker] - found.still).max() > 1e-3


def test_the_moves_are_what_they_are_called():
    pixels = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    assert torch.equal(MOVES["mirrored left-right"](pixels), pixels.flip(3))
    assert torch.equal(MOVES["mirrored up-down"](pixels), pixels.flip(2))
    assert torch.equal(MOVES["2 pixels right"](pixels)[..., 2:], pixels[..., :-2])
    assert torch.equal(MOVES["1 pixel down"](pixels)[:, :, 1:], pixels[:, :, :-1])
    torch.testing.assert_close(MOVES["15 % darker"](pixels), 0.85 * pixels)
    torch.testing.assert_close(MOVES["15 % brighter"](pixels), torch.minimum(1.15 * pixels, torch.ones(())))
    colour = torch.tensor([0.9, 0.3, 0.0]).view(1, 3, 1, 1)
    assert MOVES["less saturated"](colour).flatten().tolist() == pytest.approx([0.7, 0.34, 0.16])
    assert MOVES["more saturated"](colour).flatten().tolist() == pytest.approx([1.0, 0.26, 0.0])


class LeftHalf(nn.Module):
    """Calls an image bright by its left half."""

    def forward(self, pixels):
        brightness = 9 * (pixels[..., : pixels.shape[3] // 2].mean(dim=(1, 2, 3)) - 0.5)
        return torch.stack([-brightness, brightness], dim=1)


def test_the_part_of_the_images_that_change_their_class_is_counted():
    pixels = torch.tensor([0.3, 0.45, 0.48, 0.56, 0.9]).view(5, 1, 1, 1).repeat(1, 1, 6, 6)
    pixels[4, ..., 3:] = 0.1
    found = symmetry_response(LeftHalf(), pixels, np.zeros(5, np.int64), step_degrees=180)
    changed = dict(zip(found.moves, found.changed, strict=True))
    assert (changed["15 % brighter"], changed["15 % darker"]) == (0.4, 0.2)
    assert (changed["mirrored left-right"], changed["mirrored up-down"]) == (0.2, 0)
    assert found.changed_by_turn.tolist() == [0, 0.2, 0]


def test_grey_images_have_no_colour_to_lose():
    pixels = torch.full((3, 1, 6, 6), 0.7)
    found = symmetry_response(LeftHalf(), pixels, np.ones(3, np.int64), step_degrees=180)
    assert not [move for move in found.moves if "saturated" in move]
    assert len(found.moves) == len(found.changed) == found.moved.shape[1] == len(MOVES) - 2
