"""The figures of an evaluation, each with its words."""

from __future__ import annotations

from giemsa.evaluation.result import Evaluation
from giemsa.plots.gallery import Picture


def draw(evaluation: Evaluation) -> tuple[Picture, ...]:
    """Return every figure that the evaluation has the numbers for."""
    return ()
