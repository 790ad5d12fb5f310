"""What an evaluation found: one frozen value that can be printed, drawn, shown in a notebook and written as JSON."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from giemsa.evaluation.compared_predictions import Comparison
from giemsa.evaluation.conformal import PredictionSets
from giemsa.evaluation.foreign import NoveltyReport
from giemsa.evaluation.modelcard import CardItem
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.robustness import Robustness
from giemsa.evaluation.scorecard import Scorecard
from giemsa.evaluation.selective import RiskCoverage
from giemsa.evaluation.subgroups import Failures
from giemsa.evaluation.validation_halves import Calibration
from giemsa.evaluation.words import classification_report, spoken_names

if TYPE_CHECKING:
    from giemsa.plots.gallery import Picture

METHODS = {
    "interval": "95 %",
    "shares": "Wilson (accuracy, recall, precision, specificity, coverage)",
    "where patients or other groups are known": "whole groups are resampled, and shares too get Wilson's interval with the "
    "effective number of images, from the variance between groups; Student's t makes up for how little few groups tell of it; "
    "with fewer than two groups there is none",
    "balanced accuracy and macro recall": "Wilson in each class, put together",
    "other scores of limited range": "Wilson with the effective number of images, from the bootstrap's variance",
    "log loss and Brier score": "Hall's transformation for skewed means, with Student's t; where groups are known, Wilson's "
    "interval for the share of the worst loss that is saved",
    "calibration error": "bootstrap percentiles, less what resampling and chance add to it",
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a classifier is, from its probabilities for images whose labels are known.

    Parameters
    ----------
    predictions : labels and probabilities of the split.
    card : every score with its interval.
    sentences : three that can be quoted.
    selective : mistakes against the share of images kept.
    failures : pairs, worst mistakes, groups.
    short_names : class names for axes.
    split : what was evaluated.
    views : views of each image that were averaged.
    notes : sentences a reader should know.
    calibration, sets, novelty, robustness, val, val_predictions, views_gain : what needs a run, or ``None``.
    target : coverage chosen for the prediction sets.
    facts : sentences on what was chosen on which split, by what they are about.
    model_card : filled items and blanks.
    images : of the split, for pictures of mistakes; ``None`` where they are not at hand.
    """

    predictions: Predictions
    card: Scorecard
    sentences: tuple[str, ...]
    selective: RiskCoverage
    failures: Failures
    short_names: tuple[str, ...]
    split: str = "test"
    views: int = 1
    notes: tuple[str, ...] = ()
    calibration: Calibration | None = None
    sets: tuple[PredictionSets, ...] = ()
    target: float = 0.9
    novelty: NoveltyReport | None = None
    robustness: Robustness | None = None
    val: Scorecard | None = None
    val_predictions: Predictions | None = None
    views_gain: Comparison | None = None
    model_card: tuple[CardItem, ...] = ()
    images: np.ndarray | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def class_names(self) -> tuple[str, ...]:
        """One a class."""
        return self.predictions.class_names

    def metrics(self) -> dict[str, dict[str, object]]:
        """Return the content of ``metrics.json``: for each split every score with value, low, high and n."""
        cards = {"val": self.val, self.split: self.card}
        return {
            split: {name: score.to_json() for name, score in card.whole.items()}
            for split, card in cards.items()
            if card is not None
        }

    def report(self) -> str:
        """Return sentences and the table of precision, recall, F1 and support, as plain text."""
        return "\n\n".join([" ".join(self.sentences), self._table(), *self.notes])

    def __repr__(self) -> str:
        return f"<Evaluation of {len(self.predictions)} images of {self.split}: {self.sentences[0]}>"

    def __str__(self) -> str:
        return self.report()

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        return f"{words}<pre>{html.escape(self._table())}</pre>"

    def _table(self) -> str:
        return classification_report(self.card, spoken_names(self.class_names, self.short_names))

    def pictures(self) -> tuple[Picture, ...]:
        """Draw everything that was found."""
        from giemsa.evaluation.gallery import draw

        return draw(self)

    def to_json(self) -> dict[str, object]:
        """Return everything as a plain dict; the content of ``evaluation/evaluation.json``."""
        return {
            "split": self.split,
            "n": len(self.predictions),
            "views": self.views,
            "class_names": list(self.class_names),
            "short_names": list(self.short_names),
            "sentences": list(self.sentences),
            "facts": dict(self.facts),
            "notes": list(self.notes),
            "methods": dict(METHODS),
            **{name: value for name, value in self.card.to_json().items() if name != "notes"},
            "cells": self._cells(),
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "prediction_sets": [one.to_json() for one in self.sets],
            "selective": self.selective.to_json(),
            "novelty": None if self.novelty is None else self.novelty.to_json(),
            "robustness": None if self.robustness is None else self.robustness.to_json(),
            "failures": self.failures.to_json(),
            "views_gain": None if self.views_gain is None else self.views_gain.to_json(),
            "model_card": [item.to_json() for item in self.model_card],
        }

    def _cells(self) -> list[dict[str, object]]:
        """Return, for each cell of the confusion matrix that is not empty, its images and the probability of the answer."""
        truth, said = self.predictions.labels, self.predictions.predicted
        cells = []
        for true, predicted in np.argwhere(self.card.confusion > 0).tolist():
            places = np.flatnonzero((truth == true) & (said == predicted))
            chosen = self.predictions.probabilities[places, predicted]
            cells.append(
                {
                    "true": true,
                    "predicted": predicted,
                    "indices": places.tolist(),
                    "probabilities": np.round(chosen, 4).tolist(),
                }
            )
        return cells
