"""What is asked of a method of attribution: four numbers, and a bound or two of each. The bounds stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from giemsa.interpretation.interval import Mean
from giemsa.wording import decimal

MOST = 0.5  # of the mark


@dataclass(frozen=True)
class Criterion:
    """One number that is measured, and where good ends.

    Parameters
    ----------
    bound : where good ends.
    high_is_good : on which side of the bound.
    passed : what is said of a method that is surely on the good side.
    failed : what is said of one that is surely on the other.
    asked : what is left open where the interval lies on both sides, after "whether".
    decides : whether failing speaks against the method; else it only asks for care.
    further : what is asked for where the bound is chance, and passing it is not enough.
    """

    bound: float
    high_is_good: bool
    passed: str
    failed: str
    asked: str
    decides: bool = True
    further: str = ""

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

    def words(self, found: Mean) -> str:
        """Say where it stands, with the numbers that say so."""
        standing = self.standing(found)
        value, low, high = (decimal(number) for number in (found.value, found.low, found.high))
        if standing == "good":
            return f"{self.passed} ({value})"
        told = self.failed if standing == "bad" else f"the images looked at leave open whether {self.asked}"
        side = "more than" if self.high_is_good else "at most"
        bound = f"{self.bound:.2f}"
        asked_for = f"{bound} is chance, {self.further}" if self.further else f"{side} {bound}"
        limits = low if low == high else f"{low} to {high}"
        return f"{told} ({value}, 95 % interval {limits}; {asked_for} is asked for)"


CRITERIA: dict[str, Criterion] = {
    "similarity": Criterion(
        0.5,
        False,
        "its map changes when the weights are random",
        "its map hardly changes when the weights are random, so it shows the image, not the network",
        "its map changes enough under random weights",
    ),
    "gain": Criterion(
        0.0,
        True,
        "it orders the pixels better than chance",
        "its map orders the pixels no better than chance: covered and uncovered in its order, they move the probability no more "
        "than in a random one",
        "its map orders the pixels better than chance",
    ),
    "pointing": Criterion(
        0.25,
        True,
        "it puts more of its mark on the right one of four images than chance",
        "it does not point at the right one of four images",
        "it points at the right one of four images",
        further=f"more than {MOST:.2f}",
    ),
    "most": Criterion(  # of the same number, asked where it is surely above chance
        MOST,
        True,
        "it puts most of its mark on the right one of four images",
        "it points at the right one of four images more than chance would (0.25), but most of its mark lies on the others",
        "most of its mark, not only more than chance (0.25), lies on the right one of four images",
        decides=False,
    ),
    "stability": Criterion(
        0.5,
        True,
        "it moves with an image that moves by one pixel",
        "it does not move with an image that moves by one pixel, but changes",
        "it moves with an image that moves by one pixel",
        decides=False,
    ),
}
