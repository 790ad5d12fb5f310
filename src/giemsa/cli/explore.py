"""`giemsa explore`: what is in the data."""

from __future__ import annotations

from giemsa.cli import options
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder


def explore(
    data: options.Data = "bloodmnist",
    size: options.Size = None,
    fit: options.Fit = "crop",
    skip_bad: options.SkipBad = False,
    seed: options.Seed = 0,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Print the data card, counts and channel statistics; with --out, draw examples and distributions into a folder."""
    from giemsa.data.exploration import explore as explore_data
    from giemsa.data.load import load
    from giemsa.plots.gallery import save_pictures

    with Session(as_json=json, quiet=quiet) as session:
        folder = target_folder(out, overwrite=overwrite)
        dataset = load(data, size=size, fit=fit, skip_bad=skip_bad, seed=seed, progress=session.progress)
        exploration = explore_data(dataset)
        if folder:
            for path in save_pictures(folder, exploration.pictures()):
                session.say(f"wrote {path}")
        session.show(exploration.to_json(), str(exploration))
