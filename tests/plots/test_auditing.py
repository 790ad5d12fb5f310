import numpy as np
import pytest

from giemsa.plots.auditing import (
    plot_image_grid,
    plot_image_pairs,
    plot_learning_curve,
    plot_shortcuts,
    plot_tells,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_pair_is_drawn_with_its_captions(count):
    pairs = [IMAGES[:2]] * count
    figure = plot_image_pairs(pairs, [("left", "right")] * count)
    figure.draw_without_rendering()
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == ["left", "right"] * count


def test_a_grid_leaves_no_image_out_and_breaks_long_captions():
    figure = plot_image_grid(IMAGES, [f"a rather long caption, number {i}" for i in range(5)])
    shown = [ax for ax in figure.axes if ax.images]
    assert len(shown) == 5
    assert "\n" in shown[0].get_title()
    np.testing.assert_array_equal(shown[4].images[0].get_array(), IMAGES[4])


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_captions_of_many_lines_stay_inside(lines):
    caption = "\n".join(["granulocytes"] * lines)
    grid = plot_image_grid(IMAGES[:1], [caption])
    (pair,) = plot_image_pairs([IMAGES[:2]], [(caption, caption)]).subfigs[:1]
    for ground in (grid, pair):
        ground.figure.draw_without_rendering()
        bottoms = [ax.title.get_window_extent().y0 for ax in ground.axes if ax.images]
        assert len(bottoms) == (1 if ground is grid else 2)
        assert min(bottoms) >= ground.bbox.y0


def test_shortcuts_show_value_chance_and_network():
    figure = plot_shortcuts(
        ["the background"], [(0.4, 0.38, 0.42)], [np.array([0.1, 0.15])], chance=0.125, network=0.9
    )
    words = {text.get_text() for text in figure.axes[0].texts}
    assert words == {"0.40", "chance", "network"}


def test_a_value_of_nearly_nothing_is_not_written_across_the_axis():
    figure = plot_shortcuts(["files"], [(0.02, 0.01, 0.03)], [np.array([0.01])], chance=0.01, network=None)
    figure.draw_without_rendering()
    (value,) = (text for text in figure.axes[0].texts if text.get_text() == "0.02")
    assert value.get_window_extent().x0 > figure.axes[0].get_window_extent().x0


def test_tells_of_a_constant_feature_are_drawn():
    figure = plot_tells([("grey", np.ones(5), np.ones(9))], ["kind"])
    assert figure.axes[0].get_xlabel() == "grey"
    assert figure.axes[0].get_ylabel() == "share of images"


def test_the_learning_curve_ends_at_the_target():
    sizes = np.array([100, 200, 400])
    figure = plot_learning_curve(
        sizes, np.array([0.7, 0.8, 0.85]), (sizes, sizes / 500), (800.0, 0.88, 0.86, 0.9)
    )
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["100", "200", "400", "800"]


def test_one_image_or_pair_leaves_no_empty_place_beside_it():
    wide = plot_image_grid(IMAGES, ["told"] * 5).get_size_inches()[0]
    assert plot_image_grid(IMAGES[:1], ["told"]).get_size_inches()[0] == wide / 4
    assert plot_image_pairs([IMAGES[:2]], [("left", "right")]).get_size_inches()[0] == wide / 2
