"""`giemsa report`: one page that tells a run."""

from __future__ import annotations

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse_overwrite_without
from giemsa.cli.loading import open_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file


@options.with_groups
def report(
    context: typer.Context,
    run: options.RunFolder,
    data: options.RunData = None,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    *,
    talk: options.Talk,
) -> None:
    """Write report.html into the run folder, or elsewhere with --out.

    Stages not yet run are named with their commands.
    """
    from giemsa.reporting.report import report as write_report

    with Session(talk) as session:
        refuse_overwrite_without(context, out=out)
        path = write_report(open_aloud(session, run, data), out=target_file(out, overwrite=overwrite))
        session.show({"report": str(path), "bytes": path.stat().st_size}, str(path))
