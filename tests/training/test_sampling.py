"""Each image comes in every view before one comes again; what is known comes less often, and an epoch stays as long."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from giemsa.training.recipes import Recipe
from giemsa.training.sampling import begin_memory, draw_epoch


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("symmetry", "n_views"), [("none", 1), ("mirror", 2), ("mirror and quarter turns", 8)]
)
def test_all_views_come_before_one_comes_again(symmetry: str, n_views: int) -> None:
    memory = begin_memory(50, seed=3)
    shown = torch.stack([memory.next_views(torch.arange(50), symmetry) for _ in range(2 * n_views)])
    for image in range(50):
        first, second = shown[:n_views, image].tolist(), shown[n_views:, image].tolist()
        assert len(set(first)) == n_views
        assert first == second


def test_images_begin_their_rounds_in_different_views() -> None:
    first = begin_memory(800, seed=0).next_views(torch.arange(800), "mirror and quarter turns")
    assert torch.bincount(first, minlength=8).min() > 60


@pytest.mark.parametrize("skip", [0.0, 0.5])
def test_the_seed_and_the_generator_decide(skip: float) -> None:
    memories = [begin_memory(60, seed) for seed in (3, 3, 4)]
    assert torch.equal(memories[0].turns, memories[1].turns)
    assert not torch.equal(memories[0].turns, memories[2].turns)
    memories[0].errors[:40] = 0
    once, again = (draw_epoch(memories[0], Recipe(skip_known=skip), 6, 12, _generator()) for _ in range(2))
    assert torch.equal(once, again)


def test_errors_are_remembered_where_they_belong() -> None:
    memory = begin_memory(4, seed=0)
    logits = torch.tensor([[0.0, 0.0], [3.0, -100.0]])
    memory.note(torch.tensor([2, 0]), logits, torch.tensor([1, 0]))
    assert memory.errors.tolist() == [0.0, 1.0, 0.5, 1.0]


@pytest.mark.parametrize(("epoch", "epochs"), [(0, 12), (2, 12), (10, 12), (11, 12), (0, 1), (1, 2)])
def test_at_both_ends_every_image_comes_once(epoch: int, epochs: int) -> None:
    memory = begin_memory(30, seed=0)
    memory.errors[:20] = 0
    order = draw_epoch(memory, Recipe(skip_known=0.9), epoch, epochs, _generator())
    assert sorted(order.tolist()) == list(range(30))


@pytest.mark.parametrize("epoch", [3, 6, 9])
def test_in_between_what_is_known_is_left_out(epoch: int) -> None:
    memory = begin_memory(30, seed=0)
    memory.errors[:20] = 0
    order = draw_epoch(memory, Recipe(skip_known=0.9), epoch, 12, _generator())
    counts = torch.bincount(order, minlength=30)
    assert counts[:20].sum() < counts[20:].sum()


def test_without_skipping_every_image_comes_once_in_another_order_each_time() -> None:
    memory = begin_memory(30, seed=0)
    memory.errors[:20] = 0
    first, second = (draw_epoch(memory, Recipe(skip_known=0), 1, 2, _generator(seed)) for seed in (0, 1))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(30))
    assert not torch.equal(first, second)


def test_known_images_come_less_often_by_the_probability_asked_for() -> None:
    memory = begin_memory(3000, seed=0)
    memory.errors[:2000] = 0.01
    counts = torch.zeros(3000)
    for seed in range(20):
        counts += torch.bincount(
            draw_epoch(memory, Recipe(skip_known=0.7), 6, 12, _generator(seed)), minlength=3000
        )
    known, unknown = counts[:2000].mean(), counts[2000:].mean()
    assert known / unknown == pytest.approx(0.3, abs=0.02)


@settings(max_examples=25)
@given(st.integers(1, 60), st.floats(0, 0.99), st.integers(0, 11), st.integers(0, 5))
def test_an_epoch_is_as_long_as_train(n: int, skip: float, epoch: int, seed: int) -> None:
    memory = begin_memory(n, seed)
    memory.errors = torch.rand(n, generator=_generator(seed))
    order = draw_epoch(memory, Recipe(skip_known=skip), epoch, 12, _generator(seed))
    assert len(order) == n
    assert set(order.tolist()) <= set(range(n))
    hardest = int(memory.errors.argmax())
    assert hardest in order.tolist()
