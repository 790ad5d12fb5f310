"""An evaluation's files in the run folder, and what it reads of an audit's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.evaluation.predictions_file import write_standard_file
from giemsa.evaluation.result import Evaluation
from giemsa.evaluation.subgroups import AuditHints

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset


def write_evaluation(evaluation: Evaluation, folder: Path, *, data: ImageDataset, run_name: str) -> None:
    """Write ``predictions/``, ``metrics.json``, ``evaluation/`` and ``figures/`` into a run folder."""
    from giemsa.plots.gallery import save_pictures
    from giemsa.training.files import write_json
    from giemsa.training.run import write_predictions

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


def read_audit_hints(folder: Path) -> AuditHints | None:
    """Return the places of leaked and doubtful test images that ``audit.json`` names; ``None`` before an audit."""
    from giemsa.training.files import read_json

    path = folder / "audit.json"
    if not path.is_file():
        return None
    audit: dict[str, Any] = read_json(path)
    if "test_leaks" not in audit and "test_suspects" not in audit:
        return None
    return AuditHints(
        leaked=np.array(audit.get("test_leaks", []), dtype=np.int64),
        suspects=np.array(audit.get("test_suspects", []), dtype=np.int64),
    )
