"""The run folder: the one artefact that a training leaves and every later command takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from giemsa.data.cards import CARDS
from giemsa.data.dataset import ImageDataset
from giemsa.data.load import lies_elsewhere, load
from giemsa.errors import ImageFileError, RunError
from giemsa.plots.gallery import Picture
from giemsa.reading import pick
from giemsa.training.classifier import Classifier
from giemsa.training.configuration import MEND, SourceEntry, read_configuration
from giemsa.training.device import Compute
from giemsa.training.history import Epoch, read_history
from giemsa.training.model_file import load_classifier
from giemsa.training.predictions_csv import read_predictions
from giemsa.training.recipes import Recipe
from giemsa.wording import count_words
from giemsa.writing import try_to_write, write_json

Opened = TypeVar("Opened")  # a run, or what stands for one


class Run:
    """A trained network and the record of how it came to be.

    Parameters
    ----------
    folder : where it lies.
    config : the content of ``config.json``.
    data : the data set it was trained on, if at hand, or where it lies now; else it is loaded from where it lay.
    network : the user's own module, where the run was trained with one.
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        *,
        data: ImageDataset | str | Path | None = None,
        network: nn.Module | None = None,
    ) -> None:
        self.folder = folder
        self._config = dict(config)
        self._data = data
        self._is_checked = False
        self._network = network

    def __repr__(self) -> str:
        recipe, name = self.config["recipe"].get("name"), self.config["data"]["name"]
        return f"Run({str(self.folder)!r}: {recipe} on {name}, seed {self.config['seed']})"

    def _repr_html_(self) -> str:
        import html

        last = self.history[-1] if self.history else None
        reached = (
            f", val accuracy {last.val_accuracy:.4f} after {count_words(last.epoch, 'epoch')}" if last else ""
        )
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
        """The seed of the training; a split that giemsa made had its own, which stands with its source."""
        return int(self.config["seed"])

    @property
    def history(self) -> tuple[Epoch, ...]:
        """A record an epoch."""
        return read_history(self.folder / "history.csv")

    @property
    def train_seconds(self) -> float:
        """The seconds of all epochs."""
        return sum(epoch.seconds for epoch in self.history)

    @cached_property
    def classifier(self) -> Classifier:
        """The trained network, ready to use."""
        classifier = load_classifier(self.folder, network=self._network, compute=self.compute)
        told, known = len(self.config["data"]["class_names"]), len(classifier.class_names)
        shape, taken = self.config["data"].get("image_shape"), list(classifier.image_shape)
        if told != known or shape not in (None, taken):
            raise RunError(
                f"{self.folder}: config.json tells of {told} classes and images of the shape {shape}, model.json of {known} and "
                f"{taken}: one was changed or damaged; {MEND}"
            )
        return classifier

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

    @property
    def place(self) -> str:
        """The name or the path from which its data are loaded; empty where they were arrays in memory."""
        if isinstance(self._data, str | Path):
            return str(self._data)
        return str(self.config["data"]["source"].get("data") or "")

    def data(self) -> ImageDataset:
        """Return the data it was trained on; loaded again and compared by SHA-256 if not at hand.

        Raises
        ------
        RunError : the data is no longer what it was, or the folder alone says that it lies on another machine.
        """
        if not self._is_checked:
            self._data = self._checked(self._data if isinstance(self._data, ImageDataset) else self._reload())
            self._is_checked = True
        assert isinstance(self._data, ImageDataset)
        return self._data

    def keep_place(self) -> None:
        """Write into ``config.json`` from where its data come now, so that they are found without being told again.

        Raises
        ------
        RunError : the data is no longer what it was.
        """
        if source := self.data().source:
            self.update_config(data=self.config["data"] | {"source": dict(source)})

    def _reload(self) -> ImageDataset:
        if not self.place:
            raise RunError(
                f"{self.folder} was trained on arrays from memory: give them again with open_run(..., data=...)"
            )
        if self._data is None and lies_elsewhere(self.place):
            raise RunError(
                f"{self.folder / 'config.json'} says that the data lie on another machine, {self.place}: nothing is asked "
                "of it on the word of a file; if you know it, say so with --data, or open_run(..., data=...) in Python"
            )
        if self._data is None and self.place not in CARDS and not Path(self.place).exists():
            raise RunError(
                f"the data of {self.folder} are no longer at {self.place}: put them back, or say where they lie with --data, or "
                "open_run(..., data=...) in Python"
            )
        try:
            return load(**pick(SourceEntry, self.config["data"]["source"]) | {"data": self.place})
        except ImageFileError as error:  # which cannot be left out
            raise RunError(
                f"the data of {self.folder} are not what it was trained on: {error.reason}"
            ) from error

    def _checked(self, data: ImageDataset) -> ImageDataset:
        facts = self.config["data"]
        if data.fingerprint != facts["sha256"]:
            raise RunError(
                f"the data {facts['name']!r} is not what {self.folder} was trained on: {_other_counts(facts, data)}"
                f"its SHA-256 is {data.fingerprint[:12]}…, expected {facts['sha256'][:12]}…; put the old data back or train again"
            )
        if len(facts["class_names"]) != len(data.class_names):
            raise RunError(
                f"{self.folder / 'config.json'} was changed or damaged: data.class_names are {len(facts['class_names'])}, "
                f"the data has {len(data.class_names)} classes; {MEND}"
            )
        if facts["class_names"] != list(data.class_names):
            return data.rename(dict(enumerate(facts["class_names"])))
        return data

    def predictions(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return labels ``(n,)`` and probabilities ``(n, n_classes)`` as written for ``val`` or ``test``."""
        return read_predictions(self.folder, split, len(self.config["data"]["class_names"]))

    def pictures(self, *, shade_gap: bool = False) -> tuple[Picture, ...]:
        """Return the learning curves and a sample of augmented images; ``shade_gap`` shades the space between train and val."""
        from giemsa.training.pictures import training_pictures

        return training_pictures(self, shade_gap=shade_gap)

    def update_config(self, **changes: Any) -> None:
        """Change fields of ``config.json``, such as how often test was looked at."""
        self._config |= changes
        write_json(self.folder / "config.json", self._config)


def _other_counts(facts: Mapping[str, Any], data: ImageDataset) -> str:
    """Say which splits have other numbers of images than they had; nothing where all have as many."""
    had = facts.get("counts", {})
    other = [
        f"{name} has {count_words(len(split), 'image')}, expected {had[name]:,}"
        for name, split in data.splits.items()
        if had.get(name, len(split)) != len(split)
    ]
    return "".join(f"{words}; " for words in other)


def as_run(run: Opened | str | Path) -> Opened | Run:
    """Return a run, opened where its folder is given."""
    return open_run(run) if isinstance(run, str | Path) else run


def check_finished(run: Run) -> None:
    """Refuse, before anything is found out, a run folder that cannot take it up.

    Raises
    ------
    RunError : the training was stopped or is under way, and what is found would not hold for the weights to come; or the folder
        cannot be written.
    """
    if run.config.get("status") == "training":
        raise RunError(
            f"the training of {run.folder} has not come to its end: go on with it by `giemsa train --resume {run.folder}`, or "
            "giemsa.resume in Python, and look at it then"
        )
    try_to_write(run.folder, f"cannot write into {run.folder}", option=None)


def open_run(
    folder: str | Path, *, model: nn.Module | None = None, data: ImageDataset | str | Path | None = None
) -> Run:
    """Open a run folder.

    Parameters
    ----------
    folder : a folder that ``giemsa train`` or ``giemsa run`` wrote.
    model : the user's own module, where the run was trained with one; a copy of it gets the weights.
    data : the data set, if at hand, which saves loading it again; or where it lies now, if it was moved. Without it, the data
        are loaded when asked for from where ``config.json`` says, but not from another machine.

    Raises
    ------
    RunError : no run folder, an incomplete one, or one of a newer version.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"there is no run folder {folder}; expected a folder that `giemsa train` wrote")
    if not (folder / "config.json").exists():
        raise RunError(
            f"{folder / 'config.json'} is missing: expected a folder that `giemsa train` wrote; is this a run folder?"
        )
    return Run(folder, read_configuration(folder), data=data, network=model)
