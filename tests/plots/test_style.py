"""Names that fit, and grey that is not stretched."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from giemsa.plots import data, failures, resilience
from giemsa.plots.style import COLORS, break_lines, classes_to_name, fit_name, new_figure, show_image


@given(st.text("abcxyz 019-", min_size=1, max_size=80), st.integers(4, 30), st.integers(1, 3))
def test_a_name_fits_and_a_short_one_is_left_alone(name: str, letters: int, lines: int) -> None:
    fitted = fit_name(name, letters, lines).split("\n")
    assert len(fitted) <= lines
    assert max(map(len, fitted)) <= letters
    whole = " ".join(name.split())
    if len(whole) <= letters:
        assert fitted == [whole]


@given(st.text("abcxyz 019-_/(", max_size=80), st.integers(1, 30))
def test_broken_lines_fit_and_lose_nothing(words: str, letters: int) -> None:
    lines = break_lines(words, letters)
    assert all(0 < len(line) <= letters for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


def test_names_that_differ_at_their_ends_still_differ() -> None:
    names = [f"precursor of a granulocyte in the bone marrow, stage {i}" for i in range(5)]
    assert len({fit_name(name, 20) for name in names}) == 5
    assert fit_name(names[3], 20) == "precursor…, stage 3"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("immature_granulocyte", "immature_\ngranulocyte"),
        ("erythroblast/normoblast", "erythroblast/\nnormoblast"),
        ("an immature_cell (band)", "an immature_\ncell (band)"),
        ("a megakaryoblastoma", "a megakaryobla\nstoma"),
    ],
)
def test_a_line_ends_within_a_word_only_where_it_must(name: str, told: str) -> None:
    assert fit_name(name, 14, lines=2) == told


def test_of_many_classes_the_weakest_are_named() -> None:
    scores = np.linspace(1, 0, 30)
    assert classes_to_name(scores) == list(range(29, 19, -1))
    assert classes_to_name(scores[:20]) == list(range(20))
    assert 0 not in classes_to_name([np.nan, *scores])


@pytest.mark.parametrize(
    ("image", "limits"),
    [
        (np.full((4, 4, 1), 30, np.uint8), (0, 255)),
        (np.full((4, 4), 0.3), (0, 1)),
    ],
)
def test_grey_is_drawn_as_bright_as_it_is(image: np.ndarray, limits: tuple[float, float]) -> None:
    ax = show_image(new_figure(1, 1).subplots(), image)
    assert ax.images[0].get_clim() == limits


def test_no_figure_stretches_dark_images() -> None:
    dark = np.full((2, 6, 6, 1), 30, np.uint8)
    dark[0, 0, 0] = 40
    figures = (
        resilience.plot_robustness(np.full((2, 5), 0.5), ["noise", "blur"], 0.9, dark),
        failures.plot_mistakes(dark, [("a", "b", 0.9)] * 2),
        data.plot_examples([dark, dark], ["a", "b"]),
    )
    limits = [image.get_clim() for figure in figures for ax in _all_axes(figure) for image in ax.images]
    assert limits == [(0, 255)] * 8


def _all_axes(figure):  # type: ignore[no-untyped-def]
    """Return the axes and those within them."""
    return [inner for ax in figure.axes for inner in (ax, *ax.child_axes)]


@pytest.mark.parametrize(("side", "smoothed"), [(64, False), (224, True)])
def test_of_a_large_image_no_pixels_are_dropped_and_of_a_small_one_each_is_seen(
    side: int, smoothed: bool
) -> None:
    """A board of single pixels is grey from afar; to drop some of them leaves a pattern that is not there."""
    board = (np.indices((side, side)).sum(0) % 2 * 255).astype(np.uint8)
    figure = Figure(figsize=(1, 1), dpi=150)
    show_image(figure.add_axes((0.0, 0.0, 1.0, 1.0)), board)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[5:-5, 5:-5, 0]
    if smoothed:
        assert abs(drawn.astype(int) - 128).max() < 40
    else:
        assert set(np.unique(drawn)) == {0, 255}


# what remains of red, green and blue light where one kind of cone is missing: Machado, Oliveira and Fernandes, A Physiologically-
# based Model for Simulation of Color Vision Deficiency, IEEE TVCG 15, 2009, table 1
SEEN_BY = {
    "all three cones": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}  # fmt: skip
XYZ_OF_LIGHT = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
]


def lab(color: str, eyes: str) -> np.ndarray:
    """Return the place of a colour in CIELAB, in which distances are about as large as they look, as those eyes see it."""
    coded = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN_BY[eyes]) @ light, 0, 1)
    x, y, z = np.cbrt(np.array(XYZ_OF_LIGHT) @ seen / [0.95047, 1, 1.08883])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_any_two_colours_are_told_apart(eyes: str) -> None:
    pairs = combinations(COLORS, 2)
    nearest = min((np.linalg.norm(lab(one, eyes) - lab(other, eyes)), one, other) for one, other in pairs)
    assert nearest[0] > 15, nearest
