"""The site shows the words of each parameter as words, not as a type."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

FILE = Path(__file__).parents[2] / "docs" / "reference" / "docstrings.py"
TEXT = """Do it.

Parameters
----------
n, m : how often: at least
    once.
words

Returns
-------
tuple of int : both.

Notes
-----
Left : alone.
"""
BELOW = """Do it.

Parameters
----------
n, m
    how often: at least
    once.
words

Returns
-------
tuple of int
    both.

Notes
-----
Left : alone.
"""


@pytest.fixture
def docstrings(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The extension, without griffe, which only the site needs."""
    monkeypatch.setitem(sys.modules, "griffe", SimpleNamespace(Extension=object, Object=object))
    spec = importlib.util.spec_from_file_location("docs_docstrings", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_descriptions_move_below_their_names(docstrings: ModuleType) -> None:
    assert docstrings.with_descriptions_below(TEXT) == BELOW
    assert docstrings.with_descriptions_below(BELOW) == BELOW


def test_an_object_without_docstring_is_left_alone(docstrings: ModuleType) -> None:
    documented = SimpleNamespace(docstring=SimpleNamespace(value=TEXT))
    for thing in (documented, SimpleNamespace(docstring=None)):
        docstrings.OneLineDescriptions().on_instance(obj=thing)
    assert documented.docstring.value == BELOW


def test_of_a_role_the_name_is_kept(docstrings: ModuleType) -> None:
    thing = SimpleNamespace(
        docstring=SimpleNamespace(value="What :func:`giemsa.load` and :class:`~a.B` take: `c`.")
    )
    docstrings.OneLineDescriptions().on_instance(obj=thing)
    assert thing.docstring.value == "What `giemsa.load` and `~a.B` take: `c`."
