"""`giemsa train`: data in, a run folder out."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from giemsa.cli import options
from giemsa.cli.combinations import refuse, refuse_all_but, refuse_overwrite_without
from giemsa.cli.loading import load_aloud, open_aloud
from giemsa.cli.session import Session, clock
from giemsa.errors import RunError

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset
    from giemsa.training.history import Epoch
    from giemsa.training.recipes import Recipe
    from giemsa.training.run import Run

RecipeName = Annotated[str, typer.Option("--recipe", "-r", help="tutorial, fast or best.")]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", help="Choose the epochs that fit into so many minutes of training here."),
]
ShadeGap = Annotated[
    bool, typer.Option("--shade-gap", help="Shade the space between train and val in the learning curves.")
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on with an interrupted run folder, from which data, recipe, seed and device come.",
    ),
]

ResumedData = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DATA",
        help="With --resume: where the run's data lie now, if not where its config.json says.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked of a training besides its data: a recipe, a time, a place, a seed, a device; or to go on with an old one."""

    recipe: RecipeName = "fast"
    minutes: Minutes = None
    resume: Resume = None
    resumed_data: ResumedData = None
    out: options.OutRun = None
    overwrite: options.Overwrite = False
    seed: options.Seed = 0
    device: options.Device = "auto"


@options.with_groups
@options.with_recipe_flags
def train(
    context: typer.Context,
    source: options.Source,
    order: Order,
    shade_gap: ShadeGap = False,
    *,
    talk: options.Talk,
    **recipe_fields: Any,
) -> None:
    """Train a network and leave a run folder.

    Stopped at any moment, it goes on with --resume.
    """
    from giemsa.plots.gallery import save_pictures

    with Session(talk) as session:
        if order.resume is not None:
            refuse_beside_resume(context, "shade_gap")
            run = _resume_aloud(session, order.resume, order.resumed_data)
        else:
            dataset, recipe = prepare(session, context, source, order, recipe_fields)
            run = _train_aloud(session, dataset, recipe, order)
        if shade_gap:
            save_pictures(run.folder / "figures", run.pictures(shade_gap=True))
        session.show(*summary(run))


def refuse_beside_resume(context: typer.Context, *effective: str) -> None:
    """Refuse all that a run folder says itself; ``effective`` are the parameters that still do something."""
    refuse_all_but(
        context,
        {"resume", "resumed_data", *effective},
        "beside --resume: data, recipe, seed and device are the run folder's",
    )


def prepare(
    session: Session,
    context: typer.Context,
    source: options.Source,
    order: Order,
    recipe_fields: dict[str, Any],
) -> tuple[ImageDataset, Recipe]:
    """Check all that can be checked without the data, then load it, and return it with the recipe chosen."""
    from giemsa.training.building import check_choices
    from giemsa.training.configuration import check_folder

    refuse(context, {"resumed_data"}, "without --resume: name the data as DATA")
    refuse_overwrite_without(context, out=order.out)
    if order.minutes is not None:
        refuse(context, {"epochs", "minimum_steps"}, "beside --minutes, which chooses the epochs")
    recipe = choose_recipe(order.recipe, recipe_fields)
    check_folder(order.out, overwrite=order.overwrite)
    check_choices(recipe, order.device)
    dataset = load_aloud(session, source)
    if order.minutes is not None:
        recipe = _plan(session, dataset, recipe, order.minutes, order.device)
    return dataset, recipe


def choose_recipe(name: str, recipe_fields: dict[str, Any]) -> Recipe:
    """Return the named recipe with the fields that were given, and what these imply for others."""
    from giemsa.training.recipes import recipe_with

    return recipe_with(name, options.given(recipe_fields))


def _plan(session: Session, dataset: ImageDataset, recipe: Recipe, minutes: float, device: str) -> Recipe:
    """Return the recipe with the number of epochs that fit into the minutes, and say it."""
    from giemsa.training.budget import plan_epochs
    from giemsa.wording import count_words

    planned = plan_epochs(dataset, recipe, minutes * 60, device=device)
    are = "minute is" if minutes == 1 else "minutes are"
    session.say(f"{minutes:g} {are} {count_words(planned.epochs, 'epoch')} on this machine")
    return planned


def _train_aloud(session: Session, dataset: ImageDataset, recipe: Recipe, order: Order) -> Run:
    """Train with a line an epoch on stderr."""
    from giemsa.training.train import train as train_run

    say_what_begins(session, dataset, recipe, order.device)
    with run_folder(order, dataset, recipe) as folder, resumable(session, folder, "train"):
        return train_run(
            dataset,
            recipe,
            seed=order.seed,
            out=folder,
            overwrite=order.overwrite or order.out is None,
            device=order.device,
            on_epoch=EpochLines(session, len(dataset.train)),
            progress=session.progress,
        )


