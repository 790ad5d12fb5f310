"""From labelled microscope images to a convolutional network that its owner can trust and see into.

Each command of the command line is one call here; names are resolved on first use, so that importing the package loads no heavy
library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from giemsa.auditing.audit import AuditReport, audit
    from giemsa.data.dataset import DataCard, ImageDataset, Split
    from giemsa.data.exploration import Exploration, explore
    from giemsa.data.load import load
    from giemsa.errors import GiemsaError
    from giemsa.evaluation.compared_predictions import Comparison
    from giemsa.evaluation.compared_runs import compare
    from giemsa.evaluation.evaluate import Evaluation, evaluate, score
    from giemsa.interpretation.interpret import Interpretation, interpret
    from giemsa.pipeline import run
    from giemsa.reporting.report import report
    from giemsa.training.classifier import Classifier
    from giemsa.training.estimator import ImageClassifier
    from giemsa.training.history import Epoch
    from giemsa.training.loop import fit
    from giemsa.training.predict import predict
    from giemsa.training.recipes import RECIPES, Recipe
    from giemsa.training.run import Run, open_run
    from giemsa.training.train import resume, train

_PLACES = {
    "AuditReport": "auditing.audit",
    "Classifier": "training.classifier",
    "Comparison": "evaluation.compared_predictions",
    "DataCard": "data.dataset",
    "Epoch": "training.history",
    "Evaluation": "evaluation.evaluate",
    "Exploration": "data.exploration",
    "GiemsaError": "errors",
    "ImageClassifier": "training.estimator",
    "ImageDataset": "data.dataset",
    "Interpretation": "interpretation.interpret",
    "RECIPES": "training.recipes",
    "Recipe": "training.recipes",
    "Run": "training.run",
    "Split": "data.dataset",
    "audit": "auditing.audit",
    "compare": "evaluation.compared_runs",
    "evaluate": "evaluation.evaluate",
    "explore": "data.exploration",
    "fit": "training.loop",
    "interpret": "interpretation.interpret",
    "load": "data.load",
    "open_run": "training.run",
    "predict": "training.predict",
    "report": "reporting.report",
    "resume": "training.train",
    "run": "pipeline",
    "score": "evaluation.evaluate",
    "train": "training.train",
}

__all__ = [
    "RECIPES",
    "AuditReport",
    "Classifier",
    "Comparison",
    "DataCard",
    "Epoch",
    "Evaluation",
    "Exploration",
    "GiemsaError",
    "ImageClassifier",
    "ImageDataset",
    "Interpretation",
    "Recipe",
    "Run",
    "Split",
    "audit",
    "compare",
    "evaluate",
    "explore",
    "fit",
    "interpret",
    "load",
    "open_run",
    "predict",
    "report",
    "resume",
    "run",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("giemsa")
    if name not in _PLACES:
        raise AttributeError(f"module 'giemsa' has no attribute {name!r}")
    value = getattr(import_module(f"giemsa.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
