"""The response to symmetry: flat where the network is blind to the move."""

import numpy as np
import torch

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
