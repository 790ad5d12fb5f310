"""The solved notebook as a page: what was printed at different moments of one cell stands in one block."""

import importlib.util
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

pytest.importorskip("mkdocs", reason="the page is made by a hook of mkdocs, an extra for the documentation")
HOOK = Path(__file__).parents[2] / "docs" / "tutorial" / "page.py"


def test_what_a_cell_prints_is_one_block() -> None:
    spec = importlib.util.spec_from_file_location("tutorial_page", HOOK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tutorial_page"] = module
    spec.loader.exec_module(module)
    printed = [new_output("stream", name="stdout", text=f"epoch {number}\n") for number in (1, 2)]
    shown = new_output("display_data", data={"text/plain": "a figure"})
    notebook = new_notebook(cells=[new_code_cell("train()", outputs=[*printed, shown])])
    assert module.as_markdown(notebook, {}) == (
        "```python\ntrain()\n```\n\n```text\nepoch 1\nepoch 2\n```\n\n```text\na figure\n```\n"
    )
