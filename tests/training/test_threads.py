"""Batches are shared out among threads: all of them, in order, also where one goes wrong or few threads are to be had."""

from functools import partial
from threading import Barrier, Event, get_ident
from time import sleep

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.recipes import RECIPES
from giemsa.training.threads import MOST, Team, side_by_side, team_of, threads_of

pytestmark = pytest.mark.usefixtures("two_threads")


def test_as_many_tasks_at_once_as_there_are_threads_and_on_a_graphics_card_one() -> None:
    assert [side_by_side("cpu", n_tasks) for n_tasks in (1, 2, 50)] == [1, 2, 2]
    assert side_by_side("cuda", 50) == 1
    with threads_of(MOST + 3):
        assert side_by_side("cpu", 50) == MOST


def test_two_threads_share_the_tasks() -> None:
    both, seen, told = Barrier(2, timeout=30), set(), []

    def task(number: int) -> int:
        if number < 2:
            both.wait()  # passed only where two threads work at once
        assert torch.get_num_threads() == 1
        seen.add(get_ident())
        return number**2

    with team_of(2) as team:
        for count in (50, 2):  # a team works more than once
            tasks = [partial(task, number) for number in range(count)]
            told.clear()
            assert team.do(tasks, done=told.append) == [number**2 for number in range(count)]
            assert told == sorted(told)
            assert told[-1] == count
    assert len(seen) == 2
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("count", [0, 1, 5])
def test_alone_with_all_of_pytorchs_threads(count: int) -> None:
    told: list[int] = []
    with team_of(1) as team:
        given = team.do([lambda: (get_ident(), torch.get_num_threads())] * count, done=told.append)
    assert given == [(get_ident(), 2)] * count
    assert told == list(range(1, count + 1))


def test_one_task_is_done_by_the_thread_that_calls() -> None:
    with team_of(2) as team:
        assert team.do([get_ident]) == [get_ident()]
        assert team.do([]) == []


def test_an_error_is_told_when_the_others_have_finished_what_they_had_begun() -> None:
    both, caller, ended = Barrier(2, timeout=30), get_ident(), []

    def task() -> None:
        both.wait()
        if get_ident() == caller:
            raise ZeroDivisionError
        sleep(0.1)
        ended.append("the other")

    with team_of(2) as team:
        with pytest.raises(ZeroDivisionError):
            team.do([task, task])
        assert ended == ["the other"]


def test_an_interruption_waits_for_nothing_that_was_begun() -> None:
    both, caller, go_on, ended = Barrier(2, timeout=30), get_ident(), Event(), Event()

    def task() -> None:
        both.wait()
        if get_ident() == caller:
            raise KeyboardInterrupt
        go_on.wait(10)
        ended.set()

    with pytest.raises(KeyboardInterrupt), team_of(2) as team:
        team.do([task, task])
    assert not ended.is_set()
    assert torch.get_num_threads() == 2
    with team_of(2) as another:
        assert another.do([lambda: 1, lambda: 2]) == [1, 2]
    go_on.set()
    assert ended.wait(30)


def test_a_team_that_was_interrupted_works_again() -> None:
    both, caller, begun = Barrier(2, timeout=30), get_ident(), []

    def interrupted() -> None:
        both.wait()
        if get_ident() == caller:
            raise KeyboardInterrupt
        sleep(0.1)

    def slow() -> bool:
        begun.append(get_ident())
        both.wait()
        sleep(0.0 if get_ident() == caller else 0.1)
        return True

    with team_of(2) as team:
        with pytest.raises(KeyboardInterrupt):
            team.do([interrupted, interrupted, partial(begun.append, 0)])
        assert team.do([slow, slow]) == [True, True]
    assert 0 not in begun


def test_tasks_are_begun_in_their_order() -> None:
    begun: list[int] = []
    Team().do([partial(begun.append, number) for number in range(5)])
    assert begun == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("wrong", [0, 1, 7])
def test_an_error_ends_the_work_and_is_told(wrong: int) -> None:
    begun = []

    def task(number: int) -> None:
        begun.append(number)
        if number == wrong:
            raise ZeroDivisionError

    with team_of(2) as team:
        with pytest.raises(ZeroDivisionError):
            team.do([partial(task, number) for number in range(100_000)])
        assert len(begun) < 100_000
        assert team.do([lambda: 1, lambda: 2]) == [1, 2]  # and the team is not lost
    assert torch.get_num_threads() == 2


def test_predictions_do_not_depend_on_the_threads(discs: ImageDataset) -> None:
    classifier = build_classifier(discs, RECIPES["fast"], seed=0, compute=Compute())
    torch.nn.init.normal_(classifier.network.dense.weight, generator=torch.Generator().manual_seed(0))
    images, told = np.concatenate([discs.train.images] * 3), []
    shared = classifier.logits(
        images, batch_size=32, progress=lambda done, total, _: told.append((done, total))
    )
    assert len(shared.unique(dim=0)) == len(discs.train)  # each image has an answer of its own
    torch.set_num_threads(1)
    assert torch.equal(classifier.logits(images, batch_size=32), shared)
    assert torch.equal(classifier.logits(images), shared)
    assert told[-1] == (len(images), len(images))
    assert all(done % 32 == 0 for done, _ in told)


def test_layers_that_may_keep_something_see_one_batch_after_the_other(discs: ImageDataset) -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(3, 3)
            self.threads: set[int] = set()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            self.threads.add(get_ident())
            return self.dense(pixels.mean(dim=(2, 3)))

    network = Counting()
    classifier = build_classifier(discs, RECIPES["fast"], seed=0, compute=Compute(), network=network)
    classifier.logits(discs.train.images, batch_size=8)
    assert network.threads == {get_ident()}
