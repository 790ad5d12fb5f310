"""Images at the door: the floats that a network takes, checked once."""

from __future__ import annotations

import torch
from torch import Tensor

from giemsa.errors import DataError


def check_pixels(pixels: Tensor) -> Tensor:
    """Return ``pixels`` where they are finite floats ``(n, channels, height, width)`` and ``n`` is at least 1.

    Raises
    ------
    DataError : they are not.
    """
    if pixels.ndim != 4 or not pixels.is_floating_point() or len(pixels) == 0:
        raise DataError(
            "expected float images (n, channels, height, width), at least one, "
            f"received {pixels.dtype} {tuple(pixels.shape)}"
        )
    if not torch.isfinite(pixels).all():
        raise DataError("the images hold NaN or infinite values; mend them first")
    return pixels.detach()
