"""`giemsa run`: all stages in order, from data to one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from giemsa.cli import options
from giemsa.cli.loading import open_aloud
from giemsa.cli.session import Session
from giemsa.cli.train import (
    EpochLines,
    Order,
    prepare,
    refuse_beside_resume,
    resumable,
    run_folder,
    say_what_begins,
)

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset
    from giemsa.evaluation.writing import ScoreEntry
    from giemsa.pipeline import Listener
    from giemsa.training.recipes import Recipe
    from giemsa.training.run import Run

Thorough = Annotated[bool, typer.Option("--thorough", help="Every stage in full, however long it takes.")]
HEADLINE = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auc": "AUC",
    "log_loss": "log loss",
    "ece": "calibration error",
}


@options.with_groups
@options.with_recipe_flags
def run(
    context: typer.Context,
    source: options.Source,
    order: Order,
    thorough: Thorough = False,
    *,
    talk: options.Talk,
    **recipe_fields: Any,
) -> None:
    """From data to one page: all the stages, one after the other.

    Explore, audit, train, evaluate, interpret and report.
    """
    from giemsa.pipeline import resume_run

    with Session(talk) as session:
        if order.resume is not None:
            refuse_beside_resume(context, "thorough")
            open_aloud(session, order.resume, order.resumed_data)
            with resumable(session, order.resume, "run", order.resumed_data):
                finished = resume_run(
                    order.resume,
                    data=order.resumed_data,
                    thorough=thorough,
                    listener=_listener(session, 0),
                )
        else:
            dataset, recipe = prepare(session, context, source, order, recipe_fields)
            finished = _run_aloud(session, dataset, recipe, order, thorough=thorough)
        session.show(*headline(finished))


def _run_aloud(
    session: Session, dataset: ImageDataset, recipe: Recipe, order: Order, *, thorough: bool
) -> Run:
    """Run all stages, each named on stderr as it begins."""
    from giemsa.pipeline import run as run_all

    say_what_begins(session, dataset, recipe, order.device)
    with run_folder(order, dataset, recipe) as folder, resumable(session, folder, "run"):
        return run_all(
            dataset,
            recipe,
            seed=order.seed,
            out=folder,
            overwrite=order.overwrite or order.out is None,
            thorough=thorough,
            device=order.device,
            listener=_listener(session, len(dataset.train)),
        )


def _listener(session: Session, n_images: int) -> Listener:
    from giemsa.pipeline import Listener

    def stage(name: str) -> None:
        session.end_progress()
        session.say(f"· {name}")

    return Listener(stage=stage, epoch=EpochLines(session, n_images), progress=session.progress)


def headline(run: Run) -> tuple[dict[str, Any], str]:
    """Return the headline numbers as JSON and as words."""
    from giemsa.evaluation.writing import read_metrics
    from giemsa.reporting.words import duration

    metrics = read_metrics(run.folder)
    page = run.folder / "report.html"
    scores = metrics["test"]
    rows = [_score_words(words, scores[name]) for name, words in HEADLINE.items() if name in scores]
    seconds = sum(run.config["stage_seconds"].values())
    value = {"run": str(run.folder), "report": str(page), "seconds": round(seconds, 1)} | metrics
    return value, "\n".join(
        [
            *rows,
            f"{duration(seconds)} in all, {duration(run.train_seconds)} of it training",
            str(page),
        ]
    )


def _score_words(name: str, score: ScoreEntry) -> str:
    shown = f"test {name:<18}"
    if score["value"] is None:
        return f"{shown} undefined"
    words = f"{shown} {score['value']:.4f}"
    if score.get("low") is not None:
        words += f" (95 % interval {score['low']:.4f} to {score['high']:.4f}, n = {score['n']:,})"
    return words
