"""`giemsa tutorial`: the notebooks, copied to where the learner is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder

Folder = Annotated[Path, typer.Option("--out", "-o", help="Folder to copy to; refused if it is not empty.")]


def tutorial(
    out: Folder = Path("giemsa-tutorial"),
    overwrite: options.Overwrite = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Copy the tutorial's notebooks: for learners, blank, and solved."""
    from giemsa.teaching.notebooks import copy_notebooks

    with Session(as_json=json, quiet=quiet) as session:
        folder = target_folder(out, overwrite=overwrite)
        assert folder is not None
        paths = [str(path) for path in copy_notebooks(folder)]
        lines = [
            *paths,
            f"open the first one: jupyter lab {paths[0]} (pip install jupyterlab, if it is missing)",
        ]
        session.show({"notebooks": paths}, "\n".join(lines))
