"""Memory that is freed and wanted again in the next step stays with the program.

The maps of large images are tens of megabytes each. The C library of Linux asks the system for such a block and hands it back
as soon as it is freed; the next step gets new, empty pages one by one. On images of 224x224 that is a third of a training
(`benchmarks/scaling.py`). The library can be told to keep what is freed; other systems are left as they are.

Each thread has a heap of its own, so that none waits for another at each of a small step's thousand blocks. Such a heap ends at
64 MB: where maps are larger than that, all threads share one heap, and the waiting is nothing beside the maps.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

# pixels a side of the images that a network takes; the maps of 64 of them in float32 with 32 channels are 33 MB
LARGEST_OF_OWN_HEAPS = 64

# the settings of mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8
# no block apart from the rest, nothing handed back, neither of the heap that all begin with nor of those of threads
_KEEPING = {_MMAP_MAX: 0, _TRIM_THRESHOLD: -1, _TOP_PAD: 2**26}
# where the library's own adaptation ends, and its defaults
_USUAL = {_MMAP_MAX: 65536, _MMAP_THRESHOLD: 2**25, _TRIM_THRESHOLD: 2**26, _TOP_PAD: 2**17}
# blocks like those of which Pillow makes a large image come from the system and go back
_RETURNING = _USUAL | {_MMAP_THRESHOLD: 2**23}

_kept_by = 0  # contexts that are open, of all threads
_counting = Lock()


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keep what is freed for the next allocation, until the outermost of such contexts ends.

    It is a setting of the whole process. Results are the same; where the C library is not glibc, nothing happens.

    Examples
    --------
    >>> with freed_memory_kept():
    ...     sum(len(bytearray(2**20)) for _ in range(3))
    3145728
    """
    global _kept_by
    with _counting:
        if not _kept_by:
            _set(_KEEPING)
        _kept_by += 1
    try:
        yield
    finally:
        with _counting:
            _kept_by -= 1
            if not _kept_by:
                _set(_USUAL)


@contextmanager
def memory_for_reading(shape: Sequence[int]) -> Iterator[None]:
    """Settle the heaps, and hand large blocks back as soon as they are freed for as long as files are read.

    Of the many threads that read, each would keep what its largest image took, which no other can use; so it is within
    :func:`freed_memory_kept` too.

    Parameters
    ----------
    shape : of the images that files are brought to, as for :func:`settle_heaps`.
    """
    settle_heaps(shape)
    with _counting:
        _set(_RETURNING)
    try:
        yield
    finally:
        with _counting:
            _set(_KEEPING if _kept_by else _USUAL)


def settle_heaps(shape: Sequence[int]) -> None:
    """Let all threads share one heap if images are large; until the process ends, since glibc does not take it back.

    Parameters
    ----------
    shape : height and width, in pixels, of the images that a network takes; what stands behind them does not count. A heap that
        a thread has stays, and another thread takes it over: this should be told before any begins.
    """
    if max(shape[:2], default=0) > LARGEST_OF_OWN_HEAPS:
        _set({_ARENA_MAX: 1})


def _set(values: dict[int, int]) -> None:
    mallopt = _mallopt()
    if mallopt:
        for name, value in values.items():
            mallopt(name, value)


@lru_cache
def _mallopt() -> Callable[[int, int], int] | None:
    """Return glibc's function, ``None`` where another C library is in use."""
    try:
        is_glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError, OSError):  # Windows, macOS, musl
        return None
    return ctypes.CDLL(None).mallopt if is_glibc else None
