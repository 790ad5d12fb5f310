"""Imports go up the list of the house, never down, never in a circle; the light folders stay free of torch."""

import ast
import subprocess
import sys
from pathlib import Path

import giemsa

PACKAGE = Path(giemsa.__file__).parent
ORDER = (
    "errors",
    "seeds",
    "progress",
    "reading",
    "writing",
    "temperature",
    "probabilities",
    "wording",
    "plots",
    "data",
    "models",
    "training",
    "evaluation",
    "auditing",
    "interpretation",
    "reporting",
    "teaching",
    "pipeline",
    "cli",
    "__main__",
)
LIGHT = (*ORDER[: ORDER.index("models")], "evaluation")


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Return each imported module and whether the import stands at the top level of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = (
                [f"{node.module}.{a.name}" for a in node.names] if node.module == "giemsa" else [node.module]
            )
            found += [(name, id(node) in top) for name in names]
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path} imports relatively")
        elif isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
    return found


def _files() -> list[Path]:
    files = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    assert len(files) > 60
    return files


def test_imports_go_up_only() -> None:
    arrows = 0
    for path in _files():
        for name, _ in _imports(path):
            if name.startswith("giemsa."):
                target = name.split(".")[1]
                assert target in ORDER, f"{path} imports {name}"
                assert ORDER.index(target) <= ORDER.index(_part(path)), (
                    f"{path} imports {name}: the wrong way"
                )
                arrows += 1
    assert arrows > 100


def test_every_part_is_known() -> None:
    parts = {_part(path) for path in _files()}
    assert parts == set(ORDER)


def test_light_folders_import_no_torch() -> None:
    checked = 0
    for path in _files():
        if _part(path) in LIGHT:
            checked += 1
            at_top = {name.split(".")[0] for name, top in _imports(path) if top}
            assert not at_top & {"torch", "captum", "safetensors"}, path
            upper = {name.split(".")[1] for name, top in _imports(path) if top and name.startswith("giemsa.")}
            assert not upper & {"models", "training"}, f"{path} pulls in torch when imported"
    assert checked > 20


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, giemsa; dir(giemsa); import giemsa.cli.app;"
        "print(sorted({'torch', 'numpy.ma', 'matplotlib', 'sklearn', 'scipy', 'pandas', 'captum'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() in ("[]", "['numpy.ma']")


def test_training_loads_no_library_of_statistics() -> None:
    """Each of them would add tens of megabytes to the memory of a training."""
    code = (
        "import sys, numpy as np; from giemsa.training.train import train;"
        "from giemsa.temperature import fit_temperature; fit_temperature(np.eye(2), np.arange(2));"
        "print(sorted({'sklearn', 'scipy', 'pandas', 'captum', 'torch._dynamo'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
