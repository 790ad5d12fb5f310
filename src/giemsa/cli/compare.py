"""`giemsa compare`: two runs side by side with the interval of the difference, or several with mean and spread."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse
from giemsa.cli.loading import open_aloud
from giemsa.cli.session import Session

Runs = Annotated[list[Path], typer.Argument(metavar="RUN", help="Two or more run folders.")]


@options.with_groups
def compare(
    context: typer.Context,
    runs: Runs,
    seed: options.Seed = 0,
    *,
    talk: options.Talk,
) -> None:
    """Compare two runs image by image, or the scores of more.

    Of more than two each score is printed, the mean and the standard deviation.
    """
    from giemsa.errors import RunError
    from giemsa.evaluation.compared_runs import compare as compare_two
    from giemsa.evaluation.compared_runs import tabulate
    from giemsa.training.run import open_run

    with Session(talk) as session:
        if len(runs) < 2:
            raise RunError(f"there is nothing to compare {runs[0]} with; give two or more run folders")
        if len(runs) > 2:
            refuse(context, {"seed"}, "for more than two runs: nothing is resampled then")
        opened = [open_aloud(session, runs[0]), *map(open_run, runs[1:])]
        found = compare_two(*opened, seed=seed) if len(opened) == 2 else tabulate(opened)
        session.show(found.to_json(), str(found))
