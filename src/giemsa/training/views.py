"""The views of an image: the moves that bring a square onto itself, and under which its label may hold.

There are eight: ``view % 4`` quarter turns, after a mirroring where ``view >= 4``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from giemsa.data.dataset import Symmetry
from giemsa.errors import ModelError, nearest_names

VIEWS: dict[Symmetry, tuple[int, ...]] = {
    "none": (0,),
    "mirror": (0, 4),
    "mirror and quarter turns": (0, 1, 2, 3, 4, 5, 6, 7),
}


def choose_views(symmetry: Symmetry, views: int) -> tuple[int, ...]:
    """Return the numbers of the first view, or of all that the symmetry has.

    Raises
    ------
    ModelError : an unknown symmetry, or neither 1 nor the number of views that it has.

    Examples
    --------
    >>> choose_views("mirror", 2)
    (0, 4)
    """
    if symmetry not in VIEWS:
        raise ModelError(f"no symmetry is called {symmetry!r}; {nearest_names(str(symmetry), list(VIEWS))}")
    allowed = VIEWS[symmetry]
    if views not in (1, len(allowed)):
        raise ModelError(
            f"{views} views are not possible: these images' symmetry is {symmetry!r}, "
            f"which gives {len(allowed)}; ask for 1" + (f" or {len(allowed)}" if len(allowed) > 1 else "")
        )
    return allowed[:views]


def turn_all(images: Tensor, view: int) -> Tensor:
    """Return all images ``(n, channels, height, width)`` in one view, 0 to 7.

    Examples
    --------
    >>> turn_all(torch.tensor([[[[1, 2], [3, 4]]]]), 1).tolist()
    [[[[2, 4], [1, 3]]]]
    """
    if view >= 4:
        images = images.flip(-1)
    return torch.rot90(images, view % 4, (-2, -1)) if view % 4 else images
