"""The grid pointing game: who points right scores one, chance scores a quarter."""

import numpy as np
import pytest
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.pointing_game import (
    centre_maps,
    choose_quarters,
    make_mosaics,
    play,
    pointing_scores,
    takes_mosaics,
)


@pytest.fixture
def cells():
    """Four classes of 6x6 images, each of one colour; class 3 is black."""
    colours = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    labels = np.repeat(np.arange(4), 5)
    return colours[torch.from_numpy(labels)].view(20, 3, 1, 1).expand(20, 3, 6, 6).contiguous(), labels


def mosaics_of(pixels, labels, count):
    quarters = choose_quarters(labels, np.ones(20), count=count, generator=np.random.default_rng(1))
    return make_mosaics(pixels[quarters], labels[quarters])


def test_quarters_are_of_the_surer_half(cells):
    labels, sure = cells[1], np.tile([0.9, 0.3, 0.8, 0.4, 0.7], 4)
    quarters = choose_quarters(labels, sure, count=20, generator=np.random.default_rng(0))
    assert quarters.shape == (20, 4)
    assert set(np.unique(quarters % 5)) == {0, 2, 4}
    assert all(len(set(labels[row])) == 4 for row in quarters)


def test_mosaics_show_what_their_labels_say(cells):
    pixels, labels = cells
    mosaics = mosaics_of(pixels, labels, 7)
    assert mosaics.pixels.shape == (7, 3, 12, 12)
    for image, quarter_labels in zip(mosaics.pixels, mosaics.labels, strict=True):
        assert len(set(quarter_labels)) == 4
        corners = [image[:, y, x] for y in (0, 11) for x in (0, 11)]
        for corner, label in zip(corners, quarter_labels, strict=True):
            torch.testing.assert_close(corner, pixels[int(label) * 5, :, 0, 0])


def test_grad_cam_points_at_the_colour(pooling, cells):
    mosaics = mosaics_of(*cells, 6)
    coloured = mosaics.labels[:, 0] < 3
    found = play(pooling, mosaics, "grad_cam", quarters=np.zeros((6, 1), int))
    assert found[coloured].min() > 0.9


def test_each_mosaic_is_asked_for_its_own_quarters(pooling, cells):
    mosaics = mosaics_of(*cells, 6)
    every = play(pooling, mosaics, "grad_cam")
    assert every[mosaics.labels < 3].min() > 0.9
    asked = np.resize([[0, 3], [2, 1]], (6, 2))
    found = play(pooling, mosaics, "grad_cam", quarters=asked)
    np.testing.assert_allclose(found, np.take_along_axis(every, asked, axis=1))


def test_baselines_score_chance():
    noise = np.random.default_rng(0).random((400, 12, 12))
    quarters = np.arange(400) % 4
    assert abs(pointing_scores(noise, quarters).mean() - 0.25) < 0.01
    np.testing.assert_allclose(pointing_scores(centre_maps(4, 12, 12), np.arange(4)), 0.25, atol=1e-6)


def test_edges():
    assert pointing_scores(-np.ones((1, 4, 4)), np.array([2])).tolist() == [0.25]
    one = np.zeros((1, 4, 4))
    one[0, 3, 0] = 7.0
    assert pointing_scores(one, np.array([2])).tolist() == [1.0]
    assert pointing_scores(one, np.array([1])).tolist() == [0.0]


def test_who_takes_mosaics(pooling, tutorial, pixels):
    assert takes_mosaics(pooling, pixels)
    assert not takes_mosaics(tutorial, pixels)


def test_a_network_that_insists_on_its_size_takes_none(pixels):
    class Strict(torch.nn.Module):
        def forward(self, pixels):
            assert pixels.shape[2] == 28
            return pixels.mean((2, 3))

    assert not takes_mosaics(Strict(), pixels)


def test_three_classes_are_too_few(cells):
    with pytest.raises(ModelError, match=r"four classes, found 3"):
        choose_quarters(cells[1][:15], np.ones(15), count=1, generator=np.random.default_rng(0))


def test_a_network_that_sees_something_else_in_a_mosaic_takes_none():
    class Quarters(torch.nn.Module):
        """Names the brightest quarter of any image: each of four places has a weight of its own."""

        def forward(self, pixels):
            return torch.nn.functional.adaptive_avg_pool2d(pixels.mean(1, keepdim=True), 2).flatten(1)

    pixels = torch.zeros(4, 3, 6, 6)
    for quarter in range(4):
        top, left = 3 * (quarter // 2), 3 * (quarter % 2)
        pixels[quarter, :, top : top + 3, left : left + 3] = 1.0
    assert Quarters()(pixels).argmax(1).tolist() == [0, 1, 2, 3]
    assert not takes_mosaics(Quarters(), pixels)
    assert takes_mosaics(Quarters(), pixels[:1])


@pytest.mark.parametrize(("bound", "taken"), [(0.5, False), (0.7, True)])
def test_three_answers_in_four_must_be_kept(bound, taken):
    class Some(torch.nn.Module):
        """Names class 0 whatever it is shown, but of larger images only the darker ones."""

        def forward(self, pixels):
            limit = bound if pixels.shape[2] > 4 else 1.0
            light = pixels.mean((1, 2, 3))
            return torch.stack([limit - light, light - limit], dim=1)

    pixels = torch.tensor([0.1, 0.3, 0.6, 0.8]).view(4, 1, 1, 1).expand(4, 1, 4, 4)
    assert takes_mosaics(Some(), pixels) is taken
