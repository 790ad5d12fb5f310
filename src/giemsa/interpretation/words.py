"""What the looks say, in sentences of a reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giemsa.data.dataset import Symmetry
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.looks import AttributionLook, MadeLook
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse
from giemsa.interpretation.trust import FEWEST, by_verdict
from giemsa.wording import count_words, decimal, listed, percent, percent_range

if TYPE_CHECKING:
    from giemsa.interpretation.interpretation import Interpretation

MOST_NAMED = 6  # classes in a sentence


def sentences_of(found: Interpretation) -> tuple[str, ...]:
    """Say what a reader should take away, the most important first."""
    lines: list[str] = []
    if found.attribution:
        lines += _on_trust(found.attribution, found.subject)
    if found.symmetry:
        lines += _on_symmetry(found.symmetry)
    if found.made:
        lines += _on_made_images(found.made, found.subject)
    return tuple(lines)


def among(searched: int, subject: Subject) -> str:
    """Say how many training images were looked at."""
    every = len(subject.data.train)
    of = f"{searched:,} of {every:,}" if searched < every else f"all {every:,}"
    return f"among {of} training images"


def _on_trust(look: AttributionLook, subject: Subject) -> list[str]:
    if look.trust[0].too_few:
        n = look.trust[0].n_images
        return [
            f"Whether the maps of what it looks at can be believed is not known: the checks need {FEWEST} images, and there "
            f"{'are' if n > 1 else 'is'} {n}."
        ]
    trusted, careful, failing = by_verdict(look.trust).values()
    earn = "earns" if len(trusted) == 1 else "earn"
    ways = count_words(len(look.trust), "way")
    opening = (
        f"Of {ways} to map what it looks at, {len(trusted)} {earn} trust on this network: {listed(trusted)}."
        if trusted
        else f"None of {ways} to map what it looks at earns trust on this network; do not rely on one."
    )
    if careful:
        opening += f" To be read with care: {listed(careful)}."
    if failing:
        opening += f" Not to be believed: {listed(failing)}."
    lines = [opening, *(x.sentence for x in look.trust), *_on_the_middle(look)]
    if len(look.explained) == 1:
        lines.append(
            f"All images in these checks are called {subject.data.class_names[int(look.explained[0])]} by the network: whether "
            "the maps tell classes apart is not known."
        )
    played = [x for x in look.trust if x.pointing]
    enough = [x for x in played if x.pointing and x.pointing.n >= FEWEST]
    points = [x for x in enough if x.verdict != "fails"] or enough
    if points:
        best = max(points, key=lambda x: x.pointing.value if x.pointing else 0)
        assert best.pointing
        lines.append(
            f"Shown four images at once, {METHODS[best.method].title} puts {percent(best.pointing.value, 0)} of its mark on the "
            f"right one (95 % interval {percent_range(best.pointing.low, best.pointing.high, 0)}; chance 25 %)."
        )
    elif not played:
        lines.append(
            "The pointing game on mosaics of four images was not played: it needs a network that pools globally and right "
            "answers in four classes."
        )
    return lines


def _on_the_middle(look: AttributionLook) -> list[str]:
    """Say so where covering and uncovering cannot tell a map from a spot that knows nothing."""
    best = max(look.trust, key=lambda x: x.gain.value)
    middle = look.centre_gain
    if middle is None or best.gain.low > middle.value:
        return []
    return [
        "Covering and uncovering tells little here: a mere spot in the middle of every image, which knows nothing of the "
        f"network, gains {decimal(middle.value)} over a random order, the best method, {METHODS[best.method].title}, "
        f"{decimal(best.gain.value)}."
    ]


def _on_symmetry(found: SymmetryResponse) -> list[str]:
    worst, turned = int(np.argmax(found.changed)), found.changed_by_turn.max()
    of = f"of {len(found.labels)} images"
    first = f"changes the answer for up to {percent(turned)} {of}" if turned else f"changes no answer {of}"
    others = f"{found.moves[worst]} changes the most, {percent(found.changed[worst])}"
    return [
        f"Turning the image {first}; of the other moves, {others if found.changed[worst] else 'none does'}."
    ]


def views_in_words(symmetry: Symmetry) -> str:
    """Name the views in which a made image is judged.

    Examples
    --------
    >>> views_in_words("mirror")
    'mirrored or shifted by a pixel'
    """
    turned = {"none": "", "mirror": "mirrored or ", "mirror and quarter turns": "mirrored, turned or "}
    return f"{turned[symmetry]}shifted by a pixel"


def probability_in_words(value: float) -> str:
    """Write a probability with two digits; 1 and 0 only where it is exact.

    Examples
    --------
    >>> probability_in_words(0.9999), probability_in_words(1.0), probability_in_words(0.5), probability_in_words(1e-6)
    ('p > .99', 'p = 1', 'p = .50', 'p < .01')
    """
    if value in (0, 1):
        return f"p = {value:.0f}"
    if value < 0.01:
        return "p < .01"
    return "p > .99" if value > 0.99 else f"p = {f'{value:.2f}'.removeprefix('0')}"


def _on_made_images(look: MadeLook, subject: Subject) -> list[str]:
    names, views = subject.data.class_names, views_in_words(subject.network.symmetry)
    weak = [name for name, value in zip(names, look.judged.moved, strict=True) if value < 0.5]
    if weak:
        which = listed(weak) if len(weak) <= MOST_NAMED else f"{len(weak)} of {len(names)} classes"
        return [
            f"The images made for {which} do not convince the network itself once they are {views}: read nothing into "
            "them."
        ]
    least = int(np.argmin(look.judged.moved))
    return [
        f"The images made for each class convince the network in the views that they were made for, {views} (least: "
        f"{names[least]}, {probability_in_words(look.judged.moved[least])})."
    ]
