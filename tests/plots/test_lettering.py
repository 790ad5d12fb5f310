"""Names stand in figures as they are written."""

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

from giemsa.plots import lettering
from giemsa.plots.data import plot_class_distribution
from giemsa.plots.evaluation import plot_confusion
from giemsa.plots.gallery import Picture, save_pictures
from giemsa.plots.lettering import write_as_named

ONLY_IN_STIX = "\u1d81"  # a d with a hook, which DejaVu lacks and a font that comes with matplotlib has
IN_NO_FONT = "\ufdd0"  # what Unicode keeps free for ever


def words_of(figure: Figure, word: str) -> list:
    return list(figure.findobj(lambda x: getattr(x, "get_text", str)() == word))


def test_letters_that_the_font_lacks_come_from_another_one(tmp_path):
    name = f"cell {ONLY_IN_STIX}"
    figure = plot_class_distribution({"train": np.array([2, 1])}, [name, "platelet"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_pictures(tmp_path, [Picture("explore-classes", figure, "", "", "")])
    families = [text.get_fontfamily() for text in words_of(figure, name)]
    assert families
    assert all(family[0] == lettering.FONT and len(family) == 2 for family in families)
    assert words_of(figure, "platelet")[0].get_fontfamily() == ["sans-serif"]


def test_letters_that_no_font_has_are_named():
    figure = Figure()
    figure.text(0, 0, IN_NO_FONT)
    lettering._fonts_with.cache_clear()
    with pytest.warns(UserWarning, match=f"no font on this machine has {IN_NO_FONT}"):
        write_as_named(figure)


def test_a_name_with_dollars_is_no_formula():
    figure = plot_confusion(np.array([[2, 1], [0, 3]]), ["$x_1$ of $\\broken", "100 %"])
    html = Picture("evaluate-confusion", figure, "", "", "")._repr_html_()
    assert "png" in html
    words = words_of(figure, "$x_1$ of $\\broken")
    assert words
    assert not any(text.get_parse_math() for text in words)


def test_formulas_that_matplotlib_writes_on_an_axis_stay():
    figure = Figure()
    ax = figure.subplots()
    ax.set_xscale("log")
    ax.plot([1, 1000], [1, 2])
    for _ in range(2):
        write_as_named(figure)
        figure.draw_without_rendering()
    assert all(label.get_parse_math() for label in ax.get_xticklabels())
