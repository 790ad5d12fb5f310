"""The tutorial's notebooks, copied to where the learner is."""

from __future__ import annotations

import shutil
from pathlib import Path

from giemsa.errors import DataError

NOTEBOOKS = ("tutorial.ipynb", "tutorial-blank.ipynb", "tutorial-solved.ipynb")


def notebook_folder() -> Path:
    """Return the folder that holds the notebooks: inside the installed package, or the clone's ``docs/tutorial``.

    Raises
    ------
    DataError : they are in neither.
    """
    here = Path(__file__).resolve()
    places = (here.parent / "notebooks", here.parents[3] / "docs" / "tutorial")
    for place in places:
        if all((place / name).exists() for name in NOTEBOOKS):
            return place
    raise DataError(
        f"the tutorial's notebooks are in neither {places[0]} nor {places[1]}: install giemsa again"
    )


def copy_notebooks(folder: Path) -> list[Path]:
    """Copy the three notebooks into ``folder``, which exists, and return where they lie now; others of that name are replaced.

    Raises
    ------
    DataError : the notebooks are not in this installation.
    """
    source = notebook_folder()
    return [Path(shutil.copyfile(source / name, folder / name)) for name in NOTEBOOKS]
