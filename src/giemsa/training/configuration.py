"""What `config.json` says of a training, and the folder that it stands in."""

from __future__ import annotations

import platform
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from giemsa.data.dataset import ImageDataset
from giemsa.data.files import is_run_folder
from giemsa.errors import RunError
from giemsa.training.classifier import Classifier
from giemsa.training.loop import epochs_of
from giemsa.training.recipes import Recipe
from giemsa.training.run import VERSION, choose_folder
from giemsa.writing import place_words

PACKAGES = ("giemsa", "torch", "numpy", "scikit-learn", "scipy", "pillow", "safetensors")
SELECTION_WORDS = {
    "best": "the weights of the epoch with the least validation loss",
    "last": "the weights of the last epoch of a fixed schedule",
    "average": "the moving average of the weights over a fixed schedule",
}


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


def _selection_words(recipe: Recipe) -> str:
    """Say which weights are kept, and what val had to do with it."""
    words = SELECTION_WORDS[recipe.selection]
    if recipe.selection == "best":
        return words
    if recipe.patience is None:
        return f"{words}: val selected nothing"
    return f"{words}, which val may end early"


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
    """Refuse an ``out`` that exists, before any work is done.

    Raises
    ------
    RunError : it exists and may not be overwritten, or is not a run folder.
    """
    folder = Path(out) if out is not None else None
    if folder is None or not folder.exists():
        return
    if not overwrite:
        raise RunError(
            f"{folder} exists already; give another --out, --overwrite it, or go on with it by --resume"
        )
    if not folder.is_dir() or (any(folder.iterdir()) and not is_run_folder(folder)):
        raise RunError(
            f"{folder} exists and is not a run folder: it will not be overwritten; give another --out"
        )
