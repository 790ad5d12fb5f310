"""What can be drawn of a training: its learning curves, with words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from giemsa.plots.gallery import Picture
from giemsa.training.history import Epoch

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")


def learning_curves(
    history: Sequence[Epoch], *, kept_epoch: int | None = None, shade_gap: bool = False
) -> Picture:
    """Draw accuracy and loss by epoch.

    Parameters
    ----------
    history : the records of a training, at least one.
    kept_epoch : the epoch whose weights were kept, counted from 1.
    shade_gap : shade the area between train and val.

    Examples
    --------
    >>> first, last = Epoch(1, 1.2, 0.5, 1.0, 0.6, 1e-3, 2.0), Epoch(2, 0.7, 0.75, 0.6, 0.8, 1e-3, 2.0)
    >>> learning_curves((first, last)).alt
    'Over 2 epochs accuracy on val went from 0.600 to 0.800 and its loss from 1.000 to 0.600.'
    """
    from giemsa.plots.training import plot_learning_curves

    curves = {name: np.array([getattr(epoch, name) for epoch in history]) for name in CURVES}
    first, last = history[0], history[-1]
    return Picture(
        name="train-curves",
        figure=plot_learning_curves(curves, kept_epoch=kept_epoch, shade_gap=shade_gap),
        title="How the training went",
        alt=f"Over {len(history)} epochs accuracy on val went from {first.val_accuracy:.3f} to {last.val_accuracy:.3f} "
        f"and its loss from {first.val_loss:.3f} to {last.val_loss:.3f}.",
        shows="Accuracy and loss of each epoch, on the images that were learnt from (train) and on others (val).",
        caution="Train is measured on augmented images while the weights still move, so that it can lie below val; its loss "
        "holds label smoothing and class weights where the recipe has them, that of val does not.",
    )
