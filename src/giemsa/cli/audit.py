"""`giemsa audit`: is this data fit to learn from?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.loading import load_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file, target_folder

SEVERE = 3  # exit status

Quick = Annotated[bool, typer.Option("--quick", help="Train nothing: no label errors, no learning curve.")]
Fix = Annotated[
    Path | None,
    typer.Option("--fix", metavar="OUT.csv", help="Write a manifest of the cleaned set, for `giemsa train`."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with status 3 when something severe is found.")]


@options.with_groups
def audit(
    source: options.Source,
    quick: Quick = False,
    fix: Fix = None,
    strict: Strict = False,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    device: options.Device = "auto",
    *,
    talk: options.Talk,
) -> None:
    """Find duplicates, leakage, wrong labels, bad images and shortcuts, worst first; --out keeps figures and audit.json."""
    from giemsa.auditing.audit import audit as audit_data
    from giemsa.auditing.fix import write_manifest

    with Session(talk) as session:
        folder = target_folder(out, overwrite=overwrite)
        manifest = target_file(fix, overwrite=overwrite, option="--fix")
        dataset = load_aloud(session, source)
        report = audit_data(
            dataset,
            quick=quick,
            thorough=not quick,
            seed=source.seed,
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
