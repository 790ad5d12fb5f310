"""What `config.json` says of a training, how it is read again, and the folder that it stands in."""

from __future__ import annotations

import dataclasses
import platform
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import torch

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.data.files import is_run_folder
from giemsa.data.fitting import Fit, typical_size
from giemsa.errors import RecipeError, RunError
from giemsa.reading import Between, read_json
from giemsa.training.classifier import Classifier
from giemsa.training.loop import epochs_of
from giemsa.training.recipes import Recipe
from giemsa.writing import place_words, try_to_write

VERSION = 1
MEND = "put back the file that giemsa wrote, or train again"
PACKAGES = ("giemsa", "torch", "numpy", "scikit-learn", "scipy", "pillow", "safetensors")
SELECTION_WORDS = {
    "best": "the weights of the epoch with the least validation loss",
    "last": "the weights of the last epoch of a fixed schedule",
    "average": "the moving average of the weights over a fixed schedule",
}

Count = Annotated[int, Between(0, 10**15)]
Seed = Annotated[int, Between(0)]
FileSize = Annotated[list[Annotated[int, Between(1, 10**6)]], Between(2, 2)]  # the median height and width
ClassNames = Annotated[list[Annotated[str, Between(0, 10_000)]], Between(2, 100_000)]


class SourceEntry(TypedDict, total=False):
    """What :func:`giemsa.load` was given; nothing for arrays from memory."""

    data: str
    size: int | None
    seed: Seed
    fit: Fit
    skip_bad: bool
    symmetry: Symmetry | None


class DataEntry(TypedDict):
    """The data of the training."""

    name: str
    title: NotRequired[str]
    source: SourceEntry
    sha256: Annotated[str, Between(64, 64)]
    class_names: ClassNames
    counts: NotRequired[dict[str, Count]]
    image_shape: NotRequired[list[Count]]
    file_size: NotRequired[FileSize]
    notes: NotRequired[list[str]]


class TrialEntry(TypedDict):
    """What a trial of symmetries found."""

    chosen: Symmetry
    loss: dict[Symmetry, float]
    images: Count


class Configuration(TypedDict):
    """What is read of ``config.json``."""

    version: int
    status: Literal["training", "complete"]
    recipe: dict[str, Any]  # see _refuse_recipe
    epochs: Annotated[int, Between(1)]
    model: str
    own_model: bool
    data: DataEntry
    symmetry: Symmetry
    symmetry_trial: NotRequired[TrialEntry | None]
    selection: str
    test_looks: Count
    seed: Seed
    device: Literal["cpu", "cuda", "mps"]
    precision: Literal["float32", "bfloat16"]
    threads: Annotated[int, Between(1, 100_000)]
    machine: NotRequired[str]
    versions: NotRequired[dict[str, str]]
    started: NotRequired[str]
    stage_seconds: NotRequired[dict[str, float]]


def read_configuration(folder: Path) -> dict[str, Any]:
    """Return what a run folder's ``config.json`` says.

    Raises
    ------
    RunError : it is missing, of a newer version, or a field is not what giemsa wrote.
    """
    path = folder / "config.json"
    config = read_json(path, Configuration, mend=MEND, version=VERSION)
    _refuse_recipe(path, config["recipe"])
    return config


def _refuse_recipe(path: Path, recipe: Mapping[str, Any]) -> None:
    """Refuse values that no recipe has; fields of a newer giemsa may stand beside those that are known."""
    known = {field.name for field in dataclasses.fields(Recipe)}
    try:
        Recipe(**{name: value for name, value in recipe.items() if name in known})
    except RecipeError as error:
        raise RunError(
            f"{path} was changed or damaged, or is of a newer giemsa: recipe: {error}; {MEND}"
        ) from error


def describe_training(
    data: ImageDataset, recipe: Recipe, classifier: Classifier, *, seed: int, own_model: bool
) -> dict[str, Any]:
    """Return the content of ``config.json`` before the first epoch."""
    compute = classifier.classes.compute
    return {
        "version": VERSION,
        "status": "training",
        "recipe": recipe.to_json(),
        "epochs": epochs_of(recipe, len(data.train)),
        "model": type(classifier.network).__name__ if own_model else recipe.model,
        "own_model": own_model,
        "data": {
            "name": data.name,
            "title": data.card.title,
            "source": dict(data.source),
            "sha256": data.fingerprint,
            "class_names": list(data.class_names),
            "counts": {name: len(split) for name, split in data.splits.items()},
            "image_shape": list(data.image_shape),
            **_file_size(data),
            "skipped": len(data.skipped),
            "notes": list(data.notes),
        },
        "symmetry": classifier.symmetry,
        "selection": _selection_words(recipe),
        "test_looks": 0,
        "seed": seed,
        "device": compute.device,
        "precision": compute.precision,
        "threads": torch.get_num_threads(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _file_size(data: ImageDataset) -> dict[str, list[int]]:
    """Return the typical size of the files that are learnt from; nothing where the images did not come from files."""
    facts = data.train.metadata
    # a column of the user's own may bear these names; as giemsa reads it, it holds no whole numbers
    sides = [facts[side] for side in ("height", "width") if side in facts and facts[side].dtype.kind == "i"]
    return {"file_size": typical_size(*sides)} if len(sides) == 2 else {}


def _selection_words(recipe: Recipe) -> str:
    """Say which weights are kept, and what val had to do with it."""
    words = SELECTION_WORDS[recipe.selection]
    if recipe.selection == "best":
        return words
    if recipe.patience is None:
        return f"{words}: val selected nothing"
    return f"{words}, which val may end early"


def choose_folder(out: str | Path | None, data_name: str, recipe_name: str, seed: int) -> Path:
    """Return ``out``, or ``runs/DATA-RECIPE-SEED``, with ``-2``, ``-3``, ... where that exists."""
    if out is not None:
        return Path(out)
    name = re.sub(r"[^\w.-]+", "-", f"{data_name}-{recipe_name}-{seed}").strip("-.")
    folder, number = Path("runs") / name, 2
    while folder.exists() or folder.is_symlink():
        folder, number = Path("runs") / f"{name}-{number}", number + 1
    return folder


def prepare_folder(
    out: str | Path | None, data_name: str, recipe: Recipe, *, seed: int, overwrite: bool
) -> Path:
    """Make the run folder and return it.

    Raises
    ------
    RunError : it exists and may not be overwritten, is not a run folder, or cannot be made.
    """
    check_folder(out, overwrite=overwrite)
    folder = choose_folder(out, data_name, recipe.name, seed)
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise RunError(f"cannot make the run folder {folder}: {place_words(error)}") from error
    return folder


def check_folder(out: str | Path | None, *, overwrite: bool) -> None:
    """Refuse an ``out`` that exists, and a place that cannot be written, before any work is done.

    Raises
    ------
    RunError : it exists and may not be overwritten, is not a run folder, or cannot be made.
    """
    folder = Path(out if out is not None else "runs/DATA-RECIPE-SEED")
    if out is not None and folder.exists():
        _refuse_existing(folder, overwrite=overwrite)
    above = next(above for above in folder.absolute().parents if above.exists())
    try_to_write(above, f"cannot make the run folder {folder}")


def _refuse_existing(folder: Path, *, overwrite: bool) -> None:
    if not overwrite:
        raise RunError(
            f"{folder} exists already; give another --out, --overwrite it, or go on with it by --resume"
        )
    if not folder.is_dir() or (any(folder.iterdir()) and not is_run_folder(folder)):
        raise RunError(
            f"{folder} exists and is not a run folder: it will not be overwritten; give another --out"
        )
