"""Batches hold the images that were drawn, each with its own label, in its own view."""

import pytest
import torch

from giemsa.data.dataset import ImageDataset
from giemsa.training import batches as batches_module
from giemsa.training.batches import Batch, training_batches
from giemsa.training.building import build_classifier
from giemsa.training.classifier import to_pixels
from giemsa.training.device import Compute
from giemsa.training.recipes import Recipe
from giemsa.training.sampling import Memory, begin_memory
from giemsa.training.views import turn_all

STILL = Recipe(model="tutorial", batch_size=36, shift_pixels=0, precision="float32")
ORDER = torch.randperm(96, generator=torch.Generator().manual_seed(1))


def _batches(data: ImageDataset, recipe: Recipe, memory: Memory) -> list[Batch]:
    classifier = build_classifier(data, recipe, seed=0, compute=Compute())
    return list(training_batches(data.train, ORDER, recipe, classifier, memory, torch.Generator()))


def test_each_batch_holds_the_next_images_of_the_order_with_their_labels(discs: ImageDataset) -> None:
    batches = _batches(discs, STILL.replace(symmetry="none"), begin_memory(96, seed=0))
    assert len(batches) == 3
    for batch, chosen in zip(batches, ORDER.split(36), strict=True):
        assert batch.places.tolist() == sorted(chosen.tolist())
        assert torch.equal(batch.pixels, to_pixels(discs.train.images[batch.places.numpy()]))
        assert torch.equal(batch.labels, torch.from_numpy(discs.train.labels)[batch.places])


def test_each_image_is_shown_in_the_view_that_is_its_next(discs: ImageDataset) -> None:
    memory, known = begin_memory(96, seed=0), begin_memory(96, seed=0)
    seen = set()
    for batch in _batches(discs, STILL, memory):
        views = known.next_views(batch.places, "mirror and quarter turns")
        for pixels, place, view in zip(batch.pixels, batch.places, views.tolist(), strict=True):
            image = to_pixels(discs.train.images[place : place + 1])
            assert torch.equal(pixels, turn_all(image, view)[0])
            seen.add(view)
    assert seen == set(range(8))
    assert torch.equal(memory.turns, known.turns)


def test_of_small_images_several_batches_are_read_at_once_and_of_large_ones_each(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(
        batches_module, "to_pixels", lambda images: (read.append(len(images)), to_pixels(images))[1]
    )
    for cached, expected in ((3 * 36 * 400, [96]), (2 * 36 * 400, [72, 24]), (1, [36, 36, 24])):
        monkeypatch.setattr(batches_module, "CACHED_PIXELS", cached)
        read.clear()
        assert [len(batch.labels) for batch in _batches(discs, STILL, begin_memory(96, 0))] == [36, 36, 24]
        assert read == expected
