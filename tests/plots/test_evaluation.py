"""Figures of the evaluation: what is drawn is what was given, and no word is clipped or lies on another."""

import numpy as np
import pytest

from giemsa.plots import certainty, evaluation, failures, feature_space, ranking, resilience

NAMES = (
    "basophil",
    "eosinophil",
    "erythroblast",
    "immature granulocyte",
    "lymphocyte",
    "monocyte",
    "neutrophil",
    "platelet",
)

MANY_NAMES = [f"{i:03d} precursor of a granulocyte in the bone marrow, at stage" for i in range(100)]


def boxes(figure):
    """Return the boxes of all words that are seen, in pixels."""
    figure.draw_without_rendering()
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    found = [(text.get_text(), text.get_window_extent()) for box in legends for text in box.get_texts()]
    for ax in figure.axes:
        labels = seen_labels(ax.xaxis) + seen_labels(ax.yaxis) if ax.axison else []
        for text in [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *labels, *ax.texts]:
            if text.get_visible() and text.get_text().strip() and ax.get_visible():
                found.append((text.get_text(), text.get_window_extent()))
    return found


def seen_labels(axis):
    """Return the labels of the ticks that lie within the axis' limits."""
    low, high = sorted(axis.get_view_interval())
    return [
        tick.label1
        for tick in axis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_visible()
    ]


def assert_readable(figure, least):
    found = boxes(figure)
    assert len(found) >= least
    width, height = figure.canvas.get_width_height()
    for words, box in found:
        assert box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2, (
            f"{words!r} is clipped"
        )
    for place, (words, box) in enumerate(found):
        for other, second in found[place + 1 :]:
            across = min(box.x1, second.x1) - max(box.x0, second.x0)
            up = min(box.y1, second.y1) - max(box.y0, second.y0)
            if across > 2 and up > 2 and not (turned(words) and turned(other)):
                raise AssertionError(f"{words!r} lies on {other!r}")


def turned(words):
    return words in NAMES  # names below the matrix stand aslant: their boxes overlap, their letters do not


def intervals(k):
    value = np.linspace(0.6, 1, k)
    value[0] = np.nan
    return value, value - 0.05, np.minimum(value + 0.04, 1)


def test_confusion():
    counts = np.random.default_rng(0).integers(0, 500, (8, 8))
    counts[3] = 0
    figure = evaluation.plot_confusion(counts, NAMES)
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == list(NAMES)
    assert ax.images[0].get_array()[1, 2] == pytest.approx(counts[1, 2] / counts[1].sum())
    assert len(ax.texts) == (counts > 0).sum()
    assert_readable(figure, 16)


def test_confusion_of_many_classes():
    figure = evaluation.plot_confusion(np.eye(100, dtype=int), MANY_NAMES)
    assert len(figure.axes[0].get_xticklabels()) == len(figure.axes[0].get_yticklabels()) == 100
    assert_readable(figure, 200)


def test_confusion_of_hundreds_of_classes_names_some():
    names = [f"class {i}" for i in range(300)]
    ax = evaluation.plot_confusion(np.eye(300, dtype=int), names).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == names[::3]
    assert [label.get_text() for label in ax.get_yticklabels()] == names[::3]


def test_scores_and_coverage_of_many_classes():
    scores = evaluation.plot_class_scores(
        {"recall": intervals(100), "F1": intervals(100)}, MANY_NAMES, [9] * 100
    )
    assert_readable(scores, 200)
    assert all(len(seen_labels(ax.xaxis)) > 1 for ax in scores.axes)
    sizes = np.array([3, 2478, 500, *[0] * 98])
    assert_readable(certainty.plot_coverage(intervals(101), ["all images", *MANY_NAMES], 0.9, sizes), 101)


def test_curves_of_many_classes_name_the_weakest():
    line = np.linspace(0, 1, 9)
    values = np.linspace(0.9, 0.99, 100)
    values[70:75] = 0.5
    values[7] = np.nan
    curves = [(line, np.sqrt(line))] * 7 + [(np.empty(0), np.empty(0))] + [(line, np.sqrt(line))] * 92
    for function in (ranking.plot_roc, ranking.plot_precision_recall):
        figure = function(curves, MANY_NAMES, values)
        legend = figure.legends[0]
        told = [text.get_text()[:3] for text in legend.get_texts()]
        assert told == ["070", "071", "072", "073", "074", "000", "001", "002", "003", "004"]
        assert legend.get_title().get_text() == "the 10 weakest classes"
        assert sum(len(drawn.get_xdata()) == 9 for drawn in figure.axes[0].lines) == 99
        assert figure.axes[0].get_window_extent().height > 200
        assert_readable(figure, 20)


