"""`giemsa audit`: is this data fit to learn from?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse, refuse_overwrite_without
from giemsa.cli.loading import load_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file, target_folder
from giemsa.errors import GiemsaError, nearest_names

SEVERE = 3  # exit status
LEVELS = ("quick", "short", "thorough")

Level = Annotated[
    str,
    typer.Option(
        "--level",
        help="quick trains nothing: no label errors, no learning curve; short trains little, as `giemsa run` does: no "
        "learning curve; thorough takes some minutes.",
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="The same as --level quick.")]
Fix = Annotated[
    Path | None,
    typer.Option("--fix", metavar="OUT.csv", help="Write a manifest of the cleaned set, for `giemsa train`."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with status 3 when something severe is found.")]


@options.with_groups
def audit(
    context: typer.Context,
    source: options.Source,
    level: Level = "thorough",
    quick: Quick = False,
    fix: Fix = None,
    strict: Strict = False,
    seed: options.Seed = 0,
    out: options.OutFolder = None,
    overwrite: options.Merge = False,
    device: options.Device = "auto",
    *,
    talk: options.Talk,
) -> None:
    """Find duplicates, leakage, wrong labels, bad images, shortcuts.

    The worst comes first; --out keeps figures and audit.json. It is thorough and takes some minutes, unless --quick or another
    --level is asked for.
    """
    from giemsa.auditing.audit import audit as audit_data
    from giemsa.auditing.fix import check_targets, write_manifest
    from giemsa.plots.gallery import read_index

    with Session(talk) as session:
        level = _level(context, level, quick=quick)
        refuse_overwrite_without(context, out=out, fix=fix)
        folder = target_folder(out, overwrite=overwrite)
        if folder:
            read_index(folder / "figures")  # a damaged one is told of before any work is done
        manifest = target_file(fix, overwrite=overwrite, option="--fix")
        if manifest:
            check_targets(manifest, overwrite=overwrite)
        if level == "quick":
            refuse(context, {"device"}, "with --level quick, which trains nothing")
        else:
            from giemsa.training.device import find_device

            find_device(device)
        dataset = load_aloud(session, source)
        report = audit_data(
            dataset,
            quick=level == "quick",
            thorough=level == "thorough",
            seed=seed,
            device=device,
            progress=session.progress,
        )
        if folder:
            report.save(folder)
            session.say(f"wrote {folder / 'audit.json'} and the figures beside it")
        session.show(report.to_json(), str(report))
        if manifest:
            cleaning = write_manifest(report, manifest, overwrite=overwrite)
            session.say(f"wrote {manifest}: {cleaning}")
    if strict and report.severe:
        raise typer.Exit(SEVERE)


def _level(context: typer.Context, level: str, *, quick: bool) -> str:
    """Return how closely to look; one of both options says it."""
    if quick:
        refuse(context, {"level"}, "beside --quick, which is a level itself")
        return "quick"
    if level not in LEVELS:
        raise GiemsaError(f"no level is called {level!r}; {nearest_names(level, LEVELS)}")
    return level
