"""An evaluation's files in the run folder, and what it reads of an audit's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict

import numpy as np

from giemsa.errors import RunError
from giemsa.evaluation.predictions_file import write_standard_file
from giemsa.evaluation.result import Evaluation
from giemsa.evaluation.subgroups import AuditHints
from giemsa.reading import Between, read_json
from giemsa.writing import write_json

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset

AUDIT_AGAIN = "run `giemsa audit` again, or remove the file"
EVALUATE_AGAIN = "run `giemsa evaluate` again"
Place = Annotated[int, Between(0, 10**15)]  # of an image in its split


class ScoreEntry(TypedDict):
    """A score as JSON has it; ``None`` where it is undefined."""

    value: float | None
    low: NotRequired[float | None]
    high: NotRequired[float | None]
    n: Place


class AuditFile(TypedDict, total=False):
    """What an evaluation reads of ``audit.json``."""

    test_leaks: list[Place]
    test_suspects: list[Place] | None  # null where no labels were judged


def write_evaluation(evaluation: Evaluation, folder: Path, *, data: ImageDataset, run_name: str) -> None:
    """Write ``predictions/``, ``metrics.json``, ``evaluation/`` and ``figures/`` into a run folder."""
    from giemsa.plots.gallery import save_pictures
    from giemsa.training.predictions_csv import write_predictions

    both = {evaluation.split: evaluation.predictions, "val": evaluation.val_predictions}
    for split, predictions in both.items():
        if predictions is not None:
            names = predictions.class_names
            write_predictions(folder, split, predictions.labels, predictions.probabilities, names)
    write_json(folder / "metrics.json", evaluation.metrics())
    inside = folder / "evaluation"
    inside.mkdir(exist_ok=True)
    write_json(inside / "evaluation.json", evaluation.to_json())
    for old in inside.glob("*_[[]AUC[]]*.csv"):
        old.unlink()
    write_standard_file(
        inside,
        standard_name(data),
        evaluation.split,
        evaluation.predictions.probabilities,
        scores=(evaluation.card.whole["auc"].value, evaluation.card.whole["accuracy"].value),
        run=run_name,
    )
    save_pictures(folder / "figures", evaluation.pictures())


def standard_name(data: ImageDataset) -> str:
    """Return the data's name as MedMNIST writes it in file names: with the size where it is not 28."""
    side = data.image_shape[0]
    return data.name if side == 28 else f"{data.name}_{side}"


def read_metrics(folder: Path) -> dict[str, dict[str, ScoreEntry]]:
    """Return the scores of each split that ``metrics.json`` tells.

    Raises
    ------
    RunError : the file is missing or damaged.
    """
    return read_json(
        folder / "metrics.json",
        dict[str, dict[str, ScoreEntry]],
        mend="it is written by `giemsa evaluate`",
    )


def read_audit_hints(folder: Path, n_test: int) -> AuditHints | None:
    """Return the places of leaked and doubtful test images that ``audit.json`` names; ``None`` before an audit.

    Raises
    ------
    RunError : the file is damaged, or was written for a test split that has not as many as ``n_test`` images.
    """
    path = folder / "audit.json"
    if not path.exists():
        return None
    audit = read_json(path, AuditFile, mend=AUDIT_AGAIN)
    if "test_leaks" not in audit and "test_suspects" not in audit:
        return None
    leaked = np.array(audit.get("test_leaks", []), dtype=np.int64)
    doubted = audit.get("test_suspects")
    suspects = None if doubted is None else np.array(doubted, dtype=np.int64)
    if max([*leaked, *(doubted or [])], default=-1) >= n_test:
        raise RunError(
            f"{path} names test images that the run's data, of {n_test}, do not have; {AUDIT_AGAIN}"
        )
    return AuditHints(leaked, suspects)
