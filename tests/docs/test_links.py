"""Every link and image of the pages and notebooks leads somewhere, and none leaves the machine for an asset."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MADE_BY_THE_BUILD = {"solved.md"}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def test_there_are_pages() -> None:
    assert len(PAGES) >= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_resolve(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "#")):
            continue
        path = page.parent / target.split("#")[0]
        assert path.exists() or path.name in MADE_BY_THE_BUILD, target


@pytest.mark.parametrize("name", ["tutorial.ipynb", "tutorial-blank.ipynb", "tutorial-solved.ipynb"])
def test_the_notebooks_load_nothing_from_outside(name: str) -> None:
    text = (DOCS / "tutorial" / name).read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)=\\?"(?!data:|#)', text)
    assert not LINK.findall(text)


def test_the_site_fetches_no_font() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "\n  font: false\n" in settings
    assert "repo_url" not in settings


def test_the_site_is_light_or_dark_as_its_reader_has_it_and_lets_them_change() -> None:
    palette = (
        (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("  palette:\n")[1].split("\nextra_css:")[0]
    )
    schemes = re.findall(r"prefers-color-scheme: (\w+)\)\"\n      scheme: (\w+)\n", palette)
    assert schemes == [("light", "default"), ("dark", "slate")]
    assert palette.count("      toggle:\n") == 2
    style = (DOCS / "style.css").read_text(encoding="utf-8")
    assert all(f'[data-md-color-scheme="{scheme}"] {{' in style for _, scheme in schemes)


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1])
    there = {str(page.relative_to(DOCS).as_posix()) for page in PAGES} | {"tutorial/solved.md"}
    assert set(listed) == there


def test_the_site_takes_its_own_style_along_which_keeps_wide_results_within_a_phone() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.findall(r"^extra_css:\n  - (.+)$", settings, re.MULTILINE) == ["style.css"]
    style = (DOCS / "style.css").read_text(encoding="utf-8")
    assert ".output { overflow-x: auto; }" in style
    assert "url(" not in style
