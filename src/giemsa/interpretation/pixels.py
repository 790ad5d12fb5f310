"""Images at the door: the floats that a network takes, checked once."""

from __future__ import annotations

import torch
from torch import Tensor

from giemsa.errors import DataError
from giemsa.training.classifier import fast_batch_size


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


def images_at_a_time(pixels: Tensor, batch_size: int | None = None) -> int:
    """Return ``batch_size``, or where it is not given how many images ``(n, channels, height, width)`` to take in one pass.

    Of large images that is few, so that their maps stay within the memory of a laptop.

    Examples
    --------
    >>> images_at_a_time(torch.zeros(1, 3, 224, 224)), images_at_a_time(torch.zeros(1, 3, 224, 224), 100)
    (8, 100)
    """
    return batch_size or fast_batch_size(tuple(pixels.shape[2:]), "cpu")
