"""`giemsa tutorial`: the notebooks, copied to where the learner is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder

Folder = Annotated[Path, typer.Option("--out", "-o", help="Folder to copy to; refused if it is not empty.")]


@options.with_groups
def tutorial(
    out: Folder = Path("giemsa-tutorial"),
    overwrite: options.Merge = False,
    *,
    talk: options.Talk,
) -> None:
    """Copy the tutorial's notebooks: for learners, blank, and solved."""
    from giemsa.teaching.notebooks import copy_notebooks

    with Session(talk) as session:
        folder = target_folder(out, overwrite=overwrite)
        assert folder is not None
        paths = [str(path) for path in copy_notebooks(folder)]
        lines = [
            *paths,
            f"open the first one: jupyter lab {paths[0]} (pip install jupyterlab, if it is missing)",
        ]
        session.show({"notebooks": paths}, "\n".join(lines))
