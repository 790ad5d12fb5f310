"""`run`: the stages in order, from data to one page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from giemsa.auditing.audit import audit
from giemsa.data.dataset import ImageDataset
from giemsa.data.exploration import explore
from giemsa.data.load import as_dataset
from giemsa.errors import DataError
from giemsa.evaluation.evaluate import evaluate
from giemsa.interpretation.interpret import interpret
from giemsa.plots.gallery import save_pictures
from giemsa.progress import Progress
from giemsa.reporting.report import report
from giemsa.training.building import check_choices, check_trainable
from giemsa.training.configuration import check_folder
from giemsa.training.recipes import Recipe, get_recipe
from giemsa.training.run import Run
from giemsa.training.train import EpochCallback, resume, train


@dataclass(frozen=True)
class Listener:
    """Who is told what while the stages run; each may be ``None``.

    Parameters
    ----------
    stage : called with the name of each stage as it begins.
    epoch : called after each epoch with its record and the number of epochs planned.
    progress : called within a stage with what is done, what there is, and words.
    """

    stage: Callable[[str], None] | None = None
    epoch: EpochCallback | None = None
    progress: Progress | None = None


def run(
    data: ImageDataset | str | Path = "bloodmnist",
    recipe: str | Recipe = "fast",
    *,
    seed: int = 0,
    out: str | Path | None = None,
    overwrite: bool = False,
    thorough: bool = False,
    device: str = "auto",
    listener: Listener | None = None,
) -> Run:
    """Explore, audit, train, evaluate, interpret and report, in this order.

    Parameters
    ----------
    data : a data set, or what :func:`giemsa.load` takes.
    recipe : a recipe or its name.
    seed : source of every random choice, but for a split that giemsa makes: that is ``load``'s own.
    out, overwrite, device : as for :func:`giemsa.train`.
    thorough : every stage in full; without it they take samples where that is enough, to stay within minutes.
    listener : who is told of the progress.

    Returns
    -------
    Run : its folder holds ``report.html``.

    Raises
    ------
    GiemsaError : data, recipe or folder cannot be used; nothing that exists is harmed.
    """
    listener = listener or Listener()
    recipe = get_recipe(recipe)
    check_folder(out, overwrite=overwrite)
    check_choices(recipe, device)
    clock = _Stages(listener)
    with clock("explore"):
        data = as_dataset(data, progress=listener.progress)
        _check_data(data)
        exploration = explore(data)
    with clock("audit"):
        findings = audit(data, thorough=thorough, seed=seed, device=device, progress=listener.progress)
    with clock("train"):
        finished = train(
            data,
            recipe,
            seed=seed,
            out=out,
            overwrite=overwrite,
            device=device,
            on_epoch=listener.epoch,
            progress=listener.progress,
        )
        save_pictures(finished.folder / "figures", exploration.pictures())
        findings.save(finished.folder)
    _look_at(finished, clock, thorough=thorough)
    return finished


def _check_data(data: ImageDataset) -> None:
    """Refuse, before any work is done, data that a later stage cannot use."""
    check_trainable(data)
    if not len(data.test):
        raise DataError(
            f"the test split of {data.name} is empty: a run ends with a test; add images, or train alone with `giemsa train`"
        )


def resume_run(
    folder: str | Path,
    *,
    data: ImageDataset | str | Path | None = None,
    thorough: bool = False,
    listener: Listener | None = None,
) -> Run:
    """Go on with an interrupted :func:`run`: the training from its last epoch, then the stages after it.

    Parameters
    ----------
    folder : the run folder.
    data : the data set, if at hand, or where it lies now; needed where the run was begun on arrays from memory.
    thorough, listener : as for :func:`run`.

    Raises
    ------
    RunError : no such folder, or the data is no longer what it was.
    """
    listener = listener or Listener()
    clock = _Stages(listener)
    with clock("train"):
        finished = resume(folder, data=data, on_epoch=listener.epoch, progress=listener.progress)
    # those of every session, not of this one
    clock.seconds["train"] = round(finished.train_seconds, 2)
    if not (finished.folder / "audit.json").exists():
        with clock("audit"):
            save_pictures(finished.folder / "figures", explore(finished.data()).pictures())
            device = finished.config["device"]
            findings = audit(
                finished.data(),
                thorough=thorough,
                seed=finished.seed,
                device=device,
                progress=listener.progress,
            )
            findings.save(finished.folder)
    _look_at(finished, clock, thorough=thorough)
    return finished


def _look_at(finished: Run, clock: _Stages, *, thorough: bool) -> None:
    """Evaluate, interpret and report a trained run."""
    progress = clock.listener.progress
    with clock("evaluate"):
        evaluate(finished, thorough=thorough, seed=finished.seed, progress=progress)
    with clock("interpret"):
        interpret(finished, thorough=thorough, seed=finished.seed, progress=progress)
    finished.update_config(stage_seconds=clock.seconds)
    with clock("report"):
        report(finished)
    finished.update_config(stage_seconds=clock.seconds)


class _Stages:
    """Tells the listener of each stage and notes its seconds."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.seconds: dict[str, float] = {}
        self._name, self._start = "", 0.0

    def __call__(self, name: str) -> _Stages:
        self._name = name
        if self.listener.stage:
            self.listener.stage(name)
        return self

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds[self._name] = round(time.perf_counter() - self._start, 2)
