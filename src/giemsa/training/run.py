"""The run folder: the one artefact that a training leaves and every later command takes."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.errors import RunError
from giemsa.plots.gallery import Picture
from giemsa.training.classifier import Classifier
from giemsa.training.device import Compute
from giemsa.training.files import read_json, write_json
from giemsa.training.history import Epoch, read_history
from giemsa.training.model_file import load_classifier
from giemsa.training.recipes import Recipe
from giemsa.writing import replacing

VERSION = 1
Opened = TypeVar("Opened")  # a run, or what stands for one


class Run:
    """A trained network and the record of how it came to be.

    Parameters
    ----------
    folder : where it lies.
    config : the content of ``config.json``.
    data : the data set it was trained on, if at hand; else it is loaded again when asked for.
    network : the user's own module, where the run was trained with one.
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        *,
        data: ImageDataset | None = None,
        network: nn.Module | None = None,
    ) -> None:
        self.folder = folder
        self._config = dict(config)
        self._data = data
        self._is_checked = False
        self._network = network

    def __repr__(self) -> str:
        recipe, name = self.config["recipe"]["name"], self.config["data"]["name"]
        return f"Run({str(self.folder)!r}: {recipe} on {name}, seed {self.config['seed']})"

    def _repr_html_(self) -> str:
        import html

        last = self.history[-1] if self.history else None
        reached = f", val accuracy {last.val_accuracy:.4f} after {last.epoch} epochs" if last else ""
        return f"<p><b>{html.escape(repr(self))}</b>{reached}</p>"

    @property
    def config(self) -> dict[str, Any]:
        """The content of ``config.json``."""
        return self._config

    @property
    def recipe(self) -> Recipe:
        """The recipe it was trained with; a field that this version does not know is a :class:`RunError`."""
        known = {field.name for field in dataclasses.fields(Recipe)}
        unknown = sorted(self.config["recipe"].keys() - known)
        if unknown:
            raise RunError(
                f"the recipe of {self.folder} has {', '.join(unknown)}, which this giemsa does not know: "
                "install the giemsa that trained it, or a newer one"
            )
        return Recipe(**self.config["recipe"])

    @property
    def seed(self) -> int:
        """The one seed."""
        return int(self.config["seed"])

    @property
    def history(self) -> tuple[Epoch, ...]:
        """A record an epoch."""
        return read_history(self.folder / "history.csv")

    @cached_property
    def classifier(self) -> Classifier:
        """The trained network, ready to use."""
        return load_classifier(self.folder, network=self._network, compute=self.compute)

    @property
    def compute(self) -> Compute:
        """Device and precision of the training, or the CPU where that device is missing."""
        device, precision = self.config["device"], self.config["precision"]
        if device == "cuda" and not torch.cuda.is_available():
            return Compute()
        if device == "mps" and not torch.backends.mps.is_available():
            return Compute()
        return Compute(device, precision)

    def initial_classifier(self) -> Classifier:
        """Return the network as it was before the first step, built again from the seed.

        Raises
        ------
        RunError : the network is a user's own, whose first weights are not known.
        """
        from giemsa.training.building import build_classifier

        if self.config["own_model"]:
            raise RunError(
                f"{self.folder} was trained with a user's own network; its first weights were not kept"
            )
        classifier = build_classifier(
            self.data(),
            self.recipe,
            seed=self.seed,
            compute=self.compute,
            symmetry=self.config["symmetry"],
        )
        return classifier.eval()

    def data(self) -> ImageDataset:
        """Return the data it was trained on; loaded again and compared by SHA-256 if not at hand.

        Raises
        ------
        RunError : the data is no longer what it was.
        """
        if not self._is_checked:
            self._data = self._checked(self._data or self._reload())
            self._is_checked = True
        assert self._data is not None
        return self._data

    def _reload(self) -> ImageDataset:
        from giemsa.data.load import load

        facts = self.config["data"]
        if not facts["source"]:
            raise RunError(
                f"{self.folder} was trained on arrays from memory: give them again with open_run(..., data=...)"
            )
        return load(**facts["source"])

    def _checked(self, data: ImageDataset) -> ImageDataset:
        facts = self.config["data"]
        if data.fingerprint != facts["sha256"]:
            raise RunError(
                f"the data {facts['name']!r} is not what {self.folder} was trained on: its SHA-256 is "
                f"{data.fingerprint[:12]}…, expected {facts['sha256'][:12]}…; put the old data back or train again"
            )
        if facts["class_names"] != list(data.class_names):
            return data.rename(dict(enumerate(facts["class_names"])))
        return data

    def predictions(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return labels ``(n,)`` and probabilities ``(n, n_classes)`` as written for ``val`` or ``test``."""
        path = self.folder / "predictions" / f"{split}.csv"
        if not path.exists():
            command = "train" if split == "val" else "evaluate"
            raise RunError(f"{path} is missing: it is written by `giemsa {command}`")
        try:
            rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8", quotechar='"')
            return rows[:, 1].astype(np.int64), rows[:, 2:]
        except (ValueError, IndexError) as error:
            raise RunError(
                f"{path} is not what giemsa wrote ({error}): it was changed or cut short"
            ) from error

    def pictures(self, *, shade_gap: bool = False) -> tuple[Picture, ...]:
        """Return the learning curves and a sample of augmented images; ``shade_gap`` shades the space between train and val."""
        from giemsa.training.pictures import training_pictures

        return training_pictures(self, shade_gap=shade_gap)

    def update_config(self, **changes: Any) -> None:
        """Change fields of ``config.json``, such as how often test was looked at."""
        self._config |= changes
        write_json(self.folder / "config.json", self._config)


def write_predictions(
    folder: Path, split: str, labels: np.ndarray, probabilities: np.ndarray, class_names: tuple[str, ...]
) -> Path:
    """Write ``predictions/SPLIT.csv``: index, label, and one probability column a class, in full precision."""
    path = folder / "predictions" / f"{split}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "label", *class_names])
        for index, (label, row) in enumerate(zip(labels.tolist(), probabilities.tolist(), strict=True)):
            writer.writerow([index, label, *row])
    return path


def as_run(run: Opened | str | Path) -> Opened | Run:
    """Return a run, opened where its folder is given."""
    return open_run(run) if isinstance(run, str | Path) else run


def open_run(folder: str | Path, *, model: nn.Module | None = None, data: ImageDataset | None = None) -> Run:
    """Open a run folder.

    Parameters
    ----------
    folder : a folder that ``giemsa train`` or ``giemsa run`` wrote.
    model : the user's own module, where the run was trained with one; a copy of it gets the weights.
    data : the data set, if at hand; saves loading it again.

    Raises
    ------
    RunError : no run folder, an incomplete one, or one of a newer version.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"there is no run folder {folder}; expected a folder that `giemsa train` wrote")
    config = read_json(folder / "config.json")
    if not isinstance(config, dict) or not isinstance(config.get("version"), int):
        raise RunError(
            f"{folder / 'config.json'} has no version: it was not written by giemsa, or was changed"
        )
    if config["version"] > VERSION:
        raise RunError(
            f"{folder} is of version {config['version']}, this giemsa reads up to {VERSION}: install a newer giemsa"
        )
    missing = [name for name in ("recipe", "data", "seed", "device", "precision") if name not in config]
    if missing:
        raise RunError(
            f"{folder / 'config.json'} lacks {', '.join(missing)}: the run folder is incomplete or was changed"
        )
    return Run(folder, config, data=data, network=model)


def choose_folder(out: str | Path | None, data_name: str, recipe_name: str, seed: int) -> Path:
    """Return ``out``, or ``runs/DATA-RECIPE-SEED``, with ``-2``, ``-3``, ... where that exists."""
    if out is not None:
        return Path(out)
    name = re.sub(r"[^\w.-]+", "-", f"{data_name}-{recipe_name}-{seed}").strip("-.")
    folder, number = Path("runs") / name, 2
    while folder.exists():
        folder, number = Path("runs") / f"{name}-{number}", number + 1
    return folder
