"""Random views: nothing asked, nothing changed; a quarter turn is exact."""

import torch

from giemsa.interpretation.views import ViewRange, look
from giemsa.training.views import turn_all


def test_nothing_asked_changes_nothing(pixels):
    torch.testing.assert_close(look(pixels, ViewRange(), torch.Generator()), pixels)


def test_eight_symmetries_are_the_eight_views(pixels):
    one = pixels[:1]
    seen = look(one.repeat(64, 1, 1, 1), ViewRange(symmetries=8), torch.Generator().manual_seed(0))
    views = torch.stack([turn_all(one[0], view) for view in range(8)])
    distances = (seen[:, None] - views[None]).abs().amax((2, 3, 4))
    assert distances.min(1).values.max() < 1e-5
    assert set(distances.argmin(1).tolist()) == set(range(8))


def test_the_generator_decides(pixels):
    views = ViewRange(2, 10, 0.1, 8, 0.1, 0.1)
    first = look(pixels, views, torch.Generator().manual_seed(1))
    torch.testing.assert_close(first, look(pixels, views, torch.Generator().manual_seed(1)))
    assert not torch.equal(first, look(pixels, views, torch.Generator().manual_seed(2)))
