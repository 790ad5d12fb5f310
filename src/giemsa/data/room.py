"""How many large images are in memory at a time? As many as fit into a room of pixels, and one that does not fit, alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """Pixels that threads share: each takes what its image needs, and waits until there is so much.

    Parameters
    ----------
    pixels : in all; who needs more gets all of them.

    Examples
    --------
    >>> room = Room(100)
    >>> with room.for_pixels(60), room.for_pixels(40):
    ...     room.left
    0
    """

    def __init__(self, pixels: int) -> None:
        self.pixels = self.left = pixels
        self._changed = threading.Condition()
        self._door = threading.Lock()

    @contextmanager
    def for_pixels(self, pixels: int) -> Iterator[None]:
        """Hold so many pixels, as soon as they are there; first come, first served, so that small images let a large one in."""
        pixels = min(pixels, self.pixels)
        with self._door, self._changed:
            self._changed.wait_for(lambda: self.left >= pixels)
            self.left -= pixels
        try:
            yield
        finally:
            with self._changed:
                self.left += pixels
                self._changed.notify_all()
