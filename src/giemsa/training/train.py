"""`train`: data and a recipe in, a run folder out; killed at any moment, it can go on to the very same weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from giemsa.data.cores import usable_cores
from giemsa.data.dataset import ImageDataset
from giemsa.data.load import as_dataset
from giemsa.errors import RunError
from giemsa.plots.gallery import save_pictures
from giemsa.progress import Progress
from giemsa.seeds import whole_seed
from giemsa.training.building import build_classifier, check_choices, check_trainable
from giemsa.training.configuration import check_folder, describe_training, prepare_folder
from giemsa.training.device import choose_compute
from giemsa.training.history import Epoch, write_history
from giemsa.training.loop import fit
from giemsa.training.model_file import save_classifier
from giemsa.training.pictures import training_pictures
from giemsa.training.predictions_csv import write_predictions
from giemsa.training.recipes import Recipe, get_recipe
from giemsa.training.run import Run, open_run
from giemsa.training.state import TrainingState, begin, load_state, save_state
from giemsa.training.symmetry_trial import resolve_symmetry
from giemsa.training.threads import threads_of
from giemsa.writing import write_json

EpochCallback = Callable[[Epoch, int], None]


def train(
    data: ImageDataset | str | Path,
    recipe: str | Recipe = "fast",
    *,
    seed: int = 0,
    out: str | Path | None = None,
    overwrite: bool = False,
    model: nn.Module | None = None,
    device: str = "auto",
    on_epoch: EpochCallback | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a network and leave a run folder.

    Parameters
    ----------
    data : a data set, or what :func:`giemsa.load` takes; images without a split are divided as ``load`` does it by itself,
        whatever the seed here, so that trainings with several seeds can be compared; ``load`` takes a seed for another split.
    recipe : a recipe or its name.
    seed : at least 0; the same seed gives the same weights bit for bit on the same machine, with as many threads and in the same
        precision.
    out : the run folder; ``runs/DATA-RECIPE-SEED`` (with -2, -3 ... where it exists) if not given.
    overwrite : replace the run folder ``out`` where it exists.
    model : a network of your own, trained in place: it takes images ``(n, channels, height, width)``, standardised as the recipe
        says (with ``none``, as in ``best`` and ``tutorial``, they are 0 to 1), and gives logits ``(n, n_classes)``.
    device : ``auto``, ``cpu``, ``cuda`` or ``mps``.
    on_epoch : called after each epoch with its record and the number of epochs planned.
    progress : called within an epoch with images done, images in all, and words.

    Returns
    -------
    Run : with the weights that the recipe selects; test has not been looked at.

    Raises
    ------
    GiemsaError : a recipe, data set, network or folder that cannot be used.

    Examples
    --------
    >>> import giemsa
    >>> run = giemsa.train("bloodmnist", "fast", seed=0)  # doctest: +SKIP
    """
    check_folder(out, overwrite=overwrite)
    recipe, seed = get_recipe(recipe), whole_seed(seed)
    check_choices(recipe, device, model)
    data = as_dataset(data)
    check_trainable(data)
    recipe = recipe.for_images(len(data.train))
    compute = choose_compute(device, recipe.precision)
    classifier = build_classifier(data, recipe, seed=seed, compute=compute, network=model)
    classifier.classes.symmetry, trial = resolve_symmetry(
        data, recipe, seed=seed, compute=compute, progress=progress
    )
    state = begin(classifier, recipe, len(data.train), seed=seed)
    folder = prepare_folder(out, data.name, recipe, seed=seed, overwrite=overwrite)
    config = describe_training(data, recipe, classifier, seed=seed, own_model=model is not None)
    run = Run(folder, config | {"symmetry_trial": trial}, data=data, network=model)
    run.update_config()
    _keep_for_resuming(run, state)
    return _run_epochs(run, state, on_epoch, progress)


