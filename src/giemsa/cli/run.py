"""`giemsa run`: all stages in order, from data to one page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from giemsa.cli import options
from giemsa.cli.loading import load_aloud
from giemsa.cli.session import Session
from giemsa.cli.train import EpochLines, Minutes, RecipeName, Resume, choose_recipe, plan, resumable

if TYPE_CHECKING:
    from giemsa.pipeline import Listener
    from giemsa.training.run import Run

Thorough = Annotated[bool, typer.Option("--thorough", help="Every stage in full, however long it takes.")]
HEADLINE = ("accuracy", "balanced_accuracy", "auc", "log_loss", "ece")


@options.with_groups
@options.with_recipe_flags
def run(
    source: options.Source,
    recipe: RecipeName = "fast",
    minutes: Minutes = None,
    resume: Resume = None,
    thorough: Thorough = False,
    out: options.Out = None,
    overwrite: options.Overwrite = False,
    device: options.Device = "auto",
    *,
    talk: options.Talk,
    **recipe_fields: Any,
) -> None:
    """Explore, audit, train, evaluate, interpret and report: from data to one page."""
    from giemsa.pipeline import resume_run
    from giemsa.pipeline import run as run_all
    from giemsa.training.run import choose_folder

    with Session(talk) as session:
        if resume is not None:
            with resumable(session, resume, "run"):
                finished = resume_run(resume, thorough=thorough, listener=_listener(session, 0))
        else:
            chosen = choose_recipe(recipe, recipe_fields)
            dataset = load_aloud(session, source)
            if minutes is not None:
                chosen = plan(session, dataset, chosen, minutes, device)
            folder = choose_folder(out, dataset.name, chosen.name, source.seed)
            with resumable(session, folder, "run"):
                finished = run_all(
                    dataset,
                    chosen,
                    seed=source.seed,
                    out=folder,
                    overwrite=overwrite,
                    thorough=thorough,
                    device=device,
                    listener=_listener(session, len(dataset.train)),
                )
        session.show(*headline(finished))


def _listener(session: Session, n_images: int) -> Listener:
    from giemsa.pipeline import Listener

    def stage(name: str) -> None:
        session.end_progress()
        session.say(f"· {name}")

    return Listener(stage=stage, epoch=EpochLines(session, n_images), progress=session.progress)


def headline(run: Run) -> tuple[dict[str, Any], str]:
    """Return the headline numbers as JSON and as words."""
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    page = run.folder / "report.html"
    rows = [
        f"test {_score_words(name, metrics['test'][name])}" for name in HEADLINE if name in metrics["test"]
    ]
    seconds = sum(run.config["stage_seconds"].values())
    value = {"run": str(run.folder), "report": str(page), "seconds": round(seconds, 1)} | metrics
    return value, "\n".join(
        [*rows, f"{seconds:.0f} s in all, {run.config['train_seconds']:.0f} s of them training", str(page)]
    )


def _score_words(name: str, score: dict[str, Any]) -> str:
    words = f"{name.replace('_', ' ')} {score['value']:.4f}"
    if score.get("low") is not None:
        words += f" (95 % interval {score['low']:.4f} to {score['high']:.4f}, n = {score['n']:,})"
    return words
