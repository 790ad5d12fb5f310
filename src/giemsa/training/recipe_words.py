"""The choices of a recipe in a reader's words, for the page and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS = {
    "model": "network",
    "epochs": "passes over the training images",
    "minimum_steps": "steps at the least",
    "batch_size": "images a step",
    "least_batch_size": "images a step at the least, where the set is small",
    "learning_rate": "learning rate, at its highest",
    "epsilon": "smallest denominator of the optimiser",
    "schedule": "course of the learning rate",
    "warmup": "share of the steps in which it rises",
    "class_weights": "rare classes weigh more",
    "symmetry": "moves that keep a label",
    "skip_known": "probability of skipping an image already known",
    "skip_known_from": "images in a set of which some are skipped, at least",
    "horizontal_flip": "mirrored left to right",
    "vertical_flip": "mirrored top to bottom",
    "rotation_degrees": "turned by up to (degrees)",
    "shift_pixels": "shifted by up to (pixels in an image of 28x28)",
    "colour_jitter": "strength of changed colours",
    "standardize": "standardised by the mean and deviation of",
    "selection": "weights that are kept",
    "average_decay": "decay of the moving average",
    "patience": "stops after so many epochs without gain",
    "precision": "precision of the arithmetic",
}
VALUES: Mapping[str, Mapping[Any, str]] = {
    "symmetry": {"card": "as known or found for these images"},
    "standardize": {"data": "all training images", "image": "each image"},
    "selection": {
        "best": "of the epoch with the least val loss",
        "last": "of the last epoch",
        "average": "their moving average",
    },
    "patience": {None: "never"},
    "precision": {"auto": "the faster one on this machine"},
}
OFF = (None, False, 0, "none")


def choice(field: str, value: Any) -> tuple[str, str]:
    """Return what a field of a recipe is about, and its value.

    Examples
    --------
    >>> choice("class_weights", False), choice("patience", None)
    (('rare classes weigh more', 'no'), ('stops after so many epochs without gain', 'never'))
    """
    words = FIELDS.get(field, field.replace("_", " "))
    if isinstance(value, bool):
        return words, "yes" if value else "no"
    known = VALUES.get(field, {}).get(value)
    return words, known or (f"{value:g}" if isinstance(value, float) else str(value))


def recipe_in_words(recipe: Mapping[str, Any]) -> str:
    """Return a recipe's name and those of its choices that do something; the network is told beside it.

    Examples
    --------
    >>> recipe_in_words({"name": "mine", "model": "convnet", "epochs": 8, "class_weights": False, "patience": None})
    'Recipe mine. Passes over the training images: 8.'
    """
    does = {field: value for field, value in recipe.items() if value not in OFF}
    told = "; ".join(": ".join(choice(*one)) for one in does.items() if one[0] not in ("name", "model"))
    return " ".join(
        f"{part[:1].upper()}{part[1:]}." for part in (f"recipe {recipe.get('name')}", told) if part
    )