def resume(
    folder: str | Path,
    *,
    data: ImageDataset | str | Path | None = None,
    model: nn.Module | None = None,
    on_epoch: EpochCallback | None = None,
    progress: Progress | None = None,
) -> Run:
    """Go on with an interrupted training, to the very weights that an uninterrupted one would have had on this machine.

    It computes with as many threads as the training began with, where the machine has them. Where its graphics card is missing,
    the CPU goes on, and ``config.json`` says so.

    Parameters
    ----------
    folder : the run folder; a training that is complete is returned as it is.
    data : the data set, if at hand, or where it lies now, which ``config.json`` says from then on; needed where the run was
        trained on arrays from memory.
    model : the user's own module, where the run began with one.
    on_epoch, progress : as for :func:`train`.

    Raises
    ------
    RunError : no such folder, or the data is no longer what it was.
    ModelError : the run was begun with another network.
    """
    run = open_run(folder, model=model, data=data)
    if data is not None:
        run.keep_place()
    if run.config["status"] == "complete":
        _forget_resuming(run)
        return run
    data = run.data()
    if run.config["own_model"] and model is None:
        raise RunError(
            f"{folder} was begun with a network of your own: give it again with resume(folder, model=module)"
        )
    classifier = build_classifier(
        data, run.recipe, seed=run.seed, compute=run.compute, network=model, symmetry=run.config["symmetry"]
    )
    state = begin(classifier, run.recipe, len(data.train), seed=run.seed)
    if (run.folder / "resume.safetensors").exists():
        load_state(state, run.folder / "resume.safetensors")
    if (run.compute.device, run.compute.precision) != (run.config["device"], run.config["precision"]):
        began = f"{run.config['device']}, {run.config['precision']}"
        run.update_config(device=run.compute.device, precision=run.compute.precision, began_on=began)
    began_with = run.config["threads"]
    with threads_of(began_with if began_with <= usable_cores() else torch.get_num_threads()):
        return _run_epochs(run, state, on_epoch, progress)


def _run_epochs(
    run: Run, state: TrainingState, on_epoch: EpochCallback | None, progress: Progress | None
) -> Run:
    for epoch in fit(state.classifier, run.data(), run.recipe, seed=run.seed, state=state, progress=progress):
        _checkpoint(run, state)
        if on_epoch:
            on_epoch(epoch, run.config["epochs"])
    _finish(run, state)
    return run


def _checkpoint(run: Run, state: TrainingState) -> None:
    """Write history, the weights to keep, and what resuming needs, in the order that a kill between two of them forgives."""
    write_history(run.folder / "history.csv", state.history)
    save_classifier(run.folder, state.classifier, run.config["model"], state.kept)
    _keep_for_resuming(run, state)


def _keep_for_resuming(run: Run, state: TrainingState) -> None:
    save_state(state, run.folder / "resume.safetensors")
    facts = {name: run.config[name] for name in ("version", "epochs")}
    write_json(run.folder / "resume.json", facts | {"epochs_done": state.epochs_done})


def _forget_resuming(run: Run) -> None:
    for name in ("resume.safetensors", "resume.json"):
        (run.folder / name).unlink(missing_ok=True)


def _finish(run: Run, state: TrainingState) -> None:
    data = run.data()
    # of a training that is resumed at its end it may be missing
    write_history(run.folder / "history.csv", state.history)
    if not run.config["own_model"]:  # of a user's own network, which may be trained on, a copy is read back
        run.classifier = state.classifier  # the cached property
    probabilities = run.classifier.probabilities(data.val.images)
    write_predictions(run.folder, "val", data.val.labels, probabilities, data.class_names)
    run.update_config(
        epochs_done=state.epochs_done,
        best_epoch=state.best_epoch,
        train_seconds=sum(epoch.seconds for epoch in state.history),
    )
    save_pictures(run.folder / "figures", training_pictures(run))
    run.update_config(status="complete")
    _forget_resuming(run)
