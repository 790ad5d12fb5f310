"""Pictures are written as matplotlib itself would write them, with their words beside them."""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from giemsa.plots.gallery import Picture, save_pictures
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
