"""What the page is told from: everything that lies in a run folder, read once."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from giemsa.data.dataset import ImageDataset
from giemsa.errors import GiemsaError, RunError
from giemsa.evaluation.writing import EVALUATE_AGAIN, read_metrics
from giemsa.plots.gallery import Words, read_index
from giemsa.reporting.commands import argument, flag, source_words
from giemsa.reporting.files import INTERPRET_AGAIN, read_stage

NEED_THE_NETWORK = ("evaluate", "interpret")


class RunLike(Protocol):
    """What the report needs of a run."""

    @property
    def folder(self) -> Path:
        """The run folder."""

    @property
    def config(self) -> Mapping[str, Any]:
        """What ``config.json`` says."""

    @property
    def history(self) -> Sequence[Any]:
        """One record an epoch."""

    def data(self) -> ImageDataset:
        """Return the data that the run was trained on."""

    def predictions(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return labels ``(n,)`` and probabilities ``(n, classes)`` of a split."""


@dataclass(frozen=True, eq=False)
class Material:
    """A run's results as plain values; a stage that has not been run is ``None``.

    Parameters
    ----------
    folder : the run folder.
    config : ``config.json``.
    history : one mapping an epoch.
    metrics, audit, evaluation, interpretation : the stages' files.
    index : the words of the figures, by name.
    test : labels ``(n,)`` and probabilities ``(n, classes)`` of the test split, or ``None`` before ``evaluate``.
    data : the images, or ``None`` with ``data_trouble`` saying why they are not at hand.
    """

    folder: Path
    config: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, Any]
    audit: Mapping[str, Any] | None
    evaluation: Mapping[str, Any] | None
    interpretation: Mapping[str, Any] | None
    index: Mapping[str, Words]
    test: tuple[np.ndarray, np.ndarray] | None
    data: ImageDataset | None
    data_trouble: str = ""

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """One name a class, as the training knew them."""
        return tuple(self.config["data"]["class_names"])

    @cached_property
    def short_names(self) -> tuple[str, ...]:
        """Names short enough for an axis."""
        return self.data.short_names if self.data is not None else self.class_names

    def command(self, stage: str) -> str:
        """Return the command line that runs a stage on this folder; of a user's own network, which no folder holds, Python."""
        if self.config.get("own_model") and stage in NEED_THE_NETWORK:
            return f"giemsa.{stage}(giemsa.open_run({str(self.folder)!r}, model=...))"
        return f"giemsa {stage} {argument(str(self.folder))}"

    @property
    def source(self) -> str:
        """Return how the data are named and read on a command line."""
        return source_words(self._source, self.data.renamed if self.data is not None else {})

    @property
    def audit_command(self) -> str:
        """The command line that audits the data into this folder, split as they were."""
        seed = flag("seed", self.config.get("seed", 0))
        return f"giemsa audit {self.source} {seed} --out {argument(str(self.folder))} --overwrite"

    @property
    def _source(self) -> Mapping[str, Any]:
        return self.config.get("data", {}).get("source") or {}


def gather(run: RunLike) -> Material:
    """Read what the run folder holds.

    Raises
    ------
    RunError : a file of the folder is damaged, or is not of this run.
    """
    folder = Path(run.folder)
    read = Material(
        folder=folder,
        config=run.config,
        history=tuple(vars(epoch) for epoch in run.history),
        metrics=read_metrics(folder) if (folder / "metrics.json").exists() else {},
        audit=read_stage(folder, "audit"),
        evaluation=read_stage(folder, "evaluation"),
        interpretation=read_stage(folder, "interpretation"),
        index=read_index(folder / "figures"),
        test=run.predictions("test") if (folder / "predictions" / "test.csv").is_file() else None,
        data=None,
    )
    data, trouble = _data(run)
    material = dataclasses.replace(read, data=data, data_trouble=trouble)
    if found := _disagreement(material):
        raise RunError(f"{folder}: {found}")
    return material


def _data(run: RunLike) -> tuple[ImageDataset | None, str]:
    """Return the data, or why it cannot be shown: a report without pictures of cells is better than none."""
    try:
        return run.data(), ""
    except (GiemsaError, OSError) as trouble:
        return None, str(trouble)


def _disagreement(material: Material) -> str:
    """Return in words which file is not of the same run as the others; nothing where all are."""
    classes, data = (material.evaluation or {}).get("classes"), material.data
    if classes and len(classes) != len(material.class_names):
        return f"evaluation.json tells of {len(classes)} classes, config.json of {len(material.class_names)}; {EVALUATE_AGAIN}"
    if material.test and data and not np.array_equal(material.test[0], data.test.labels):
        return f"predictions/test.csv has other labels than the data; {EVALUATE_AGAIN}"
    told = (material.interpretation or {}).get("map")
    if told and data and not _is_map_of(told, data):
        return f"interpretation.json: map is not of these images; {INTERPRET_AGAIN}"
    return ""


def _is_map_of(told: Mapping[str, Any], data: ImageDataset) -> bool:
    """Say whether a map has as many places as images, and images and classes that the data have."""
    lists = [told[name] for name in ("indices", "labels", "predicted", "positions", "pca")]
    highest = [max(numbers, default=-1) for numbers in lists[:3]]
    bounds = len(data.splits[told["split"]]), len(data.class_names), len(data.class_names)
    return len(set(map(len, lists))) == 1 and all(map(operator.lt, highest, bounds))
