"""Threads of Python's that each compute by themselves.

PyTorch shares an operation among its threads, and all wait for the last one at the end of each. Small operations spend much of
their time so, and where another program holds a core, all of it. A batch a thread waits once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

import torch

MOST = 4  # threads with a batch or a training each; of more cores each has several, so that memory does not grow with them
MOST_SECONDS = (
    0.2  # that a user who interrupts waits for each thread: what it has begun may last many seconds
)
Answers: TypeAlias = "SimpleQueue[BaseException | None]"


@dataclass(frozen=True)
class Team:
    """The thread that calls it and others beside it, or that one alone; see :func:`team_of`."""

    others: int = 0
    calls: SimpleQueue[tuple[Callable[[], None], Answers] | None] = field(default_factory=SimpleQueue)

    def do(
        self, tasks: Sequence[Callable[[], Any]], *, done: Callable[[int], None] | None = None
    ) -> list[Any]:
        """Do all tasks and return what each gives; each thread takes the next one when it has finished one.

        An error is told when the others have finished what they had begun; an interruption by the user at once.

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
        answers: Answers = SimpleQueue()

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

        n_others = max(0, min(self.others, len(tasks) - 1))
        for _ in range(n_others):
            self.calls.put((work, answers))
        try:
            work(done)
        except Exception:
            for _ in range(n_others):
                answers.get()
            raise
        finally:
            todo.clear()
        for error in filter(None, [answers.get() for _ in range(n_others)]):
            raise error
        if done and n_others:
            done(len(given))
        return [given[number] for number in range(len(tasks))]

    def serve(self, share: int) -> None:
        """Work as one of the others, with so many of PyTorch's threads, until there is no more."""
        torch.set_num_threads(share)
        while call := self.calls.get():
            work, answers = call
            try:
                work()
            except BaseException as error:
                answers.put(error)
            else:
                answers.put(None)


def side_by_side(device: str, n_tasks: int) -> int:
    """Return how many tasks are best done at once: a thread each on a processor, one after the other on a graphics card."""
    return min(torch.get_num_threads(), MOST, n_tasks) if device == "cpu" else 1


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
    team = Team(threads - 1)
    others = [Thread(target=team.serve, args=[share], daemon=True) for _ in range(team.others)]
    for other in others:
        other.start()
    wait = None
    try:
        with threads_of(share):
            yield team
    except KeyboardInterrupt:
        wait = MOST_SECONDS
        raise
    finally:
        for _ in others:
            team.calls.put(None)
        for other in others:
            other.join(wait)
