"""Figures of a training: how loss and accuracy went, and what augmentation makes of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.plots.data import plot_examples
from giemsa.plots.gallery import Picture
from giemsa.plots.training import plot_learning_curves
from giemsa.seeds import derive_seed
from giemsa.training.history import best_epoch
from giemsa.training.recipes import Recipe
from giemsa.training.variants import variants_of
from giemsa.wording import count_words

if TYPE_CHECKING:
    from giemsa.training.run import Run

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
SHOWN_CLASSES = 4
VARIANTS = 6


def training_pictures(run: Run, *, shade_gap: bool = False) -> tuple[Picture, ...]:
    """Return the learning curves and a sample of augmented images; ``shade_gap`` shades the space between train and val."""
    symmetry = run.recipe.symmetry_given(run.config["symmetry"])
    return (
        learning_curves_picture(run, shade_gap=shade_gap),
        _augmentation_picture(run.data(), run.recipe, symmetry, run.seed),
    )


def learning_curves_picture(run: Run, *, shade_gap: bool = False) -> Picture:
    """Return accuracy and loss of train and val by epoch."""
    history, last = run.history, run.history[-1]
    curves = {name: np.array([getattr(epoch, name) for epoch in history]) for name in CURVES}
    kept = best_epoch(history).epoch if run.recipe.selection == "best" else None
    return Picture(
        name="train-curves",
        figure=plot_learning_curves(curves, kept_epoch=kept, shade_gap=shade_gap),
        title="How accuracy and loss went",
        alt=(
            f"Two panels over {count_words(len(history), 'epoch')}. At the end: accuracy {last.accuracy:.3f} on train and "
            f"{last.val_accuracy:.3f} on val, loss {last.loss:.3f} and {last.val_loss:.3f}."
        ),
        shows=(
            "Train is the mean over an epoch's augmented batches while the weights moved; val is measured at its end, on images "
            "as they are. A val curve that turns while train goes on shows learning by heart."
        ),
        caution=_caution(run.recipe),
    )


def _caution(recipe: Recipe) -> str:
    words = ["Train is seen with augmentation, val without: that val may lie above train is no fault."]
    if recipe.skip_known:
        words.append(
            "In the middle of the training, images that are known already come less often: train then looks worse than it is."
        )
    if recipe.label_smoothing:
        words.append(
            f"The loss on train has a floor above zero, since its targets are smoothed by {recipe.label_smoothing:g}; "
            "that on val is plain cross-entropy, so the two lines cannot be compared with each other."
        )
    return " ".join(words)


def _augmentation_picture(data: ImageDataset, recipe: Recipe, symmetry: Symmetry, seed: int) -> Picture:
    shown = np.unique(data.train.labels)[:SHOWN_CLASSES]
    places = [int(np.flatnonzero(data.train.labels == label)[0]) for label in shown]
    generator = torch.Generator().manual_seed(derive_seed(seed, "augmentation sample"))
    rows = [
        variants_of(data.train.images[place], VARIANTS - 1, recipe, symmetry, generator) for place in places
    ]
    names = [data.short_names[label] for label in shown]
    return Picture(
        name="train-augmentation",
        figure=plot_examples(rows, names),
        title="What the network sees of one image",
        alt=f"One image each of {', '.join(names)}, first as it is, then {VARIANTS - 1} times as augmentation changes it.",
        shows="The first of each row is the image as it is; the others are what a training step may be given in its place.",
        caution="Augmentation only makes images that keep their label; which moves do, the symmetry of the data says.",
    )
