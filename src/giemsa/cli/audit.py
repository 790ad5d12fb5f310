"""`giemsa audit`: is this data fit to learn from?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.session import Session
from giemsa.cli.targets import target_file, target_folder

SEVERE = 3  # exit status

Quick = Annotated[bool, typer.Option("--quick", help="Train nothing: no label errors, no learning curve.")]
Fix = Annotated[
    Path | None,
    typer.Option("--fix", metavar="OUT.csv", help="Write a manifest of the cleaned set, for `giemsa train`."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with status 3 when something severe is found.")]


def audit(
    data: options.Data = "bloodmnist",
    quick: Quick = False,
    fix: Fix = None,
    strict: Strict = False,
    size: options.Size = None,
    fit: options.Fit = "crop",
    skip_bad: options.SkipBad = False,
    seed: options.Seed = 0,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Find duplicates, leakage, wrong labels, bad images and shortcuts, worst first; --out keeps figures and audit.json."""
    from giemsa.auditing.audit import audit as audit_data
    from giemsa.auditing.fix import write_manifest
    from giemsa.data.load import load

    with Session(as_json=json, quiet=quiet, threads=threads) as session:
        folder, manifest = target_folder(out, overwrite=overwrite), target_file(fix, overwrite=overwrite)
        dataset = load(data, size=size, fit=fit, skip_bad=skip_bad, seed=seed, progress=session.progress)
        report = audit_data(
            dataset, quick=quick, thorough=not quick, seed=seed, device=device, progress=session.progress
        )
        if folder:
            report.save(folder)
            session.say(f"wrote {folder / 'audit.json'} and the figures beside it")
        if manifest:
            cleaning = write_manifest(report, manifest, overwrite=overwrite)
            session.say(f"wrote {manifest}: {cleaning}")
        session.show(report.to_json(), str(report))
    if strict and report.severe:
        raise typer.Exit(SEVERE)