@pytest.mark.parametrize(("n", "title"), [(20, ""), (21, "the 10 weakest classes")])
def test_a_class_without_images_leaves_the_legend_its_title(n: int, title: str):
    curve, none = (np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.9, 1.0])), (np.empty(0), np.empty(0))
    values = np.linspace(0.5, 0.99, n)
    values[3] = np.nan
    curves = [none if np.isnan(value) else curve for value in values]
    legend = ranking.plot_roc(curves, [f"class {k}" for k in range(n)], values).legends[0]
    assert legend.get_title().get_text() == title
    assert len(legend.get_texts()) == (n - 1 if n <= 20 else 10)


def test_a_map_of_many_classes_names_those_most_often_mistaken():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 100
    predictions = np.where(np.isin(labels, [40, 41]), 3, labels)
    places = feature_space.Places(rng.normal(size=(400, 2)), labels, predictions)
    figure = feature_space.plot_feature_space(places, places, MANY_NAMES, np.array([0.5, 0.2]))
    told = [text.get_text()[:3] for text in figure.legends[0].get_texts()]
    assert told[:2] == ["040", "041"]
    assert len(told) == 11
    assert told[-1] == "wro"
    drawn = sum(len(points.get_offsets()) for points in figure.axes[1].collections)
    assert drawn == 400 + (labels != predictions).sum()
    assert figure.axes[1].get_window_extent().height > 200
    assert_readable(figure, 14)


def test_class_scores():
    panels = {"recall": intervals(8), "precision": intervals(8), "F1": intervals(8)}
    figure = evaluation.plot_class_scores(panels, NAMES, [1234] * 8)
    assert len(figure.axes) == 3
    assert_readable(figure, 30)


def test_curves():
    line = np.linspace(0, 1, 9)
    empty = np.empty(0), np.empty(0)
    curves = [(line, np.sqrt(line))] * 7 + [empty]
    for function in (ranking.plot_roc, ranking.plot_precision_recall):
        figure = function(curves, NAMES, [0.9996] * 7 + [np.nan])
        assert len(figure.legends[0].get_texts()) == 7
        assert_readable(figure, 12)


POWERS = {"strong": 0.02, "middling": 0.3, "weak": 0.8}  # of the false alarm share that gives the share found


