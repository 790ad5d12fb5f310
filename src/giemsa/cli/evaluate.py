"""`giemsa evaluate`: the numbers of a run, or of anybody's predictions, with their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse, refuse_overwrite_without
from giemsa.cli.loading import load_aloud, open_aloud
from giemsa.cli.session import Session
from giemsa.cli.targets import target_folder

if TYPE_CHECKING:
    import numpy as np

    from giemsa.evaluation.result import Evaluation

Target = Annotated[
    str, typer.Argument(metavar="RUN", help="A run folder; with --predictions the data set instead.")
]
PredictionsFile = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        help="Anybody's predictions: MedMNIST's result file, a CSV with named columns, or .npy.",
    ),
]
SplitName = Annotated[
    str | None, typer.Option("--split", help="With --predictions: train, val or test.", show_default="test")
]
Foreign = Annotated[
    list[str] | None,
    typer.Option(
        "--foreign",
        help="A data set whose images should be noticed as unlike the training data; may be repeated.",
    ),
]
Thorough = Annotated[bool, typer.Option("--thorough", help="Robustness on every test image, not a sample.")]
Coverage = Annotated[
    float, typer.Option("--coverage", help="Share of images whose prediction set must hold their class.")
]

RUN_OPTIONS = frozenset({"data", "views", "thorough", "coverage", "foreign"})
FILE_OPTIONS = frozenset({"split", "size", "split_seed", "out", "overwrite"})


@options.with_groups
def evaluate(
    context: typer.Context,
    run: Target,
    predictions: PredictionsFile = None,
    split: SplitName = None,
    views: options.Views = 1,
    thorough: Thorough = False,
    coverage: Coverage = 0.9,
    foreign: Foreign = None,
    data: options.RunData = None,
    size: options.Size = None,
    skip_bad: options.SkipBad = False,
    split_seed: options.SplitSeed = 0,
    seed: options.Seed = 0,
    out: options.OutFolder = None,
    overwrite: options.Merge = False,
    *,
    talk: options.Talk,
) -> None:
    """Test a run; or score a file of predictions.

    The numbers, figures and predictions go into the run folder. --data, --views, --thorough, --coverage and --foreign are for a
    run; --split, --size, --split-seed, --out and --overwrite are for --predictions.
    """
    with Session(talk) as session:
        if predictions is not None:
            refuse(context, RUN_OPTIONS, "with --predictions: it needs a run's network")
            refuse_overwrite_without(context, out=out)
            folder = target_folder(out, overwrite=overwrite)
            from giemsa.evaluation.score_file import score_file

            source = options.Source(data=run, size=size, skip_bad=skip_bad, split_seed=split_seed)
            dataset = load_aloud(session, source)
            evaluation = score_file(predictions, dataset, split=split, seed=seed)
            if folder:
                _write(session, evaluation, folder)
            session.show(_told(evaluation), str(evaluation))
            return
        refuse(
            context,
            FILE_OPTIONS,
            "without --predictions: a run is evaluated on its own test split, in its folder",
        )
        if not foreign:
            refuse(context, {"skip_bad"}, "without --predictions or --foreign")
        from giemsa.evaluation.evaluate import evaluate as evaluate_run

        evaluation = evaluate_run(
            open_aloud(session, run, data),
            views=views,
            thorough=thorough,
            coverage=coverage,
            foreign=_foreign(session, foreign, skip_bad=skip_bad),
            seed=seed,
            progress=session.progress,
        )
        session.show(_told(evaluation), f"{evaluation}\n\nwritten into {run}")


def _write(session: Session, evaluation: Evaluation, folder: Path) -> None:
    from giemsa.plots.gallery import save_pictures
    from giemsa.writing import write_json

    write_json(folder / "metrics.json", evaluation.metrics())
    write_json(folder / "evaluation.json", evaluation.to_json())
    save_pictures(folder / "figures", evaluation.pictures())
    session.say(f"wrote {folder}")


def _told(evaluation: Evaluation) -> dict[str, object]:
    """Return the scores, and what the words tell besides: sentences, the table of the classes, notes."""
    told = evaluation.to_json()
    return evaluation.metrics() | {name: told[name] for name in ("sentences", "classes", "notes")}


def _foreign(session: Session, places: list[str] | None, *, skip_bad: bool) -> dict[str, np.ndarray] | None:
    """Load the images of other sets; those that share a name are told by their places."""
    sets = {
        place: load_aloud(session, options.Source(data=place, skip_bad=skip_bad)) for place in places or ()
    }
    names = [data.name for data in sets.values()]
    return {
        place if names.count(data.name) > 1 else data.name: data.test.images for place, data in sets.items()
    } or None
