"""`giemsa explore`: what is in the data."""

from __future__ import annotations

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse_overwrite_without
from giemsa.cli.loading import load_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder


@options.with_groups
def explore(
    context: typer.Context,
    source: options.Source,
    out: options.OutFolder = None,
    overwrite: options.Merge = False,
    *,
    talk: options.Talk,
) -> None:
    """Print the data card, counts and channel statistics.

    With --out, draw examples and distributions into a folder.
    """
    from giemsa.data.exploration import explore as explore_data
    from giemsa.plots.gallery import save_pictures

    with Session(talk) as session:
        refuse_overwrite_without(context, out=out)
        folder = target_folder(out, overwrite=overwrite)
        dataset = load_aloud(session, source)
        exploration = explore_data(dataset)
        if folder:
            for path in save_pictures(folder, exploration.pictures()):
                session.say(f"wrote {path}")
        session.show(exploration.to_json(), str(exploration))
