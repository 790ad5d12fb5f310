"""The figures of attribution: the maps of all methods, and whether they can be believed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.looks import AttributionLook
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.trust import by_verdict
from giemsa.plots.attribution import plot_attributions
from giemsa.plots.gallery import Picture
from giemsa.plots.trust import Check, Interval, plot_trust
from giemsa.wording import decimal

CHECKS = {
    "similarity": "random weights: likeness to the map before",
    "gain": "deletion and insertion: gain over a random order",
    "pointing": "four images: part of the mark on the right one",
    "stability": "moved by a pixel: likeness of the maps",
}


def draw_attributions(look: AttributionLook, subject: Subject) -> tuple[Picture, Picture]:
    """Draw the maps of all methods, and their checks."""
    return _draw_maps(look, subject), _draw_trust(look, subject)


def _draw_maps(look: AttributionLook, subject: Subject) -> Picture:
    names = subject.data.short_names
    explained = f"{_images(len(look.places), look, subject)}, {_classes(look, subject)}"
    figure = plot_attributions(
        np.asarray(subject.looked_at.images[look.places]),
        [look.maps[x.method] for x in look.trust],
        [METHODS[x.method].title for x in look.trust],
        rows=[names[label] for label in look.explained],
        verdicts=[x.verdict for x in look.trust],
    )
    return Picture(
        "interpret-attribution",
        figure,
        "Where each method sees evidence for the class",
        f"Maps of {len(look.trust)} methods for {explained}; "
        + "; ".join(
            f"{word}: {', '.join(titles) or 'none'}" for word, titles in by_verdict(look.trust).items()
        )
        + ".",
        f"Of {explained}: red speaks for the class that the network names, blue against it; of SmoothGrad, "
        "red is where lighter pixels would speak for it. Each map is scaled to its own largest value. "
        "What the checks say of a method stands above its maps; those of one that fails are greyed out.",
        "A map says where, not what: that the place matters, not which feature of it. Grad-CAM, Grad-CAM++ and class evidence "
        "are as coarse as a late layer and may lie beside what they mean.",
    )


def _images(count: int, look: AttributionLook, subject: Subject) -> str:
    """Say how many images, and that they were drawn among right answers, where there are any."""
    right = look.explained == subject.looked_at.labels[look.places]
    which = "that the network names rightly" if right.all() else "of which the network names none rightly"
    return f"{count} {subject.split_name} image{'s' * (count != 1)} {which}, drawn at random"


def _classes(look: AttributionLook, subject: Subject) -> str:
    """Say of how many classes there is an image."""
    n, named = len(subject.data.class_names), len(look.places)
    return "one a class" if named == n else f"one each of {named} of the {n} classes"


def _draw_trust(look: AttributionLook, subject: Subject) -> Picture:
    checks = tuple(_checks(look))
    played = [x.pointing.n for x in look.trust if x.pointing]
    mosaics = f" (four images: over {played[0]} mosaics of the surer half of such)" if played else ""
    gain = look.centre_gain
    middle = (
        f" A spot in the middle of every image, which knows nothing of the network, gains {decimal(gain.value)}."
        if gain
        else ""
    )
    return Picture(
        "interpret-trust",
        plot_trust(checks, {METHODS[x.method].title: x.verdict == "fails" for x in look.trust}),
        "Can these maps be believed?",
        f"{len(checks)} checks of each method. "
        + "; ".join(f"{METHODS[x.method].title}: {x.verdict}" for x in look.trust)
        + ".",
        f"Each dot is a mean over {_images(look.trust[0].n_images, look, subject)}{mosaics}, with its 95 % interval; in the "
        "first check each image meets random weights of its own. Green is good, striped asks for care, white fails; where the "
        f"whole interval lies decides. Grey methods fail.{middle}",
        "Passing says that a map depends on what was learnt and marks places that matter more than places at random; it does not "
        "say that the network is right.",
    )


def _checks(look: AttributionLook) -> Iterator[Check]:
    """Give what was measured of all methods; the pointing game only where it was played."""
    for name, title in CHECKS.items():
        means = {METHODS[x.method].title: getattr(x, name) for x in look.trust}
        values = {
            method: (mean.value, mean.low, mean.high) for method, mean in means.items() if mean and mean.n
        }
        if values or name != "pointing":
            good = CRITERIA["most" if name == "pointing" else name]
            fails = CRITERIA[name] if CRITERIA[name].decides else None
            yield Check(
                title,
                values,
                good.bound,
                good.high_is_good,
                _limits(name, values),
                fails.bound if fails else None,
            )


def _limits(name: str, values: dict[str, Interval]) -> tuple[float, float]:
    """Return the ends of an axis that holds every interval."""
    low, high = (-0.1, 0.5) if name == "gain" else (0.0, 1.0)
    lows, highs = ([interval[place] for interval in values.values()] for place in (1, 2))
    return min([low, *lows]) - 0.03, max([high, *highs]) + 0.03
