import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from giemsa.data.cards import CARDS
from giemsa.plots.data import plot_class_distribution, plot_examples
from giemsa.plots.gallery import DOTS_PER_INCH


def drawn(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


@pytest.mark.parametrize("name", CARDS)
def test_names_are_neither_clipped_nor_overlapping(name):
    names = CARDS[name].short_names or CARDS[name].class_names
    counts = {split: np.arange(len(names)) + 1 for split in ("train", "val", "test")}
    figure = plot_class_distribution(counts, names)
    renderer = drawn(figure)
    axes = figure.axes[-1]
    labels = axes.get_xticklabels()
    assert [label.get_text() for label in labels] == list(names)
    anchors = [label.get_window_extent(renderer).x1 for label in labels]
    assert min(np.diff(anchors)) > 1.2 * labels[0].get_fontsize() * figure.dpi / 72  # a line's height apart
    for label in labels:
        box = label.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0


def test_bars_are_the_counts():
    figure = plot_class_distribution({"train": np.array([7, 3]), "val": np.array([0, 0])}, ("a", "b"))
    heights = [[bar.get_height() for bar in ax.patches] for ax in figure.axes]
    assert heights == [[7, 3], [0, 0]]
    assert [text.get_text() for text in figure.axes[0].texts] == ["70 %", "30 %"]


@pytest.mark.parametrize("empty_classes", [0, 20])
def test_a_class_of_few_among_many_images_is_not_said_to_have_none(empty_classes):
    counts = {"train": np.array([9_997, 3, 0] + [0] * empty_classes)}
    figure = plot_class_distribution(counts, [f"class {place}" for place in range(3 + empty_classes)])
    assert [text.get_text() for text in figure.axes[0].texts][:3] == [">99 %", "<1 %", "0 %"]


@pytest.mark.parametrize("classes", [2, 20])
def test_images_are_counted_in_whole_numbers(classes):
    figure = plot_class_distribution({"val": np.ones(classes, dtype=int)}, [str(n) for n in range(classes)])
    axis = figure.axes[0].yaxis if classes == 2 else figure.axes[0].xaxis
    assert all(float(place).is_integer() for place in axis.get_majorticklocs())


def test_examples_stand_in_rows_with_the_name_above():
    examples = [np.full((count, 6, 6, 3), 40 * label, np.uint8) for label, count in enumerate((5, 2, 0))]
    figure = plot_examples(examples, ("a", "b", "c"))
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]
    below = [text.get_position()[1] for text in ax.texts]
    tops = [image.get_extent()[3] for image in ax.images]
    rows = [max(row for row in range(3) if below[row] < top) for top in tops]
    assert rows == [0] * 5 + [1, 1]
    np.testing.assert_array_equal(ax.images[5].get_array(), examples[1][0])
    drawn(figure)


def test_of_very_many_classes_the_first_have_examples_and_the_figure_says_so():
    figure = plot_examples([np.zeros((1, 6, 6, 3), np.uint8)] * 450, [f"class {i}" for i in range(450)])
    assert len(figure.axes[0].images) == 200
    assert figure.get_suptitle() == "the first 200 of 450 classes"
    assert figure.get_size_inches()[1] * DOTS_PER_INCH < 2**16  # what matplotlib can draw


def test_examples_are_not_stretched_in_brightness():
    """A dark grey image stays dark: the scale is 0 to 255 whatever the image holds."""
    figure = plot_examples([np.full((1, 6, 6, 1), 30, np.uint8)], ("dark",))
    assert figure.axes[0].images[0].get_clim() == (0, 255)


def test_a_long_name_is_broken_and_stays_inside():
    long = CARDS["bloodmnist"].class_names[3]
    figure = plot_examples([np.zeros((5, 6, 6, 3), np.uint8)] * 2, (long, "b"))
    renderer = drawn(figure)
    title = figure.axes[0].texts[0]
    box, image = title.get_window_extent(renderer), figure.axes[0].images[0].get_window_extent(renderer)
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1 + 1
    assert box.y0 >= image.y1 - 1
    assert title.get_text().replace("\n", " ") == long


@pytest.mark.parametrize("many", [15, 100])
def test_many_long_names_are_neither_clipped_nor_overlapping(many):
    names = [f"{i:03d} precursor of a granulocyte in the bone marrow, at stage" for i in range(many)]
    counts = {split: np.arange(many) + 1 for split in ("train", "val", "test")}
    figure = plot_class_distribution(counts, names)
    figure.draw_without_rendering()
    assert len(figure.axes) == 3
    for ax in figure.axes:
        labels = [label.get_window_extent() for label in ax.get_yticklabels()]
        assert len(labels) == many
        assert min(upper.y0 - lower.y1 for upper, lower in itertools.pairwise(labels)) > -1
        assert min(label.x0 for label in labels) >= 0
        assert [bar.get_width() for bar in ax.patches] == list(range(1, many + 1))
    numbers = [text.get_text()[:3] for text in figure.axes[0].get_yticklabels()]
    assert numbers == [f"{i:03d}" for i in range(many)]


@pytest.mark.parametrize(("name", "degrees"), [("eosinophil", 0), ("a rather long name of a class", 45)])
def test_few_short_names_stand_upright(name, degrees):
    figure = plot_class_distribution({"train": np.array([1300, 40])}, (name, "neutrophil"))
    axes = figure.axes[0]
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {degrees}
    drawn(figure)
    assert "1,000" in [label.get_text() for label in axes.get_yticklabels()]
