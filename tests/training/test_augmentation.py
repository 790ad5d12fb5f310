"""Augmentation moves pixels exactly as it says, and nothing else."""

import math
from typing import Any

import pytest
import torch

from giemsa.errors import ModelError
from giemsa.training import augmentation
from giemsa.training.augmentation import augment, furthest_shift, move, rotate, shift
from giemsa.training.recipes import Recipe
from giemsa.training.views import turn_all


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand((8, 3, 9, 9), generator=torch.Generator().manual_seed(0))


def test_each_image_is_brought_to_its_own_view(images: torch.Tensor) -> None:
    turned = move(images, torch.arange(8), torch.zeros(8, 2, dtype=torch.int64))
    for view in range(8):
        assert torch.equal(turned[view], turn_all(images[view : view + 1], view)[0])


def test_a_view_comes_before_the_shift(images: torch.Tensor) -> None:
    pixels = torch.tensor([[2, -1]]).expand(8, 2)
    for view in range(8):
        found = move(images, torch.full((8,), view), pixels)
        assert torch.equal(found, shift(turn_all(images, view), pixels))


def test_oblong_images_are_mirrored_but_not_turned_by_a_quarter() -> None:
    image = torch.arange(6.0).view(1, 1, 2, 3)
    nowhere = torch.zeros(1, 2, dtype=torch.int64)
    for view in (0, 2, 4, 6):
        assert torch.equal(move(image, torch.tensor([view]), nowhere), turn_all(image, view))
    with pytest.raises(ModelError, match="these are 2x3"):
        move(image, torch.tensor([1]), nowhere)
    with pytest.raises(ModelError, match="these are 2x3"):
        rotate(image, torch.zeros(1), torch.tensor([3]))


def test_turning_by_an_angle_comes_before_the_view() -> None:
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(16, 3, 9, 9, generator=generator)
    degrees = torch.rand(16, generator=generator) * 60 - 30
    views = torch.arange(16) % 8
    expected = move(rotate(images, degrees), views, torch.zeros(16, 2, dtype=torch.int64))
    torch.testing.assert_close(rotate(images, degrees, views), expected, atol=1e-5, rtol=0)


def test_flips_after_views_stay_in_the_group(images: torch.Tensor) -> None:
    recipe = Recipe(shift_pixels=0, horizontal_flip=True, vertical_flip=True)
    seen = augment(images, recipe, torch.arange(8), torch.Generator().manual_seed(1))
    for image, original in zip(seen, images, strict=True):
        assert any(torch.equal(image, turn_all(original[None], view)[0]) for view in range(8))


def test_tutorial_flips_make_four_views_and_never_turn(images: torch.Tensor) -> None:
    recipe = Recipe(symmetry="none", shift_pixels=0, horizontal_flip=True, vertical_flip=True)
    found = set()
    one = images[:1].expand(200, -1, -1, -1)
    for image in augment(one, recipe, torch.zeros(200, dtype=torch.int64), torch.Generator().manual_seed(2)):
        found |= {view for view in range(8) if torch.equal(image, turn_all(one[:1], view)[0])}
    assert found == {0, 2, 4, 6}


def test_rotation_by_nothing_is_nothing(images: torch.Tensor) -> None:
    torch.testing.assert_close(rotate(images, torch.zeros(8)), images, atol=1e-6, rtol=0)


def test_rotation_by_a_quarter_is_a_quarter_turn(images: torch.Tensor) -> None:
    turned = rotate(images, torch.full((8,), 90.0))
    expected = torch.rot90(images, -1, (-2, -1))
    alternative = torch.rot90(images, 1, (-2, -1))
    close = [torch.allclose(turned, one, atol=1e-4) for one in (expected, alternative)]
    assert sum(close) == 1


def test_rotation_repeats_the_edge(images: torch.Tensor) -> None:
    ramp = torch.arange(9.0).expand(1, 1, 9, 9)
    turned = rotate(ramp, torch.tensor([45.0]))[0, 0]
    away = torch.arange(9.0) - 4
    along, across = (away[None, :] * 0.5**0.5, away[:, None] * 0.5**0.5)
    wanted = [(4 + along + sign * across).clamp(0, 8) for sign in (-1, 1)]
    assert any(torch.allclose(turned, one, atol=1e-5) for one in wanted)


def test_shift_moves_whole_pixels_and_mirrors_the_edge() -> None:
    image = torch.arange(5.0).expand(1, 1, 5, 5)
    moved = shift(image, torch.tensor([[0, 2]]))
    assert moved[0, 0, 0].tolist() == [2, 1, 0, 1, 2]
    down = shift(image.transpose(2, 3), torch.tensor([[-1, 0]]))
    assert down[0, 0, :, 0].tolist() == [1, 2, 3, 4, 3]


