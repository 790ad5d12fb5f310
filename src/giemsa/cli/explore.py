"""`giemsa explore`: what is in the data."""

from __future__ import annotations

from giemsa.cli import options
from giemsa.cli.loading import load_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder


def explore(
    data: options.Data = "bloodmnist",
    size: options.Size = None,
    fit: options.Fit = "crop",
    skip_bad: options.SkipBad = False,
    rename: options.Rename = None,
    seed: options.Seed = 0,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Print the data card, counts and channel statistics; with --out, draw examples and distributions into a folder."""
    from giemsa.data.exploration import explore as explore_data
    from giemsa.plots.gallery import save_pictures

    with Session(as_json=json, quiet=quiet) as session:
        folder = target_folder(out, overwrite=overwrite)
        dataset = load_aloud(session, data, size=size, fit=fit, skip_bad=skip_bad, seed=seed, rename=rename)
        exploration = explore_data(dataset)
        if folder:
            for path in save_pictures(folder, exploration.pictures()):
                session.say(f"wrote {path}")
        session.show(exploration.to_json(), str(exploration))
