"""What an evaluation of a run says in words: sentences to quote, notes, what was chosen on what, and the model card."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.evaluation.modelcard import CardItem, fill_model_card, looks_in_words
from giemsa.evaluation.result import Evaluation
from giemsa.evaluation.validation_halves import condition
from giemsa.evaluation.words import plain_sentences, results_in_words, spoken_names

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset


def summarise(evaluation: Evaluation, config: Mapping[str, Any], data: ImageDataset) -> dict[str, Any]:
    """Return the fields of an :class:`Evaluation` that are words.

    Parameters
    ----------
    evaluation : with everything measured.
    config : the run's ``config.json``, this look at test counted.
    data : the run's data.
    """
    spoken = spoken_names(data.class_names, data.short_names)
    apart = evaluation.failures.without_leaks
    copies = 0 if apart is None else len(evaluation.predictions) - apart.accuracy.n
    facts = {
        "tested_on": f"the {evaluation.split} split of {title_of(data)}",
        "selection": str(config.get("selection", "")),
        "prediction_sets": condition(
            str(config.get("recipe", {}).get("selection", "")),
            config.get("recipe", {}).get("patience"),
            halved=evaluation.calibration is None or evaluation.calibration.n_fit > 0,
        ),
        "test_looks": looks_in_words(int(config.get("test_looks", 1))),
    }
    return {
        "sentences": plain_sentences(
            evaluation.predictions,
            evaluation.card,
            data=title_of(data),
            unused=True,
            copies=copies,
            names=spoken,
        ),
        "notes": tuple(_notes(evaluation)),
        "facts": facts,
        "model_card": _card(evaluation, config, data),
    }


def title_of(data: ImageDataset) -> str:
    """Return the data set's name with its title in brackets."""
    title = data.card.title
    return f"{data.name} ({title[:1].lower()}{title[1:]})" if title and title != data.name else data.name


def _notes(evaluation: Evaluation) -> list[str]:
    notes = [*evaluation.card.notes]
    if evaluation.calibration is not None and not evaluation.calibration.n_fit:
        notes.append(
            "Val has too few images, or patients, to find a temperature: probabilities are as the network gives them."
        )
    if evaluation.views > 1:
        notes.append(
            f"The temperature was found for the mean of {evaluation.views} views: predict with as many views."
        )
    if evaluation.novelty is None:
        notes.append("The network has no dense layer whose input could tell unfamiliar images.")
    return notes


def _card(evaluation: Evaluation, config: Mapping[str, Any], data: ImageDataset) -> tuple[CardItem, ...]:
    facts = {
        "Licence": data.card.licence,
        "Source": data.card.citation,
        "Level at which the splits are disjoint": _level(data),
    }
    return fill_model_card(config, facts, results_in_words(evaluation))


def _level(data: ImageDataset) -> str:
    """Say what no two splits share: groups, if they are known and none stands in two splits, or but images."""
    known = [split.groups for split in data.splits.values() if len(split)]
    named = [set(np.asarray(groups).tolist()) for groups in known if groups is not None]
    if len(named) < len(known):
        return "image: which images share a patient or slide is not known"
    shared = len(set().union(*(one & other for one, other in itertools.combinations(named, 2))))
    if shared:
        stand = "stands" if shared == 1 else "stand"
        return f"image: {shared:,} of the groups (patients, slides) that the data names {stand} in two splits"
    return "patient, slide or other group, as the data names it"
