"""Images at the door: the floats that a network takes, checked once."""

from __future__ import annotations

from collections.abc import Callable

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


def noise_image(image_shape: tuple[int, int, int]) -> Tensor:
    """Return one image ``(1, channels, height, width)`` to see what a network gives out: noise from 0 to 1, each time the same.

    Not one of a single colour, to which a network that divides each image by its own deviation has no answer.

    Parameters
    ----------
    image_shape : height, width and channels.

    Examples
    --------
    >>> noise_image((20, 30, 3)).shape
    torch.Size([1, 3, 20, 30])
    """
    height, width, channels = image_shape
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(0))


def images_at_a_time(pixels: Tensor, batch_size: int | None = None) -> int:
    """Return ``batch_size``, or where it is not given how many images ``(n, channels, height, width)`` to take in one pass.

    Of large images that is few, so that their maps stay within the memory of a laptop.

    Examples
    --------
    >>> images_at_a_time(torch.zeros(1, 3, 224, 224)), images_at_a_time(torch.zeros(1, 3, 224, 224), 100)
    (8, 100)
    """
    return batch_size or fast_batch_size(tuple(pixels.shape[2:]), "cpu")


def in_batches(
    compute: Callable[..., Tensor], pixels: Tensor, *rows: Tensor, batch_size: int | None = None
) -> Tensor:
    """Return what ``compute(pixels, *rows)`` returns, ``(n, ...)``, taken :func:`images_at_a_time`.

    Parameters
    ----------
    compute : a result whose first axis is that of the images.
    pixels : ``(n, channels, height, width)``.
    rows : whatever else each image has, ``(n, ...)``.
    batch_size : images in one pass; if not given, as many as are fast, few of large ones.

    Examples
    --------
    >>> in_batches(torch.mul, torch.ones(3, 1, 1, 1), torch.arange(3.0).view(3, 1, 1, 1), batch_size=2).ravel()
    tensor([0., 1., 2.])
    """
    size = images_at_a_time(pixels, batch_size)
    parts = (whole.split(size) for whole in (pixels, *rows))
    return torch.cat([compute(*part) for part in zip(*parts, strict=True)])
