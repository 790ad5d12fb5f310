"""Which symmetry do one's own images have? Asked of the validation split by a short trial, never assumed."""

from __future__ import annotations

from typing import Any

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.progress import Progress
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.loop import epochs_of, fit, score_split
from giemsa.training.recipes import Recipe

TRIAL_STEPS = 150


def resolve_symmetry(
    data: ImageDataset,
    recipe: Recipe,
    *,
    seed: int,
    compute: Compute,
    progress: Progress | None = None,
) -> tuple[Symmetry, dict[str, Any] | None]:
    """Return the symmetry of the images, and the record of the trial where the card does not say it.

    The trial trains three short times, once a symmetry, and takes the one with the least cross-entropy on val.
    """
    if data.card.symmetry is not None:
        return data.card.symmetry, None
    if recipe.symmetry != "card":
        return recipe.symmetry, None
    height, width, _ = data.image_shape
    candidates: tuple[Symmetry, ...] = ("none", "mirror", "mirror and quarter turns")
    candidates = candidates if height == width else candidates[:2]
    short = recipe.replace(
        epochs=1, minimum_steps=TRIAL_STEPS, patience=None, selection="last", symmetry="card"
    )
    losses, epochs = {}, epochs_of(short, len(data.train))
    for number, candidate in enumerate(candidates):
        classifier = build_classifier(data, short, seed=seed, compute=compute, symmetry=candidate)
        for epoch in fit(classifier, data, short, seed=seed):
            if progress:
                done = number * epochs + epoch.epoch
                progress(done, len(candidates) * epochs, f"trial of symmetries on val: {candidate}")
        losses[candidate] = score_split(classifier, data.val)[0]
    chosen = min(candidates, key=lambda candidate: losses[candidate])
    return chosen, {"chosen": chosen, "val_loss": losses, "steps": TRIAL_STEPS}
