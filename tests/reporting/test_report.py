"""The page as a whole: one file, in the order of the work, with nothing that reaches out and nothing that is not escaped."""

import dataclasses
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from giemsa.errors import RunError
from giemsa.plots.gallery import Picture, save_pictures
from giemsa.plots.style import new_figure
from giemsa.reporting import report
from giemsa.reporting.material import gather
from giemsa.reporting.page import CHAPTERS, page
from giemsa.reporting.report import render

Text = Callable[[str], str]


def test_a_told_run_gives_every_chapter_in_order(told_run, text_of: Text) -> None:
    path = report(told_run)
    assert path == told_run.folder / "report.html"
    page = path.read_text(encoding="utf-8")
    places = [page.index(f'<section id="{identifier}"') for identifier, _ in CHAPTERS]
    assert places == sorted(places)
    assert len(places) == 8
    words = text_of(page)
    assert "93.3\u202f%" in words  # 28 of 30
    assert "no diagnostic device" in words
    assert "command does it" not in words
    for stage in ("explore", "audit", "train", "evaluate", "interpret"):
        assert f"It shows {stage}." in words
    assert len(page) < 1_000_000


def test_nothing_on_the_page_points_outside(told_run) -> None:
    page = report(told_run).read_text(encoding="utf-8")
    addresses = re.findall(
        r"""(?:src|href|srcset|action|data)\s*=\s*["']([^"']+)["']|url\(([^)]+)\)|@import""", page
    )
    assert len(addresses) > 40
    for attribute, style in addresses:
        assert (attribute or style).startswith(("data:image/", "#"))
        assert " " not in (attribute or style)


def test_every_image_has_words_and_no_heading_skips_a_level(told_run) -> None:
    page = report(told_run).read_text(encoding="utf-8")
    assert len(re.findall(r"<img ", page)) > 40
    assert re.findall(r'<img (?![^>]*alt="[^"]+")[^>]*>', page) == []
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert levels[0] == 1
    assert max(after - before for before, after in itertools.pairwise(levels)) == 1


def test_a_hostile_class_name_is_only_text(told_run, text_of: Text) -> None:
    page = report(told_run).read_text(encoding="utf-8")
    assert "<script>document.title" not in page
    assert "&lt;script&gt;document.title" in page
    assert page.count("<script>") == 1


def test_a_fresh_run_names_the_commands_of_the_missing_stages(fresh_run, text_of: Text) -> None:
    words = text_of(report(fresh_run).read_text(encoding="utf-8"))
    assert 'giemsa audit "my discs.npz" --size 20' in words
    assert f"giemsa evaluate {fresh_run.folder}" in words
    assert f"giemsa interpret {fresh_run.folder}" in words
    assert words.count("command does it") == 3
    assert words.count(f"; then giemsa report {fresh_run.folder} writes this page anew") == 3
    assert "has not been looked at" in words


def test_the_page_goes_where_it_is_asked_to(fresh_run, tmp_path: Path) -> None:
    path = report(fresh_run, out=tmp_path / "new folder" / "page.html")
    assert path.is_file()
    assert not (fresh_run.folder / "report.html").exists()
    assert [one.name for one in path.parent.iterdir()] == ["page.html"]


def test_a_place_that_cannot_be_written_is_one_line(fresh_run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*choose another place"):
        report(fresh_run, out=tmp_path / "file" / "page.html")


def test_without_its_data_the_page_comes_without_images_and_says_why(told_run, text_of: Text) -> None:
    names = told_run.discs.class_names
    told_run.discs = None
    words = text_of(report(told_run).read_text(encoding="utf-8"))
    assert "are not at hand: the data is no longer what it was" in words
    assert "93.3\u202f%" in words
    assert names[0] in words
    assert names[2] in words
    assert "class 0" not in words


def test_without_its_data_the_page_shows_the_figures_of_its_images(told_run) -> None:
    (told_run.folder / "figures").unlink()
    of_images = ("explore-examples", "evaluate-mistakes", "interpret-map")
    for name in of_images:
        figure = new_figure(3, 2)
        figure.subplots().imshow(told_run.discs.test.images[0])
        save_pictures(told_run.folder / "figures", [Picture(name, figure, name, "An image", "Images.", "")])
    shown = [f'<figure class="picture" id="{name}">' for name in of_images]
    live = report(told_run).read_text(encoding="utf-8")
    assert [live.count(figure) for figure in shown] == [0, 0, 1]  # the last for paper
    told_run.discs = None
    page = report(told_run).read_text(encoding="utf-8")
    assert [page.count(figure) for figure in shown] == [1, 1, 1]
    assert "<p>2 of 30 test images were wrongly named.</p>" in page


def test_a_broken_file_of_a_stage_is_one_line(told_run) -> None:
    (told_run.folder / "audit.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"audit\.json is not readable JSON.*run `giemsa audit` again"):
        report(told_run)
    for unreadable in ("[" * 100_000, "9" * 5_000):
        (told_run.folder / "audit.json").write_text(unreadable, encoding="utf-8")
        with pytest.raises(RunError, match=r"audit\.json is not readable JSON.*run `giemsa audit` again"):
            report(told_run)
    (told_run.folder / "audit.json").write_text("[]", encoding="utf-8")
    with pytest.raises(RunError, match="all of it is a list of 0, expected an object"):
        report(told_run)


def test_a_very_tall_figure_scrolls_in_a_place_of_its_own(told_run) -> None:
    told = page(gather(told_run))
    (picture,) = told.data.pictures
    tall = dataclasses.replace(picture, height=4 * picture.width)
    written = render(dataclasses.replace(told, data=dataclasses.replace(told.data, pictures=(tall,))))
    assert written.count('aria-label="A line of explore" tabindex="0"') == 1
    assert 'aria-label="A line of train"' not in written


def test_only_images_that_were_made_smaller_are_smoothed(told_run) -> None:
    assert not page(gather(told_run)).smooth
    splits = {
        name: dataclasses.replace(split, images=split.images.repeat(2, axis=1).repeat(2, axis=2))
        for name, split in told_run.discs.splits.items()
    }
    told_run.discs = dataclasses.replace(told_run.discs, **splits)
    told = page(gather(told_run))
    assert told.smooth
    assert '<main class="smooth">' in render(told)
