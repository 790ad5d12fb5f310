"""Make the tutorial's three notebooks from their one source, ``tutorial.py``.

``python docs/tutorial/build.py`` writes ``tutorial.ipynb`` (for learners: solutions folded away), ``tutorial-blank.ipynb`` (no
solutions) and ``tutorial-solved.ipynb`` (solutions and outputs; it is executed here). ``--quick`` leaves the execution out and
keeps the outputs that the solved notebook has. ``--check`` writes nothing and fails where a notebook is not what the source
gives.

The source is Python in cells: ``# %% [markdown]`` begins words, ``# %%`` code, ``# %% exercise`` code that a learner fills in,
and ``# %% solution`` one right answer to the exercise before it.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).parent
SOURCE = HERE / "tutorial.py"
NAMES = {"learner": "tutorial.ipynb", "blank": "tutorial-blank.ipynb", "solved": "tutorial-solved.ipynb"}
LEFT_OUT = {"learner": (), "blank": ("solution",), "solved": ("exercise",)}
KINDS = ("markdown", "code", "exercise", "solution")
LIMIT_SECONDS = 600
LONGEST_TWIN = 2000  # characters


@dataclass(frozen=True)
class Cell:
    """A cell of the source: its kind (one of ``KINDS``) and its text."""

    kind: str
    text: str


def read_cells(source: str) -> tuple[Cell, ...]:
    r"""Split the source into cells; what stands before the first marker is left out.

    Examples
    --------
    >>> read_cells("# %% [markdown]\n# Hello\n# %% exercise\nanswer = ...\n")
    (Cell(kind='markdown', text='Hello'), Cell(kind='exercise', text='answer = ...'))
    """
    parts = re.split(r"(?m)^# %%(.*)$", source)[1:]
    return tuple(_as_cell(head.strip(), body) for head, body in zip(parts[::2], parts[1::2], strict=True))


def _as_cell(head: str, body: str) -> Cell:
    kind = head.strip("[]") or "code"
    if kind not in KINDS:
        raise ValueError(f"a cell begins with {head!r}; expected [markdown], exercise, solution or nothing")
    if kind != "markdown":
        return Cell(kind, body.strip("\n"))
    lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip("\n").splitlines()]
    return Cell(kind, "\n".join(lines).strip("\n"))


def make_notebook(cells: tuple[Cell, ...], version: str) -> NotebookNode:
    """Return one version, ``learner``, ``blank`` or ``solved``, without outputs."""
    if version == "learner":
        cells = fold_solutions(cells)
    chosen = [(number, cell) for number, cell in enumerate(cells) if cell.kind not in LEFT_OUT[version]]
    notebook = new_notebook(cells=[_as_node(number, cell, version) for number, cell in chosen])
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def fold_solutions(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Put each solution behind the check that follows it, and let it act only where the learner left the dots.

    So the check speaks of the learner's own answer, who runs the notebook cell by cell keeps it, and who left an exercise out can
    go on all the same.
    """
    folded = list(cells)
    for place, cell in enumerate(cells):
        if cell.kind == "solution":
            blanks = re.findall(r"(?m)^(\w+) = \.\.\.$", cells[place - 1].text)
            guarded = f"if {blanks[0]} is ...:  # one right answer; it acts only where you left the dots\n"
            folded[place] = Cell("solution", guarded + textwrap.indent(cell.text, "    "))
            if place + 1 < len(cells) and cells[place + 1].kind == "code":
                folded[place : place + 2] = [cells[place + 1], folded[place]]
    return tuple(folded)


def _as_node(number: int, cell: Cell, version: str) -> NotebookNode:
    make = new_markdown_cell if cell.kind == "markdown" else new_code_cell
    node = make(cell.text, id=f"cell-{number:03d}")
    if cell.kind in ("exercise", "solution"):
        node.metadata["tags"] = [cell.kind]
    if cell.kind == "solution" and version == "learner":
        node.metadata["jupyter"] = {"source_hidden": True}
    return node


def execute(notebook: NotebookNode) -> None:
    """Run a notebook in an empty folder; a cell that fails, or that writes to stderr, is an error."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work"
        work.mkdir()
        client = NotebookClient(
            notebook,
            timeout=LIMIT_SECONDS,
            resources={"metadata": {"path": str(work)}},
            kernel_name="python3",
            config=Config({"KernelManager": _connection(Path(folder))}),
        )
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            _shorten(output)
            if output.get("name") == "stderr":
                raise RuntimeError(f"{cell.id} wrote to stderr: {output['text']}")


def _shorten(output: NotebookNode) -> None:
    """Cut the plain twin of an output that is shown as HTML, where it would be pages of numbers."""
    data = output.get("data", {})
    if "text/html" in data and len(data.get("text/plain", "")) > LONGEST_TWIN:
        data["text/plain"] = data["text/plain"].split("(")[0]


def _connection(folder: Path) -> dict[str, str]:
    """Return how to speak with the kernel: through sockets in ``folder``, since over TCP it warns that nothing is encrypted."""
    if sys.platform == "win32":
        return {"transport": "tcp"}
    return {"transport": "ipc", "ip": str(folder / "kernel")}


def keep_outputs(notebook: NotebookNode, path: Path) -> None:
    """Copy the outputs of the notebook that stands at ``path`` to the cells whose code is the same."""
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    old = {cell.source: cell for cell in cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        before = old.get(cell.source)
        if cell.cell_type == "code" and before is not None:
            cell.outputs, cell.execution_count = before.outputs, before.execution_count
            for output in cell.outputs:
                _shorten(output)


def build(folder: Path = HERE, *, run: bool = True) -> list[Path]:
    """Write the three notebooks into ``folder`` and return their paths."""
    cells = read_cells(SOURCE.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for version, name in NAMES.items():
        notebook = make_notebook(cells, version)
        if version == "solved" and run:
            execute(notebook)
        elif version == "solved":
            keep_outputs(notebook, HERE / name)
        nbformat.validate(notebook)
        nbformat.write(notebook, folder / name)
        paths.append(folder / name)
    return paths


def stale(folder: Path = HERE) -> list[str]:
    """Return the names of the notebooks whose cells are not what the source gives."""
    cells = read_cells(SOURCE.read_text(encoding="utf-8"))
    return [
        name
        for version, name in NAMES.items()
        if not _is_current(folder / name, make_notebook(cells, version))
    ]


def _is_current(path: Path, wanted: NotebookNode) -> bool:
    if not path.exists():
        return False
    found = nbformat.read(path, as_version=4)
    return [_facts(cell) for cell in found.cells] == [_facts(cell) for cell in wanted.cells]


def _facts(cell: NotebookNode) -> tuple:
    return cell.cell_type, cell.id, cell.source, dict(cell.metadata)


def main() -> int:
    """Build, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="do not execute the solved notebook")
    parser.add_argument(
        "--check", action="store_true", help="fail where a notebook is not what the source gives"
    )
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    arguments = parser.parse_args()
    if arguments.check:
        old = stale()
        sys.stdout.write(
            f"not what tutorial.py gives: {', '.join(old)}\n" if old else "the notebooks are current\n"
        )
        return 1 if old else 0
    for path in build(arguments.out, run=not arguments.quick):
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
