"""What the page is told from: everything that lies in a run folder, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from giemsa.data.dataset import ImageDataset
from giemsa.errors import GiemsaError, RunError
from giemsa.plots.gallery import INDEX
from giemsa.reporting.commands import argument, flag, source_words


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
    index: Mapping[str, Mapping[str, str]]
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
        """Return the command line that runs a stage on this folder."""
        return f"giemsa {stage} {argument(str(self.folder))}"

    @property
    def source(self) -> str:
        """Return how the data are named and read on a command line."""
        return source_words(self._source, self.data.renamed if self.data is not None else {})

    @property
    def audit_command(self) -> str:
        """The command line that audits the data into this folder, split as they were."""
        seed = flag("seed", self._source.get("seed", self.config.get("seed", 0)))
        return f"giemsa audit {self.source} {seed} --out {argument(str(self.folder))} --overwrite"

    @property
    def _source(self) -> Mapping[str, Any]:
        return self.config.get("data", {}).get("source") or {}


def gather(run: RunLike) -> Material:
    """Read what the run folder holds.

    Raises
    ------
    RunError : a file of the folder is not JSON.
    """
    folder = Path(run.folder)
    data, trouble = _data(run)
    return Material(
        folder=folder,
        config=run.config,
        history=tuple(vars(epoch) for epoch in run.history),
        metrics=_json(folder / "metrics.json") or {},
        audit=_json(folder / "audit.json"),
        evaluation=_json(folder / "evaluation" / "evaluation.json"),
        interpretation=_json(folder / "interpretation" / "interpretation.json"),
        index=_json(folder / "figures" / INDEX) or {},
        test=run.predictions("test") if (folder / "predictions" / "test.csv").is_file() else None,
        data=data,
        data_trouble=trouble,
    )


def _data(run: RunLike) -> tuple[ImageDataset | None, str]:
    """Return the data, or why it cannot be shown: a report without pictures of cells is better than none."""
    try:
        return run.data(), ""
    except (GiemsaError, OSError) as trouble:
        return None, str(trouble)


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as trouble:
        raise RunError(f"cannot read {path}: {trouble}; run the stage that writes it again") from None
    if not isinstance(content, dict):
        raise RunError(f"{path} must hold a JSON object, got {type(content).__name__}")
    return content