def test_the_same_generator_gives_the_same_images(images: torch.Tensor) -> None:
    recipe = Recipe(rotation_degrees=10, shift_pixels=2, horizontal_flip=True)
    first, second, other = (
        augment(images, recipe, torch.zeros(8, dtype=torch.int64), torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_the_generator_alone_decides_and_nothing_wanted_is_nothing_done(images: torch.Tensor) -> None:
    views = torch.zeros(8, dtype=torch.int64)
    everything = Recipe(
        horizontal_flip=True, vertical_flip=True, rotation_degrees=20, shift_pixels=2, colour_jitter=0.3
    )
    once, again = (augment(images, everything, views, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(once, again)
    nothing = Recipe(
        horizontal_flip=False, vertical_flip=False, rotation_degrees=0, shift_pixels=0, colour_jitter=0
    )
    assert torch.equal(augment(images, nothing, views, torch.Generator().manual_seed(1)), images)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(4)


def _augmented(images: torch.Tensor, views: torch.Tensor | None = None, **changes: Any) -> torch.Tensor:
    recipe = Recipe(**{"shift_pixels": 0} | changes)
    views = torch.zeros(len(images), dtype=torch.int64) if views is None else views
    return augment(images, recipe, views, _generator())


@pytest.mark.parametrize(("flip", "axis"), [("horizontal_flip", -1), ("vertical_flip", -2)])
def test_half_of_the_images_are_mirrored_after_they_were_brought_to_their_views(flip: str, axis: int) -> None:
    images, views = torch.rand(400, 1, 5, 5, generator=_generator()), torch.arange(400) % 8
    found, mirrored = _augmented(images, views, **{flip: True}), 0
    for image, view, shown in zip(images, views.tolist(), found, strict=True):
        plain = turn_all(image[None], view)[0]
        assert torch.equal(shown, plain) or torch.equal(shown, plain.flip(axis))
        mirrored += not torch.equal(shown, plain)
    assert 170 < mirrored < 230


@pytest.mark.parametrize(
    ("height", "width", "pixels", "furthest"),
    [(28, 28, 1, 1), (28, 28, 2, 2), (64, 64, 1, 2), (40, 70, 2, 3), (8, 8, 1, 1), (56, 56, 0, 0)],
)
def test_images_are_moved_by_each_number_of_pixels_up_to_the_furthest_of_their_size(
    height: int, width: int, pixels: int, furthest: int
) -> None:
    spot = torch.zeros(600, 1, height, width)
    spot[:, :, height // 2, width // 2] = 1
    places = _augmented(spot, shift_pixels=pixels)[:, 0].nonzero()[:, 1:] - torch.tensor(
        [height // 2, width // 2]
    )
    assert len(places) == 600
    span = range(-furthest, furthest + 1)
    assert {tuple(place) for place in places.tolist()} == {(y, x) for y in span for x in span}


def test_the_same_part_of_an_image_goes_out_of_sight_at_any_size() -> None:
    shown = [furthest_shift(2, (side, side)) / side for side in (28, 56, 112, 224, 1024)]
    assert shown == pytest.approx([2 / 28] * 5, abs=0.5 / 1024)


def test_images_are_turned_both_ways_up_to_the_largest_angle(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(
        augmentation, "rotate", lambda images, degrees, views: (drawn.append(degrees), images)[1]
    )
    _augmented(torch.zeros(1000, 1, 3, 3), rotation_degrees=10)
    assert -10 <= drawn[0].min() < -9.9
    assert 9.9 < drawn[0].max() <= 10


def test_a_turn_by_hardly_anything_leaves_each_image_in_its_view(images: torch.Tensor) -> None:
    expected = move(images, torch.arange(8), torch.zeros(8, 2, dtype=torch.int64))
    turned = _augmented(images, torch.arange(8), rotation_degrees=1e-6)
    torch.testing.assert_close(turned, expected, atol=1e-5, rtol=0)


def test_an_oblong_image_is_turned_without_being_stretched() -> None:
    columns = torch.arange(20.0).expand(1, 1, 10, 20)
    found = rotate(columns, torch.tensor([30.0]))[0, 0]
    y, x = torch.arange(10.0)[:, None] - 4.5, torch.arange(20.0) - 9.5
    expected = (9.5 + x * math.cos(math.pi / 6) - y * math.sin(math.pi / 6)).clamp(0, 19)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_colours_are_changed_where_that_is_asked_for(images: torch.Tensor) -> None:
    assert torch.equal(_augmented(images), images)
    assert not torch.equal(_augmented(images, colour_jitter=0.3), images)
