"""Threads of Python's that each compute by themselves.

PyTorch shares an operation among its threads, and all wait for the last one at the end of each. Small operations spend much of
their time so, and where another program holds a core, all of it. A batch a thread waits once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch

MOST = 4  # threads with a batch each; of more cores each has several, so that memory does not grow with them


@contextmanager
def threads_beside(n: int) -> Iterator[ThreadPoolExecutor]:
    """Give ``n`` threads beside this one, to each an equal share of PyTorch's, and PyTorch's back at the end."""
    threads = torch.get_num_threads()
    share = max(1, threads // (n + 1))
    try:
        torch.set_num_threads(share)
        with ThreadPoolExecutor(n, initializer=torch.set_num_threads, initargs=(share,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


def share_out(
    task: Callable[[int], Any],
    count: int,
    *,
    workers: int = MOST,
    done: Callable[[int], None] | None = None,
) -> list[Any]:
    """Return what ``task`` gives for 0 to ``count - 1``; each thread takes the next one when it has finished one.

    Parameters
    ----------
    task : must allow for being called by several threads at once.
    count : how many.
    workers : threads, at most, this one among them; never more than PyTorch has.
    done : called by this thread with the number of those that are finished.

    Examples
    --------
    >>> share_out(lambda number: number**2, 4)
    [0, 1, 4, 9]
    """
    todo = deque(range(count))
    given: dict[int, Any] = {}

    def work(done: Callable[[int], None] | None = None) -> None:
        while todo:
            try:
                number = todo.popleft()
            except IndexError:  # another thread was faster
                break
            try:
                given[number] = task(number)
                if done:
                    done(len(given))
            except BaseException:
                todo.clear()
                raise

    workers = min(torch.get_num_threads(), workers, count)
    if workers < 2:
        work(done)
    else:
        with threads_beside(workers - 1) as pool:
            others = [pool.submit(work) for _ in range(workers - 1)]
            work(done)
            for other in others:
                other.result()
        if done:
            done(count)
    return [given[number] for number in range(count)]
