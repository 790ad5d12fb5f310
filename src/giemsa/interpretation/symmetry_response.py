"""How the output moves when the image is turned, mirrored, shifted or recoloured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.interpretation.pixels import check_pixels
from giemsa.interpretation.probabilities import calibrated_probabilities
from giemsa.training.augmentation import rotate, shift
from giemsa.training.views import turn_all

Move = Callable[[Tensor], Tensor]


def _brighter(factor: float) -> Move:
    return lambda pixels: (pixels * factor).clamp(0, 1)


def _saturated(factor: float) -> Move:
    def move(pixels: Tensor) -> Tensor:
        grey = pixels.mean(1, keepdim=True)
        return (grey + (pixels - grey) * factor).clamp(0, 1)

    return move


def _shifted(down: int, right: int) -> Move:
    return lambda pixels: shift(pixels, torch.tensor([[down, right]]).expand(len(pixels), 2))


MOVES: dict[str, Move] = {
    "mirrored left-right": lambda pixels: turn_all(pixels, 4),
    "mirrored up-down": lambda pixels: turn_all(pixels, 6),
    "1 pixel right": _shifted(0, 1),
    "2 pixels right": _shifted(0, 2),
    "1 pixel down": _shifted(1, 0),
    "2 pixels down": _shifted(2, 0),
    "15 % darker": _brighter(0.85),
    "15 % brighter": _brighter(1.15),
    "less saturated": _saturated(0.6),
    "more saturated": _saturated(1.4),
}


OF_COLOUR = ("less saturated", "more saturated")  # which change nothing in grey images


@dataclass(frozen=True, eq=False)
class SymmetryResponse:
    """The probability of each image's class under moves.

    Parameters
    ----------
    labels : ``(n,)``, the class that is followed.
    still : ``(n,)``, its calibrated probability for the image as it is.
    degrees : ``(a,)``, 0 to 360.
    turned : ``(n, a)``, its probability for the image turned by these.
    moves : names of the other moves; those of colour alone are left out of grey images.
    moved : ``(n, len(moves))``, its probability after each.
    changed : ``(len(moves),)``, the part of the images whose predicted class changes, 0 to 1.
    changed_by_turn : ``(a,)``, the same for each angle.
    """

    labels: np.ndarray
    still: np.ndarray
    degrees: np.ndarray
    turned: np.ndarray
    moves: tuple[str, ...]
    moved: np.ndarray
    changed: np.ndarray
    changed_by_turn: np.ndarray


def symmetry_response(
    network: nn.Module, pixels: Tensor, labels: np.ndarray, *, step_degrees: float = 15.0
) -> SymmetryResponse:
    """Move each image and follow the probability of its class.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    labels : ``(n,)``, the class to follow.
    step_degrees : between angles. Turns other than quarter turns interpolate, and repeat the edge outside.

    Returns
    -------
    SymmetryResponse
    """
    pixels = check_pixels(pixels)
    degrees = np.arange(0, 360 + step_degrees / 2, step_degrees)
    still = calibrated_probabilities(network, pixels)
    turned = [
        calibrated_probabilities(network, rotate(pixels, torch.full((len(pixels),), float(angle))))
        for angle in degrees
    ]
    moves = {name: move for name, move in MOVES.items() if pixels.shape[1] > 1 or name not in OF_COLOUR}
    moved = [calibrated_probabilities(network, move(pixels)) for move in moves.values()]
    own = np.arange(len(labels)), np.asarray(labels)
    before = still.argmax(axis=1)
    return SymmetryResponse(
        np.asarray(labels),
        still[own],
        degrees,
        np.stack([p[own] for p in turned], axis=1),
        tuple(moves),
        np.stack([p[own] for p in moved], axis=1),
        np.array([(p.argmax(axis=1) != before).mean() for p in moved]),
        np.array([(p.argmax(axis=1) != before).mean() for p in turned]),
    )
