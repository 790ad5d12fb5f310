"""A hook of mkdocs: the solved notebook as a page of the site, its figures beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parent / "tutorial-solved.ipynb"
PAGE = "tutorial/solved.md"
_DATA = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page and its figures to the site."""
    figures: dict[str, bytes] = {}
    text = as_markdown(nbformat.read(NOTEBOOK, as_version=4), figures)
    files.append(File.generated(config, PAGE, content=text))
    for name, content in figures.items():
        files.append(File.generated(config, f"tutorial/{name}", content=content))
    return files


def as_markdown(notebook: NotebookNode, figures: dict[str, bytes]) -> str:
    """Return the notebook as Markdown; its figures are put into ``figures`` by file name."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        else:
            parts.append(f"```python\n{cell.source}\n```")
            parts += [_output(output, figures) for output in _joined(cell.outputs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _joined(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield the outputs of a cell, what was printed at different moments as one."""
    for kind, some in groupby(outputs, key=lambda output: output.output_type):
        if kind == "stream":
            yield NotebookNode(output_type=kind, text="".join(output.text for output in some))
        else:
            yield from some


def _output(output: NotebookNode, figures: dict[str, bytes]) -> str:
    if output.output_type == "stream":
        return _fenced(output.text)
    data = output.get("data", {})
    if "text/html" in data:
        page = _DATA.sub(lambda found: _keep(found.group(1), figures), data["text/html"])
        return '<div class="output">\n' + re.sub(r"\n\s*\n", "\n", page) + "\n</div>"
    if "image/png" in data:
        return f"![the figure that the code above draws]({_keep(data['image/png'], figures)})"
    return _fenced(data.get("text/plain", ""))


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def _keep(encoded: str, figures: dict[str, bytes]) -> str:
    name = f"figure-{len(figures) + 1:02d}.png"
    figures[name] = base64.b64decode(encoded)
    return name
