"""Batches are shared out among threads: all of them, in order, also where one goes wrong or few threads are to be had."""

from threading import Barrier, get_ident

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.recipes import RECIPES
from giemsa.training.threads import share_out

pytestmark = pytest.mark.usefixtures("two_threads")


def test_two_threads_share_the_tasks() -> None:
    both, seen, told = Barrier(2, timeout=30), set(), []

    def task(number: int) -> int:
        if number < 2:
            both.wait()  # passed only where two threads work at once
        assert torch.get_num_threads() == 1
        seen.add(get_ident())
        return number**2

    assert share_out(task, 50, done=told.append) == [number**2 for number in range(50)]
    assert len(seen) == 2
    assert told == sorted(told)
    assert told[-1] == 50
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("count", "workers"), [(1, 4), (5, 1), (0, 4)])
def test_alone_with_all_of_pytorchs_threads(count: int, workers: int) -> None:
    threads = [(get_ident(), 2)] * count
    assert share_out(lambda _: (get_ident(), torch.get_num_threads()), count, workers=workers) == threads


@pytest.mark.parametrize("wrong", [0, 1, 7])
def test_an_error_ends_the_work_and_is_told(wrong: int) -> None:
    begun = []

    def task(number: int) -> None:
        begun.append(number)
        if number == wrong:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share_out(task, 100_000)
    assert len(begun) < 100_000
    assert torch.get_num_threads() == 2


def test_predictions_do_not_depend_on_the_threads(discs: ImageDataset) -> None:
    classifier = build_classifier(discs, RECIPES["fast"], seed=0, compute=Compute())
    images, told = np.concatenate([discs.train.images] * 3), []
    shared = classifier.logits(
        images, batch_size=32, progress=lambda done, total, _: told.append((done, total))
    )
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
