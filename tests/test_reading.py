"""A file that was changed is told by the name of its field, and what is as declared is taken."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giemsa.errors import RunError
from giemsa.reading import Between, find_misfit, pick, read_json


class Cell(TypedDict):
    name: str
    size: NotRequired[Annotated[int, Between(1, 100)] | None]
    place: tuple[float, float]


class Slide(TypedDict, total=False):
    version: int
    stain: Literal["giemsa", "wright"]
    cells: list[Cell]
    counts: dict[str, int]
    is_checked: bool
    rest: Any


CELL = {"name": "a", "size": 5, "place": [0, 0.5]}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "all of it is a list of 0, expected an object"),
        ({"stain": "gram"}, "stain is 'gram', expected giemsa, wright"),
        ({"cells": {}}, "cells is an object, expected a list"),
        ({"cells": [CELL, None]}, "cells[1] is null, expected an object"),
        ({"cells": [{"place": [0, 0]}]}, "cells[0].name is missing"),
        ({"cells": [CELL | {"size": 0}]}, "cells[0].size is 0, expected 1 to 100"),
        ({"cells": [CELL | {"size": 10**400}]}, "cells[0].size is 1000"),
        ({"cells": [CELL | {"size": True}]}, "cells[0].size is true, expected a whole number"),
        ({"cells": [CELL | {"size": 5.5}]}, "cells[0].size is 5.5, expected a whole number"),
        ({"cells": [CELL | {"place": [0]}]}, "cells[0].place is a list of 1, expected a list of 2"),
        (
            {"cells": [CELL | {"place": [0, math.nan]}]},
            "cells[0].place[1] is nan, expected a number of a usual size",
        ),
        (
            {"cells": [CELL | {"place": [math.inf, 0]}]},
            "cells[0].place[0] is inf, expected a number of a usual size",
        ),
        ({"counts": {"train": "x" * 1000}}, "counts.train is 'xxx"),
        ({"counts": {"two\nlines": None}}, "counts.'two\\nlines' is null, expected a whole number"),
        ({"is_checked": 1}, "is_checked is 1, expected true or false"),
    ],
)
def test_the_first_misfit_is_named(value: Any, words: str) -> None:
    found = find_misfit(value, Slide)
    assert found.startswith(words)
    assert len(found) < 150


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"cells": [CELL, {"name": "", "place": [1e9, -1]}, CELL | {"size": None}]},
        {"stain": "wright", "counts": {}, "is_checked": False, "rest": [math.nan], "of a newer version": 1},
    ],
)
def test_what_is_declared_is_taken(value: Any) -> None:
    assert find_misfit(value, Slide) == ""


@pytest.mark.parametrize(("value", "kind", "unit"), [("", str, "letters"), ([], list[int], "entries")])
def test_lengths_are_bounded(value: Any, kind: Any, unit: str) -> None:
    bounded: Any = Annotated[kind, Between(1, 3)]
    assert find_misfit(value, bounded, "it").endswith(f", expected 1 to 3 {unit}")
    assert find_misfit(value * 2 or value, Annotated[kind, Between(0, 0)]) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(("name", "size", "cells", "stain")) | st.text(), inner)
    ),
)


@given(value=JSON)
def test_any_value_is_taken_or_told_in_one_line(value: Any) -> None:
    found = find_misfit(value, Slide)
    assert found.isprintable()
    if not found:
        assert isinstance(value, dict)


def test_only_what_is_declared_is_picked() -> None:
    assert pick(Cell, CELL | {"progress": 3}) == CELL


def test_a_file_names_itself_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "slide.json"
    for text, words in (
        (
            json.dumps({"version": 1, "stain": 3}),
            "was changed or damaged: stain is 3, expected giemsa, wright; scan it again",
        ),
        (
            json.dumps({"version": 2, "stain": 3}),
            "is of version 2, this giemsa reads up to 1: install a newer giemsa",
        ),
        (json.dumps({"stain": 3}), "has no version"),
        ("[" * 100_000, "is not readable JSON"),
        ("9" * 5_000, "is not readable JSON"),
        ("\N{BYTE ORDER MARK}{}", "is not readable JSON"),
        (" " * 200_000_001, "has 200,000,001 bytes, expected 200,000,000 at most; scan it again"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(RunError) as caught:
            read_json(path, Slide, mend="scan it again", version=1)
        assert str(caught.value).startswith(f"{path} {words}"), text[:60]
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None])
def test_what_is_no_file_is_missing(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "slide.json"
    make(path)
    with pytest.raises(RunError, match=r"slide\.json is missing; scan it again"):
        read_json(path, Slide, mend="scan it again")
