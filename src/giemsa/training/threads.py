"""Threads of Python's that each compute by themselves.

PyTorch shares an operation among its threads, and all wait for the last one at the end of each. Small operations spend much of
their time so, and where another program holds a core, all of it. A batch a thread waits once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

MOST = 4  # threads with a batch each; of more cores each has several, so that memory does not grow with them


@dataclass(frozen=True)
class Team:
    """The thread that calls it and others beside it, or that one alone; see :func:`team_of`."""

    others: int = 0
    pool: ThreadPoolExecutor | None = None

    def do(
        self, tasks: Sequence[Callable[[], Any]], *, done: Callable[[int], None] | None = None
    ) -> list[Any]:
        """Do all tasks and return what each gives; each thread takes the next one when it has finished one.

        Parameters
        ----------
        tasks : none of which waits for another; the longest are best the first.
        done : called by the calling thread with the number of those that are finished.

        Examples
        --------
        >>> Team().do([lambda: 1, lambda: 2])
        [1, 2]
        """
        todo = deque(enumerate(tasks))
        given: dict[int, Any] = {}

        def work(done: Callable[[int], None] | None = None) -> None:
            while todo:
                try:
                    number, task = todo.popleft()
                except IndexError:  # another thread was faster
                    break
                try:
                    given[number] = task()
                    if done:
                        done(len(given))
                except BaseException:
                    todo.clear()
                    raise

        n_others = min(self.others, len(tasks) - 1)
        others = [self.pool.submit(work) for _ in range(n_others)] if self.pool else []
        try:
            work(done)
        finally:
            wait(others)
        for other in others:
            other.result()
        if done and others:
            done(len(given))
        return [given[number] for number in range(len(tasks))]


@contextmanager
def threads_of(n: int) -> Iterator[None]:
    """Let PyTorch compute with ``n`` threads, and with as many as before at the end."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(n)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def team_of(threads: int) -> Iterator[Team]:
    """Give a team of so many threads, to each an equal share of PyTorch's, and PyTorch's back at the end.

    One thread is the one that calls, with all of PyTorch's.
    """
    if threads < 2:
        yield Team()
        return
    share = max(1, torch.get_num_threads() // threads)
    others = ThreadPoolExecutor(threads - 1, initializer=torch.set_num_threads, initargs=(share,))
    with threads_of(share), others as pool:
        yield Team(threads - 1, pool)