@pytest.mark.parametrize(
    ("strength", "roc", "precision"), [("strong", 0.2, 0.3), ("middling", 0.5, 0.5), ("weak", None, None)]
)
def test_what_is_enlarged_is_where_the_curves_are(strength, roc, precision):
    line = np.linspace(0, 1, 500)
    curve, empty = (line, line ** POWERS[strength]), (np.empty(0), np.empty(0))
    ways = {
        ranking.plot_roc: (curve, roc),
        ranking.plot_precision_recall: ((line, curve[1][::-1]), precision),
    }
    for function, (drawn, height) in ways.items():
        figure = function([drawn] * 7 + [empty], NAMES, [0.9] * 7 + [np.nan])
        assert len(figure.axes) == (1 if height is None else 2)
        assert_readable(figure, 9)
        for ax in figure.axes[1:]:
            (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
            assert low == pytest.approx(1 - height)
            across, up = drawn
            assert ((left < across) & (across < right) & (low < up) & (up < high)).sum() > 20


def test_of_many_classes_those_that_the_legend_names_decide_what_is_enlarged():
    line = np.linspace(0, 1, 200)
    curves, values = (
        [(line, line ** POWERS["weak"])] * 10 + [(line, line ** POWERS["strong"])] * 30,
        [0.5] * 10 + [0.9] * 30,
    )
    names = [str(place) for place in range(40)]
    assert len(ranking.plot_roc(curves, names, values).axes) == 1
    assert len(ranking.plot_roc(curves, names, [1 - value for value in values]).axes) == 2


def test_nothing_is_enlarged_where_no_class_has_a_curve():
    empty = np.empty(0), np.empty(0)
    for function in (ranking.plot_roc, ranking.plot_precision_recall):
        assert len(function([empty] * 2, ("a", "b"), [np.nan] * 2).axes) == 1


def test_reliability():
    counts = np.array([0, 3, 10, 100])
    mean = np.array([np.nan, 0.4, 0.6, 0.9])
    figure = certainty.plot_reliability(
        np.linspace(0, 1, 5), [("with", mean, mean, counts), ("without", mean, mean, counts)]
    )
    assert_readable(figure, 8)
    below = figure.axes[1].yaxis
    assert {"1", "10", "100"} <= {label.get_text() for label in seen_labels(below)}


def test_numbers_of_few_images_are_written_as_numbers():
    mean, counts = np.array([0.4, 0.9]), np.array([2, 6])
    figure = certainty.plot_reliability(np.linspace(0, 1, 3), [("as it is", mean, mean, counts)])
    figure.draw_without_rendering()
    ticks = [*figure.axes[1].yaxis.get_major_ticks(), *figure.axes[1].yaxis.get_minor_ticks()]
    told = [tick.label1.get_text() for tick in ticks]
    assert "1" in told
    assert not any("10^" in words for words in told)


def test_coverage():
    figure = certainty.plot_coverage(
        intervals(9), ["all images", *NAMES], 0.9, np.array([3, 2478, 500, 20, 0, 0, 0, 0, 0])
    )
    assert_readable(figure, 12)
    assert len(figure.axes[1].patches) == 4


def test_risk_coverage():
    coverage = np.linspace(0.01, 1, 100)
    words = [f"{share} % handed over: 2.00 % mistakes" for share in (5, 6, 20)]
    marks = [(0.05, 0.02, words[0]), (0.06, 0.0199, words[1]), (0.2, 0.005, words[2])]
    figure = certainty.plot_risk_coverage(coverage, 0.05 * coverage**2, marks)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == words
    assert_readable(figure, 11)
    perfect = certainty.plot_risk_coverage(coverage, 0 * coverage, [])
    assert perfect.axes[0].get_ylim()[1] > 0
    hill = certainty.plot_risk_coverage(coverage, coverage * (1 - coverage), marks)
    assert hill.axes[0].get_ylim()[1] > 25  # most mistakes where half is handed over


def test_robustness():
    names = [f"corruption {i}" for i in range(9)]
    scores = np.random.default_rng(0).random((9, 5))
    examples = np.zeros((9, 8, 8, 1), dtype=np.uint8)
    figure = resilience.plot_robustness(scores, names, 0.97, examples)
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles[0] == names[int(scores.mean(axis=1).argmin())]
    assert_readable(figure, 20)


def test_novelty():
    rng = np.random.default_rng(0)
    figure = resilience.plot_novelty(
        rng.gamma(5, 1, 500), {"noise": rng.gamma(20, 1, 50), "blank": np.zeros(50)}, 9.0
    )
    assert "noise" in figure.axes[1].get_title(loc="left")
    assert_readable(figure, 4)


def test_nearly_all_above_the_line_are_not_told_as_all():
    strange = np.where(np.arange(4000) > 0, 9.0, 0.0)
    figure = resilience.plot_novelty(strange, {"all": strange[1:], "none": np.zeros(3)}, 1.0)
    told = [ax.get_title(loc="left").removesuffix(" above the line") for ax in figure.axes]
    assert told == ["test split: over 99.9 %", "all: 100 %", "none: 0 %"]


def test_mistakes():
    images = np.zeros((5, 28, 28, 3), dtype=np.uint8)
    words = [("immature granulocyte", "immature granulocyte", 0.99)] * 5
    assert_readable(failures.plot_mistakes(images, words), 5)
    assert_readable(failures.plot_mistakes(images, [(MANY_NAMES[0], MANY_NAMES[1], 0.9)] * 5), 5)


def test_subgroups():
    groups = [
        ("brightness", f"{word} quarter", 0.9, 0.85, 0.93, 855)
        for word in ("darkest", "second", "third", "brightest")
    ]
    groups += [("sharpness", "most blurred quarter", 0.8, 0.75, 0.83, 855)]
    figure = failures.plot_subgroups(groups, 0.9)
    assert len(figure.axes) == 2
    assert_readable(figure, 8)


def test_sets_of_many_classes_keep_their_axis_readable():
    sizes = np.zeros(101, dtype=int)
    sizes[1:60] = np.arange(59, 0, -1) * 100
    figure = certainty.plot_coverage(intervals(9), ["all images", *NAMES], 0.9, sizes)
    assert len(figure.axes[1].patches) == 60
    assert_readable(figure, 12)


def test_a_score_of_one_is_a_whole_point():
    figure = evaluation.plot_class_scores(
        {"recall": (np.ones(3), np.ones(3) / 2, np.ones(3))}, NAMES[:3], [4] * 3
    )
    (points,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert not points.get_clip_on()
