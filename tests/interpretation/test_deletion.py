"""Deletion and insertion on a network whose probability is known."""

import numpy as np
import torch
from torch import nn

from giemsa.interpretation.deletion import deletion_curves


class CountsBright(nn.Module):
    """Logit 0 grows with the brightness of the upper half."""

    def forward(self, pixels):
        upper = pixels[:, 0, : pixels.shape[2] // 2].mean((1, 2))
        return torch.stack([20 * (upper - 0.75), torch.zeros_like(upper)], dim=1)


def test_a_true_map_gains_and_a_false_one_loses():
    pixels = torch.zeros(1, 1, 4, 4)
    pixels[:, :, :2] = 1.0
    truth = pixels[:, 0].numpy()
    true, false = (
        deletion_curves(CountsBright(), pixels, np.array([0]), m, steps=4) for m in (truth, 1 - truth)
    )
    assert true.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(true.deletion[0, 0], 1 / (1 + np.exp(-5)), atol=1e-6)
    np.testing.assert_allclose(true.insertion[0, -1], true.deletion[0, 0], atol=1e-12)
    np.testing.assert_allclose(true.scores, -false.scores, atol=1e-6)
    assert true.scores[0] > 0.3


def test_equal_values_of_oblong_images_come_in_the_order_of_the_rows():
    pixels = torch.rand(2, 1, 4, 6, generator=torch.Generator().manual_seed(0))
    flat, falling = np.zeros((2, 4, 6)), np.arange(48)[::-1].reshape(2, 4, 6)
    one, other = (
        deletion_curves(CountsBright(), pixels, np.array([0, 0]), m, steps=4) for m in (flat, falling)
    )
    np.testing.assert_array_equal(one.deletion, other.deletion)
    assert one.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert not np.allclose(one.deletion[0], one.deletion[1])


def test_an_image_covered_whole_to_which_there_is_no_answer_counts_as_zero(divided):
    pixels = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = deletion_curves(divided, pixels, np.array([0, 1]), pixels.mean(1).numpy(), steps=4)
    assert (found.deletion[:, -1].tolist(), found.insertion[:, 0].tolist()) == ([0, 0], [0, 0])
    assert (found.deletion[:, :-1] > 0).all()
    assert (found.insertion[:, 1:] > 0).all()
