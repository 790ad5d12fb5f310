"""The figures of an interpretation keep their words apart and inside, whatever the classes are called."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from giemsa.interpretation.attribution import METHODS
from giemsa.plots.attribution import plot_attributions
from giemsa.plots.feature_maps import plot_feature_maps
from giemsa.plots.feature_space import Places, plot_class_examples, plot_feature_space, plot_neighbours
from giemsa.plots.filters import plot_filters
from giemsa.plots.maximisation import plot_maximisation
from giemsa.plots.symmetry import plot_symmetry_response

LONG = "a very long name of a class of cells, as a pathologist would write it, number"
IMAGES = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)


def boxes(figure: Figure, texts: list[Text]) -> list[Bbox]:
    figure.draw_without_rendering()
    return [text.get_window_extent() for text in texts]


def test_the_methods_stand_side_by_side_without_touching():
    titles = [method.title for method in METHODS.values()]
    figure = plot_attributions(
        IMAGES[:1],
        [np.ones((1, 8, 8))] * len(titles),
        titles,
        rows=["round"],
        verdicts=["with care"] * len(titles),
    )
    words = [text for text in figure.axes[0].texts if text.get_text() != "round"]
    found = boxes(figure, words)
    assert len(found) == len(titles) + 1 == 8
    assert all(left.x1 < right.x0 for left, right in pairwise(found))


def test_long_names_do_not_reach_into_the_images_of_another_class():
    names = [f"{LONG} {number}" for number in range(8)]
    figure = plot_maximisation(IMAGES / 255, IMAGES, names, ["p = .50"] * 8)
    ax = figure.axes[0]
    found = boxes(figure, [text for text in ax.texts if "p = " in text.get_text()])
    images = [image.get_window_extent() for image in ax.images]
    assert (len(found), len(images)) == (8, 16)
    assert not any(Bbox.intersection(words, image) for words in found for image in images)


def test_a_long_name_fits_above_the_feature_maps():
    figure = plot_feature_maps(
        IMAGES[0], np.ones((4, 3, 3)), layer="layer 2", caption=f"train image 20, {LONG}"
    )
    (words,) = boxes(figure, [figure.axes[0].title])
    assert figure.bbox.x0 <= words.x0 < words.x1 <= figure.bbox.x1


def test_of_many_maps_it_is_said_which_are_drawn():
    maps = np.ones((80, 3, 3))
    titles = [
        plot_feature_maps(IMAGES[0], maps, layer="layer 2", caption="", order=order).axes[1].get_title()
        for order in (None, np.arange(80))
    ]
    assert titles == [
        f"layer 2: 80 maps of 3 x 3, the 64 {which} drawn" for which in ("first", "most active")
    ]


@pytest.mark.parametrize(("channels", "tiles"), [(1, (4, 4)), (2, (16, 2)), (3, (4, 4))])
def test_filters_of_grey_images_lie_on_a_square_grid(channels, tiles):
    figure = plot_filters(None, np.ones((16, channels, 3, 3)), layer="layer 0")
    rows, columns = tiles
    assert figure.axes[0].images[0].get_array().shape[:2] == (rows * 4 - 1, columns * 4 - 1)


def test_the_legend_lies_beside_the_response_and_no_part_exceeds_the_whole():
    degrees = np.arange(0, 361, 15.0)
    turned = np.tile(np.resize([0.03, 0.97], len(degrees)), (5, 1))
    figure = plot_symmetry_response(degrees, turned, ["darker", "brighter"], np.array([0.0, 1.0]), 5)
    figure.draw_without_rendering()
    upper, lower = figure.axes
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 3
    assert legend.get_window_extent().y0 > upper.get_window_extent().y1
    assert max(lower.get_xticks()) == 1
    assert [text.get_text() for text in lower.texts] == [" 0 %", " 100 %"]


def test_above_and_below_the_images_of_many_classes_nothing_is_left_blank():
    names = [str(number) for number in range(100)]
    images = np.resize(IMAGES, (100, 8, 8, 3))
    sheets = (
        plot_maximisation(images, images, names, [""] * 100),
        plot_class_examples([images[:4]] * 100, [images[:4]] * 100, names),
    )
    for figure in sheets:
        figure.draw_without_rendering()
        assert figure.bbox.height > 30 * figure.dpi
        assert figure.bbox.height - figure.axes[0].get_window_extent().height < 0.1 * figure.dpi


@pytest.mark.parametrize("channels", [1, 20])
def test_filters_are_said_to_have_moved_only_where_it_is_known(channels):
    after = np.ones((40, channels, 3, 3))
    for before, words in ((None, "weigh most"), (after * 0, "moved most")):
        figure = plot_filters(before, after, layer="layer 0")
        label = figure.axes[-1].get_xlabel()
        assert "the 32 filters" in label
        assert f"that {words}" in label
        assert ("16 heaviest channels" in label) == (channels > 1)


def test_long_names_fit_below_the_maps_of_the_features():
    labels = np.arange(80) % 8
    places = Places(np.random.default_rng(0).normal(size=(80, 2)), labels, labels)
    names = [f"{number} promyelocytes and myelocytes of the bone marrow, {LONG}"[:75] for number in range(8)]
    figure = plot_feature_space(places, places, names, np.array([0.4, 0.2]))
    words = boxes(figure, figure.legends[0].get_texts())
    assert len(words) == 9
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in words)


def test_long_names_over_neighbours_take_few_lines_and_an_answer_stands_by_itself():
    titles = [f"{LONG} 1\n→ {LONG} 2"]
    figure = plot_neighbours(IMAGES[:1], IMAGES[None, :5], titles, [[LONG, "round", LONG, LONG, "oval"]])
    told = [text.get_text().split("\n") for text in figure.axes[0].texts]
    assert [len(lines) for lines in told] == [4, 2, 1, 2, 2, 1]
    assert told[0][2].startswith("→ a very")
    assert (
        min(box.y0 for box in boxes(figure, figure.axes[0].texts))
        > figure.axes[0].images[0].get_window_extent().y1
    )


@pytest.mark.parametrize(
    ("filters", "channels", "words"),
    [
        (32, 16, "weight"),
        (32, 17, "weight; a row each for all 32 filters, their 16 heaviest channels"),
        (33, 16, "weight; the 32 filters that moved most"),
        (33, 17, "weight; a row each for the 32 filters that moved most, their 16 heaviest channels"),
    ],
)
def test_only_what_is_left_out_is_said_to_be(filters, channels, words):
    after = np.ones((filters, channels, 3, 3))
    figure = plot_filters(after * 0, after, layer="layer 0")
    assert figure.axes[-1].get_xlabel() == words


def test_the_name_of_a_row_is_not_broken_within_a_short_word():
    figure = plot_attributions(IMAGES[:1], [np.ones((1, 8, 8))], ["Occlusion"], rows=["normal/benign"])
    assert "normal/benign" in [text.get_text() for text in figure.axes[0].texts]
