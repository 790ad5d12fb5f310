"""A batch in shards teaches what the whole batch teaches, bit for bit the same each time."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from giemsa.models import build_model
from giemsa.training import shards as shards_module
from giemsa.training.classifier import Classes, Classifier, Preprocessing
from giemsa.training.device import Compute
from giemsa.training.optimisers import build_optimiser
from giemsa.training.recipes import Recipe
from giemsa.training.shards import plan_shards, shards_of, tell_few_at_a_time

pytestmark = pytest.mark.usefixtures("two_threads")


def _classifier(network: nn.Module | str, device: str = "cpu") -> Classifier:
    if isinstance(network, str):
        generator = torch.Generator().manual_seed(0)
        network = build_model(network, channels=1, n_classes=4, size=12, generator=generator)
        for (
            layer
        ) in network.modules():  # the last one begins at zero, which gives those before it no gradient
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, generator=generator)
    preprocessing = Preprocessing((12, 12, 1), (0.4,), (0.2,))
    return Classifier(network, preprocessing, Classes(tuple("abcd"), compute=Compute(device))).train()


def _batch(n: int = 128) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, 1, 12, 12, generator=generator), torch.arange(n) % 4


def _loss(classifier: Classifier, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    logits = classifier(pixels)
    return logits, F.cross_entropy(logits, labels)


def _gradients(classifier: Classifier) -> list[Tensor]:
    return [p.grad.clone() for p in classifier.parameters() if p.grad is not None]


def _plain() -> Classifier:
    torch.manual_seed(0)
    layers = (nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    return _classifier(nn.Sequential(*layers))


@pytest.mark.parametrize("n", [128, 129, 1])
def test_gradient_and_loss_are_those_of_the_whole_batch(n: int) -> None:
    pixels, labels = _batch(n)
    whole = _plain()
    logits, loss = _loss(whole, pixels, labels)
    loss.backward()
    cut = _plain()
    with shards_of(cut, 128) as shards:
        assert len(shards.replicas) == 2
        cut_logits, cut_loss = shards.backward(pixels, labels, _loss)
    torch.testing.assert_close(cut_logits, logits.detach())
    torch.testing.assert_close(cut_loss, loss.detach())
    for a, b in zip(_gradients(cut), _gradients(whole), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_large_images_are_taken_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = _batch()
    whole = _plain()
    logits, loss = _loss(whole, pixels, labels)
    loss.backward()
    monkeypatch.setattr(shards_module, "PIXELS_AT_A_TIME", 20 * 12 * 12)
    taken = []

    def watched(classifier: Classifier, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        taken.append(len(pixels))
        return _loss(classifier, pixels, labels)

    for batch_size in (128, 16):  # in two shards, and in one
        cut = _plain()
        taken.clear()
        with shards_of(cut, batch_size) as shards:
            found_logits, found_loss = shards.backward(pixels, labels, watched)
        assert sum(taken) == 128
        assert 16 <= max(taken) <= 20
        torch.testing.assert_close(found_logits, logits.detach())
        torch.testing.assert_close(found_loss, loss.detach())
        for a, b in zip(_gradients(cut), _gradients(whole), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("room", "n", "expected"),
    [
        (9, 32, [8, 8, 8, 8]),  # two shards
        (4, 32, [8, 8, 8, 8]),  # one, of the room of two
        (2, 33, [5, 4, 4, 4, 4, 4, 4, 4]),
        (0.1, 33, [5, 4, 4, 4, 4, 4, 4, 4]),
        (0.1, 7, [7]),
        (0.1, 1, [1]),
    ],
)
def test_however_large_the_images_norms_see_four_at_least(
    monkeypatch: pytest.MonkeyPatch, room: float, n: int, expected: list[int]
) -> None:
    monkeypatch.setattr(shards_module, "PIXELS_AT_A_TIME", room * 12 * 12)
    classifier, sizes = _classifier("convnet"), []
    with shards_of(classifier, 32) as shards:
        shards.backward(*_batch(n), lambda c, x, y: (sizes.append(len(x)), *_loss(c, x, y))[1:])
    assert sizes == expected


@pytest.mark.parametrize(("room", "told"), [(9, ""), (4, ""), (3.5, "7"), (0.1, "4")])
def test_that_norms_see_few_images_at_a_time_is_told(
    monkeypatch: pytest.MonkeyPatch, room: float, told: str
) -> None:
    monkeypatch.setattr(shards_module, "PIXELS_AT_A_TIME", room * 12 * 12)
    words = tell_few_at_a_time(_classifier("convnet"), 32)
    assert words.startswith(
        f"on a processor images of 12x12 pixels are learnt from {told} at a time"
    ) == bool(told)
    assert bool(words) == bool(told)
    assert not tell_few_at_a_time(_plain(), 32)  # has no norms
    assert not tell_few_at_a_time(_classifier("convnet"), 4)  # where the batch itself is no larger


def test_unknown_layers_see_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "PIXELS_AT_A_TIME", 1)
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 4)))
    sizes = []
    with shards_of(classifier, 128) as shards:
        shards.backward(*_batch(), lambda c, x, y: (sizes.append(len(x)), *_loss(c, x, y))[1:])
    assert sizes == [128]


def test_replicas_move_together_and_share_the_norms_moments() -> None:
    classifier = _classifier("convnet")
    with shards_of(classifier, 128) as shards:
        for _ in range(2):
            shards.backward(*_batch(), _loss)
            with torch.no_grad():
                for parameter in classifier.parameters():
                    parameter.sub_(0.1 * parameter.grad)
        first, second = shards.replicas
    assert first is classifier
    for (name, a), b in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("n", [128, 31])
def test_the_norms_moments_are_the_mean_of_those_of_the_shards_at_work(n: int) -> None:
    pixels, labels = _batch(n)
    parts = 2 if n == 128 else 1
    alone = [_classifier("convnet") for _ in range(parts)]
    for classifier, part in zip(alone, pixels.tensor_split(parts), strict=True):
        classifier(part)
    cut = _classifier("convnet")
    with shards_of(cut, 128) as shards:
        shards.backward(pixels, labels, _loss)
    for name in ("running_mean", "running_var"):
        expected = torch.stack([getattr(one.network.norm1, name) for one in alone]).mean(dim=0)
        torch.testing.assert_close(getattr(cut.network.norm1, name), expected)


def test_a_second_batch_starts_from_no_gradient() -> None:
    cut = _plain()
    with shards_of(cut, 128) as shards:
        shards.backward(*_batch(), _loss)
        first = _gradients(cut)
        shards.backward(*_batch(), _loss)
    assert all(torch.equal(a, b) for a, b in zip(first, _gradients(cut), strict=True))


def test_a_step_moves_every_weight_and_does_what_else_there_is_to_do() -> None:
    cut = _plain()
    optimiser = build_optimiser(cut, Recipe())
    before = [parameter.detach().clone() for parameter in cut.parameters()]
    with shards_of(cut, 128) as shards:
        logits, loss, given = shards.step(*_batch(), _loss, optimiser, lambda: "the next batch")
    assert given == "the next batch"
    assert (logits.shape, loss.shape) == ((128, 4), ())
    assert not any(torch.equal(*both) for both in zip(before, cut.parameters(), strict=True))


@pytest.mark.parametrize(("n", "expected"), [(33, [16, 17]), (32, [16, 16]), (31, [31]), (3, [3])])
def test_no_shard_is_smaller_than_half_of_the_smallest_batch_that_is_cut(n: int, expected: list[int]) -> None:
    classifier, sizes = _classifier("convnet"), []
    with shards_of(classifier, 128) as shards:
        shards.backward(*_batch(n), lambda c, x, y: (sizes.append(len(x)), *_loss(c, x, y))[1:])
        moments = [list(replica.buffers()) for replica in shards.replicas]
    assert sorted(sizes) == expected
    assert all(torch.equal(a, b) for a, b in zip(*moments, strict=True) if a.is_floating_point())


def test_the_same_batch_gives_the_same_bits() -> None:
    runs = []
    for _ in range(2):
        classifier = _classifier("convnet")
        with shards_of(classifier, 128) as shards:
            shards.backward(*_batch(), _loss)
        runs.append(_gradients(classifier))
    assert all(gradient.any() for gradient in runs[0])
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))


def test_threads_are_given_back_also_after_an_error() -> None:
    def broken(*_: object) -> tuple[Tensor, Tensor]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), shards_of(_classifier("convnet"), 128) as shards:
        assert torch.get_num_threads() == 1
        shards.backward(*_batch(), broken)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("classifier", "batch_size", "expected"),
    [
        (partial(_classifier, "convnet"), 128, 2),
        (partial(_classifier, "convnet-ensemble"), 128, 2),
        (partial(_classifier, "convnet"), 127, 2),
        (partial(_classifier, "convnet"), 32, 2),
        (partial(_classifier, "convnet"), 31, 1),
        (partial(_classifier, "convnet"), 1024, 2),
        (partial(_classifier, "convnet", "mps"), 128, 1),
        (partial(_classifier, nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 4))), 128, 1),
    ],
)
def test_only_where_it_is_safe_and_pays(classifier: partial, batch_size: int, expected: int) -> None:
    assert plan_shards(classifier(), batch_size)[0] == expected


def test_more_threads_cut_large_batches_alone() -> None:
    torch.set_num_threads(4)
    shards = {size: plan_shards(_classifier("convnet"), size)[0] for size in (31, 32, 128, 192, 512)}
    assert shards == {31: 1, 32: 2, 128: 2, 192: 3, 512: 4}
