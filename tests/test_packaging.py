"""What the package says of itself, and what it takes along: licences and types."""

import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import giemsa

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_type_checkers_may_read_the_package() -> None:
    assert (Path(giemsa.__file__).parent / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_the_licences_of_code_and_images_travel_along() -> None:
    assert PROJECT["license"] == "MIT AND CC-BY-4.0"
    assert [Path(name).name for name in PROJECT["license-files"]] == ["LICENSE", "LICENSE-CC-BY-4.0.txt"]
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file()


def test_the_version_is_that_of_the_citation() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {PROJECT['version']}\n" in citation


def test_what_is_pinned_can_be_had_for_the_oldest_python() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    installed = {canonicalize_name(each.name): each for each in distributions()}
    asked = {name: installed[name].metadata["Requires-Python"] or "" for name in pinned & installed.keys()}
    assert "torch" in asked
    assert [name for name, versions in asked.items() if oldest not in SpecifierSet(versions)] == []
