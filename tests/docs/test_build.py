"""The three notebooks are what their one source gives, and each version holds what it should."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tutorial_build", ROOT / "docs" / "tutorial" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tutorial_build"] = module
    spec.loader.exec_module(module)
    return module


SOURCE = '''"""Words that are no cell."""

# %% [markdown]
# # Title
#
# Text

# %%
a = 1

# %% exercise
b = ...

# %% solution
b = 2

# %%
check(b)
'''
TEXTS = ("text/plain", "text/html")
GUARDED = "if b is ...:  # one right answer; it acts only where you left the dots\n    b = 2"


def test_cells_are_read(build: ModuleType) -> None:
    cells = build.read_cells(SOURCE)
    assert [cell.kind for cell in cells] == ["markdown", "code", "exercise", "solution", "code"]
    assert cells[0].text == "# Title\n\nText" and cells[3].text == "b = 2"


def test_an_unknown_kind_of_cell_is_refused(build: ModuleType) -> None:
    with pytest.raises(ValueError, match="'solutoin'"):
        build.read_cells("# %% solutoin\nb = 2\n")


@pytest.mark.parametrize(
    ("version", "sources"),
    [
        ("learner", ["# Title\n\nText", "a = 1", "b = ...", "check(b)", GUARDED]),
        ("blank", ["# Title\n\nText", "a = 1", "b = ...", "check(b)"]),
        ("solved", ["# Title\n\nText", "a = 1", "b = 2", "check(b)"]),
    ],
)
def test_each_version_holds_what_it_should(build: ModuleType, version: str, sources: list[str]) -> None:
    notebook = build.make_notebook(build.read_cells(SOURCE), version)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == sources
    folded = [cell.source for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert folded == ([GUARDED] if version == "learner" else [])


def test_a_solution_acts_only_where_the_dots_were_left(build: ModuleType) -> None:
    cells = build.fold_solutions(build.read_cells(SOURCE))
    for answer, after in (..., 2), (5, 5):
        names = {"b": answer}
        exec(cells[-1].text, names)
        assert names["b"] == after


def test_the_committed_notebooks_are_current(build: ModuleType) -> None:
    assert build.stale() == []


def test_the_blank_notebook_gives_nothing_away(build: ModuleType) -> None:
    cells = build.read_cells(build.SOURCE.read_text(encoding="utf-8"))
    solutions = [cell.text for cell in cells if cell.kind == "solution"]
    blank = (build.HERE / "tutorial-blank.ipynb").read_text(encoding="utf-8")
    assert len(solutions) == 5
    for solution in solutions:
        assert solution not in blank


def test_a_cell_that_warns_is_an_error(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbclient

    class Noisy:
        def __init__(self, notebook, **_):
            self.notebook = notebook

        def execute(self) -> None:
            self.notebook.cells[1].outputs = [
                nbformat.v4.new_output("stream", name="stderr", text="Warning!")
            ]

    monkeypatch.setattr(nbclient, "NotebookClient", Noisy)
    notebook = build.make_notebook(build.read_cells(SOURCE), "solved")
    with pytest.raises(RuntimeError, match="Warning!"):
        build.execute(notebook)


def test_outputs_are_kept_where_the_code_is_the_same(build: ModuleType, tmp_path: Path) -> None:
    before = build.make_notebook(build.read_cells(SOURCE), "solved")
    before.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1")]
    before.cells[1].execution_count = 1
    nbformat.write(before, tmp_path / "solved.ipynb")
    moved = SOURCE.replace("# %%\na = 1", "# %% [markdown]\n# More words\n\n# %%\na = 1").replace(
        "b = 2", "b = 3"
    )
    after = build.make_notebook(build.read_cells(moved), "solved")
    build.keep_outputs(after, tmp_path / "solved.ipynb")
    assert after.cells[2].outputs == before.cells[1].outputs and after.cells[2].execution_count == 1
    assert not after.cells[3].outputs


@pytest.fixture(scope="module")
def solved(build: ModuleType) -> nbformat.NotebookNode:
    return nbformat.read(build.HERE / build.NAMES["solved"], as_version=4)


def test_the_solved_notebook_was_run_in_order(solved: nbformat.NotebookNode) -> None:
    code = [cell for cell in solved.cells if cell.cell_type == "code"]
    assert len(code) >= 40
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell.outputs) for cell in code) >= 35


def test_the_solved_notebook_shows_no_warning_and_no_path_of_a_machine(solved: nbformat.NotebookNode) -> None:
    outputs = [output for cell in solved.cells for output in cell.get("outputs", ())]
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert all(output.name == "stdout" for output in outputs if output.output_type == "stream")
    words = [str(output.get("text", "")) for output in outputs]
    words += [str(output.data.get(kind, "")) for output in outputs for kind in TEXTS if "data" in output]
    for word in ("Warning", "/tmp", "/home", "/work", "/root", "\\Users", " at 0x"):
        assert not [text[:200] for text in words if word in text]


def test_every_check_of_the_solved_notebook_is_passed(solved: nbformat.NotebookNode) -> None:
    told = [
        output.data["text/plain"]
        for cell in solved.cells
        if "teaching.check_" in cell.source and cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    ]
    assert len(told) == 6
    assert all("done, well done!" in words for words in told)


def test_the_solved_notebook_holds_its_figures_and_stays_small(build: ModuleType, solved) -> None:
    text = (build.HERE / build.NAMES["solved"]).read_text(encoding="utf-8")
    assert text.count("image/png") >= 20
    assert len(text) < 4_000_000
