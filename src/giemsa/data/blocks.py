"""How many images at a time? As many as one block of small ones has pixels: large images as floats would fill the memory."""

from __future__ import annotations

from collections.abc import Iterator


def blocks(n: int, size: tuple[int, ...], *, at_28: int = 1024) -> Iterator[slice]:
    """Yield slices, in order, that cut ``n`` images into blocks of about equally many pixels.

    Parameters
    ----------
    n : number of images.
    size : height and width in pixels.
    at_28 : images a block where they are 28 by 28 pixels.

    Examples
    --------
    >>> [part.stop - part.start for part in blocks(20, (224, 224))], len(list(blocks(1025, (28, 28))))
    ([16, 4], 2)
    """
    height, width = size
    step = max(1, at_28 * 28 * 28 // (height * width))
    return (slice(start, min(start + step, n)) for start in range(0, n, step))