@contextmanager
def run_folder(order: Order, dataset: ImageDataset, recipe: Recipe) -> Iterator[Path]:
    """Give the run folder; one that giemsa names is made at once, so that a command beside this one takes another name."""
    from giemsa.training.configuration import choose_folder

    if order.out is not None:
        yield order.out
        return
    while True:
        folder = choose_folder(None, dataset.name, recipe.name, order.seed)
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            break
    try:
        yield folder
    finally:
        with suppress(OSError):  # where nothing came of it, both are empty
            folder.rmdir()
            folder.parent.rmdir()


def say_what_begins(session: Session, dataset: ImageDataset, recipe: Recipe, device: str) -> None:
    """Say what is trained on how many images, and what computes it."""
    from giemsa.training.device import choose_compute

    compute = choose_compute(device, recipe.precision).words()
    session.say(
        f"{recipe.name} on {dataset.name}: {len(dataset.train):,} images, model {recipe.model}, {compute}"
    )


def _resume_aloud(session: Session, folder: Path, data: str | None) -> Run:
    """Go on with a training, whose data may lie elsewhere now, with a line an epoch on stderr."""
    from giemsa.training.train import resume

    open_aloud(session, folder, data)
    with resumable(session, folder, "train", data):
        return resume(folder, data=data, on_epoch=EpochLines(session), progress=session.progress)


@contextmanager
def resumable(session: Session, folder: Path, command: str, data: str | None = None) -> Iterator[None]:
    """Say how to go on when the user interrupts what happens inside; ``data`` is what was said with --data."""
    try:
        yield
    except KeyboardInterrupt:
        from giemsa.reporting.commands import argument

        session.end_progress()
        if (folder / "config.json").exists():
            again = f"giemsa {command} --resume {argument(str(folder))}"
            elsewhere = f" --data {argument(data)}" if data else ""
            sys.stderr.write(f"giemsa: all is kept; go on with `{again}{elsewhere}`\n")
        raise


class EpochLines:
    """Prints a line an epoch: how good, how fast, how long still.

    Parameters
    ----------
    session : where to print.
    n_images : training images, for images a second where the line has room; 0 leaves that out.
    """

    def __init__(self, session: Session, n_images: int = 0) -> None:
        self._session, self._n_images = session, n_images

    def __call__(self, epoch: Epoch, epochs: int) -> None:
        """Print the line for ``epoch`` of ``epochs``."""
        left = clock((epochs - epoch.epoch) * epoch.seconds)
        line = (
            f"epoch {epoch.epoch:>{len(str(epochs))}}/{epochs}  loss {epoch.loss:.4f} val {epoch.val_loss:.4f}  "
            f"accuracy {epoch.accuracy:.4f} val {epoch.val_accuracy:.4f}  {left} left"
        )
        speed = f"  {self._n_images / epoch.seconds:,.0f} images/s" if self._n_images else ""
        self._session.say(line + speed if len(line + speed) <= self._session.width else line)


def summary(run: Run) -> tuple[dict[str, Any], str]:
    """Return a finished run as JSON and as words."""
    from giemsa.training.history import best_epoch
    from giemsa.wording import count_words

    history = run.history
    if not history:
        raise RunError(
            f"{run.folder / 'history.csv'} is missing or empty: the run folder is incomplete; train again"
        )
    kept = best_epoch(history) if run.recipe.selection == "best" else history[-1]
    by_trial = run.config.get("symmetry_trial")
    found = f"symmetry, found by a trial: {run.config['symmetry']}\n" if by_trial else ""
    value = {
        "run": str(run.folder),
        "epochs": len(history),
        "kept_epoch": kept.epoch,
        "train_seconds": run.train_seconds,
        "val_loss": kept.val_loss,
        "val_accuracy": kept.val_accuracy,
        "symmetry": run.config["symmetry"],
        "recipe": dataclasses.asdict(run.recipe),
    }
    words = (
        f"elapsed {clock(run.train_seconds)}: {count_words(len(history), 'epoch')}, "
        f"kept {run.config['selection']}\n"
        f"val accuracy {kept.val_accuracy:.4f}, val loss {kept.val_loss:.4f} (epoch {kept.epoch})\n"
        f"{found}{run.folder}"
    )
    return value, words
