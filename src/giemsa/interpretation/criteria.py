"""What is asked of a method of attribution: four numbers with a bound each. The bounds stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from giemsa.interpretation.interval import Mean


@dataclass(frozen=True)
class Criterion:
    """One number that is measured, and where good ends.

    Parameters
    ----------
    bound : where good ends.
    high_is_good : on which side of the bound.
    failed : what is said of a method that is surely on the other side.
    asked : what is left open where the interval lies on both sides, after "whether".
    decides : whether failing speaks against the method; else it only asks for care.
    """

    bound: float
    high_is_good: bool
    failed: str
    asked: str
    decides: bool = True

    def standing(self, found: Mean) -> Literal["good", "open", "bad"]:
        """Say where the whole interval lies: on the good side, on the other, or on both.

        Examples
        --------
        >>> [CRITERIA["gain"].standing(Mean(0.1, low, high, 9)) for low, high in ((0.05, 0.2), (-0.1, 0.2), (-0.2, 0.0))]
        ['good', 'open', 'bad']
        """
        above, below = found.low > self.bound, found.high <= self.bound
        good, bad = (above, below) if self.high_is_good else (below, above)
        return "good" if good else "bad" if bad else "open"

    def left_open(self, found: Mean) -> str:
        """Say that the images that were looked at do not tell."""
        side = "more than" if self.high_is_good else "at most"
        return (
            f"the images looked at leave open whether {self.asked} ({found.value:.2f}, 95 % interval {found.low:.2f} to "
            f"{found.high:.2f}; {side} {self.bound:.2f} is asked for)"
        )


CRITERIA: dict[str, Criterion] = {
    "similarity": Criterion(
        0.5,
        False,
        "its map hardly changes when the weights are random, so it shows the image, not the network",
        "its map changes enough under random weights",
    ),
    "gain": Criterion(
        0.0,
        True,
        "its map orders the pixels no better than chance: covered and uncovered in its order, they move the probability no more "
        "than in a random one",
        "its map orders the pixels better than chance",
    ),
    "pointing": Criterion(
        0.25,
        True,
        "it does not point at the right one of four images",
        "it points at the right one of four images",
    ),
    "stability": Criterion(
        0.5,
        True,
        "its map changes when the image moves by one pixel",
        "its map stays as it is when the image moves by one pixel",
        decides=False,
    ),
}
