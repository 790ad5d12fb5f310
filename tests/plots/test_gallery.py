"""Pictures are written as matplotlib itself would write them, with their words beside them."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from giemsa.errors import RunError
from giemsa.plots.gallery import Picture, read_index, save_pictures
from giemsa.plots.style import new_figure, show_image, tidy


def _figure() -> Figure:
    """Return panels whose places depend on each other's words: ticks, titles, a legend outside, an image, a colour bar."""
    figure = new_figure(5, 4)
    (line, points), (bars, image) = figure.subplots(2, 2)
    tidy(line, title="A line", xlabel="steps", ylabel="a label\nof two lines", grid="y").plot(
        [0, 2e6], [-1e4, 1]
    )
    tidy(points).scatter([1, 2], [3, 4], label="a name")
    points.legend(loc="upper left", bbox_to_anchor=(1, 1))
    tidy(bars, title="Bars").barh(["short", "a name that is much longer"], [1, 2])
    show_image(image, np.arange(16.0).reshape(4, 4), title="An image")
    figure.colorbar(image.images[0], ax=image)
    return figure


def test_the_file_is_matplotlibs_own_pixel_for_pixel(tmp_path: Path) -> None:
    figure = _figure()
    [path] = save_pictures(tmp_path, [Picture("made-panels", figure, "Panels", "Four panels", "It shows.")])
    _figure().savefig(tmp_path / "expected.png", dpi=144, facecolor="white")
    np.testing.assert_array_equal(
        *(np.asarray(Image.open(name)) for name in (path, tmp_path / "expected.png"))
    )
    assert path.with_suffix(".svg").read_bytes().startswith(b"<?xml")
    words = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))["made-panels"]
    assert words == {"title": "Panels", "alt": "Four panels", "shows": "It shows.", "caution": ""}
    assert figure.dpi == _figure().dpi


def test_a_figure_laid_out_by_hand_keeps_its_places(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 2))
    ax = figure.add_axes((0.5, 0.5, 0.25, 0.25))
    save_pictures(tmp_path, [Picture("made-place", figure, "A place", "Axes", "It shows.")])
    assert ax.get_position().bounds == (0.5, 0.5, 0.25, 0.25)


def test_a_link_in_the_way_of_a_figure_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("of somebody else", encoding="utf-8")
    folder = tmp_path / "figures"
    folder.mkdir()
    names = ("made-place.png", "made-place.svg", "index.json")
    for name in names[:2]:
        (folder / name).symlink_to(other)
    save_pictures(folder, [Picture("made-place", Figure(figsize=(2, 2)), "A place", "Axes", "It shows.")])
    assert other.read_text(encoding="utf-8") == "of somebody else"
    assert sorted(path.name for path in folder.iterdir() if not path.is_symlink()) == sorted(names)


def test_an_index_that_was_changed_is_told_before_anything_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"made-place": {"title": 3}}', encoding="utf-8")
    with pytest.raises(
        RunError,
        match=r"index\.json was changed or damaged: made-place\.title is 3, expected text; remove it",
    ):
        save_pictures(
            tmp_path, [Picture("made-place", Figure(figsize=(2, 2)), "A place", "Axes", "It shows.")]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]
    assert read_index(tmp_path / "nothing") == {}


@pytest.mark.parametrize(("title", "told"), [("Two lines", "<b>Two lines.</b>"), ("Which?", "<b>Which?</b>")])
def test_a_title_ends_once(title, told):
    assert told in Picture("train-line", Figure(), title, "", "")._repr_html_()
