"""The figures of an interpretation, each with one sentence on what it shows and one on what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from giemsa.data.dataset import Symmetry
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.interval import Mean
from giemsa.interpretation.looks import AttributionLook, MadeLook, MapsLook, SpaceLook
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse
from giemsa.interpretation.trust import MethodTrust
from giemsa.interpretation.words import views_in_words
from giemsa.plots.attribution import plot_attributions
from giemsa.plots.feature_maps import plot_channel_examples, plot_feature_maps
from giemsa.plots.feature_space import Places, plot_class_examples, plot_feature_space, plot_neighbours
from giemsa.plots.filters import plot_filters
from giemsa.plots.gallery import Picture
from giemsa.plots.maximisation import plot_maximisation
from giemsa.plots.symmetry import plot_symmetry_response
from giemsa.plots.trust import Check, plot_trust

if TYPE_CHECKING:
    from giemsa.interpretation.interpretation import Interpretation


def pictures_of(found: Interpretation) -> tuple[Picture, ...]:
    """Draw every figure for which there is a look."""
    subject = found.subject
    drawn: list[Picture] = []
    if found.made:
        drawn.append(draw_made_images(found.made, subject))
    if found.attribution:
        drawn += draw_attributions(found.attribution, subject)
    if found.space:
        drawn += draw_space(found.space, subject)
    if found.symmetry:
        drawn.append(draw_symmetry(found.symmetry, subject.network.symmetry))
    if found.maps:
        drawn += draw_maps(found.maps, subject)
    drawn += draw_filters(found)
    return tuple(drawn)


def draw_filters(found: Interpretation) -> Iterator[Picture]:
    """Draw the filters of each convolution, as many as are asked for."""
    for filters in found.filters[: found.subject.amounts.layers]:
        moved = float(np.median(filters.distances))
        before = filters.before if found.subject.untrained is not None else None
        yield Picture(
            f"interpret-filters-{filters.layer.replace('.', '-')}",
            plot_filters(before, filters.after, layer=filters.layer),
            f"Filters of {filters.layer}" + (", before and after training" if before is not None else ""),
            f"{len(filters.after)} filters of {filters.layer}"
            + (
                f"; the median filter moved by {moved:.2f} times its first length."
                if before is not None
                else "."
            ),
            "What each filter of the layer multiplies a small patch with; before and after share one scale.",
            "A filter of a later layer acts on other filters' answers, so it cannot be read as a picture of a cell.",
        )


def draw_maps(look: MapsLook, subject: Subject) -> Iterator[Picture]:
    """Draw the maps of one image, and the images that excite channels of a layer."""
    train = subject.data.train
    name = subject.data.class_names[int(train.labels[look.index])]
    for maps in look.maps:
        yield Picture(
            f"interpret-feature-maps-{maps.layer.replace('.', '-')}",
            plot_feature_maps(
                train.images[look.index],
                maps.maps,
                layer=maps.layer,
                caption=f"train image {look.index}, {name}",
                order=maps.order if len(maps.maps) > 64 else None,
            ),
            f"What {maps.layer} makes of one image",
            f"{len(maps.maps)} grey maps of {maps.layer} for train image {look.index} ({name}); {maps.silent} are blank.",
            f"How strongly each of {len(maps.maps)} channels answers at each place of the image; white is strong.",
            "A bright map says where a channel answers, not whether the class depends on it.",
        )
    yield Picture(
        "interpret-channels",
        plot_channel_examples(train.images[look.exciting], look.channels, layer=look.layer),
        f"What excites channels of {look.layer}",
        f"For {len(look.channels)} channels of {look.layer} that vary most, the {look.exciting.shape[1]} images that excite each "
        f"most {_among(look.searched, subject)}.",
        "A row a channel: the images to which it answers most strongly, the strongest on the left, "
        f"{_among(look.searched, subject)}.",
        "The strongest examples look purer than the rest of what a channel answers to.",
    )


def draw_made_images(look: MadeLook, subject: Subject) -> Picture:
    """Draw the image made for each class above the real one that is nearest to it, a blank where none was looked at."""
    data = subject.data
    blank = np.full(data.image_shape, 255, dtype=np.uint8)
    real = np.stack([data.train.images[place] if place >= 0 else blank for place in look.beside])
    notes = [f"p = {_probability(value)}".replace("= >", "> ") for value in look.judged.moved]
    least = int(np.argmin(look.judged.moved))
    return Picture(
        "interpret-maximisation",
        plot_maximisation(look.made.images, real, list(data.short_names), notes),
        "An image made for each class, above a real one that is near",
        f"{len(real)} made images with real ones below; the network's probability for the made ones, averaged over the views "
        f"that they were made for, is least for {data.class_names[least]}: {look.judged.moved[least]:.2f}.",
        "What the network would most like to see for each class, made from noise; p is its calibrated probability, averaged over "
        f"the views that the image was made for ({views_in_words(subject.network.symmetry)}). Below, the nearest image of the "
        f"class {_among(look.searched, subject)}.",
        "It is what suffices for this network, not what the class looks like; the likeness to real images comes in part from "
        "the colours and shapes that it is made of.",
    )


def draw_attributions(look: AttributionLook, subject: Subject) -> Iterator[Picture]:
    """Draw the maps of all methods, and their checks."""
    names = subject.data.short_names
    titles = [METHODS[x.method].title for x in look.trust]
    trusted = [METHODS[x.method].title for x in look.trust if x.verdict == "trusted"]
    failed = [x.verdict == "fails" for x in look.trust]
    yield Picture(
        "interpret-attribution",
        plot_attributions(
            np.asarray(subject.looked_at.images[look.places]),
            [look.maps[x.method] for x in look.trust],
            titles,
            rows=[names[label] for label in look.explained],
            failed=failed,
        ),
        "Where each method sees evidence for the class",
        f"Maps of {len(titles)} methods for {len(look.places)} images, one a class; "
        f"passing every check: {', '.join(trusted) or 'none'}.",
        "Red speaks for the class that the network names, blue against it; each map is scaled to its own largest value. "
        "Methods that fail their checks are greyed out.",
        "A map says where, not what: that the place matters, not which feature of it.",
    )
    yield Picture(
        "interpret-trust",
        plot_trust(_checks(look), dict(zip(titles, failed, strict=True))),
        "Can these maps be believed?",
        "Four checks of each method: " + " ".join(x.sentence for x in look.trust),
        "Each dot is a mean over images with its 95 % interval; the shaded side is good. Grey methods fail.",
        "Passing says that a map depends on what was learnt and marks what matters; it does not say that the network is right.",
    )


def _checks(look: AttributionLook) -> list[Check]:
    def values(get) -> dict[str, tuple[float, float, float]]:  # type: ignore[no-untyped-def]
        means: dict[str, Mean | None] = {METHODS[x.method].title: get(x) for x in look.trust}
        return {title: (mean.value, mean.low, mean.high) for title, mean in means.items() if mean and mean.n}

    def similarity(x: MethodTrust) -> Mean:
        return x.similarity

    gains = values(lambda x: x.gain)
    lowest = min([-0.1, *(low for _, low, _ in gains.values())]) - 0.03
    highest = max([0.5, *(high for _, _, high in gains.values())]) + 0.03
    checks = [
        Check(
            "random weights: likeness to the map before",
            values(similarity),
            CRITERIA["similarity"].bound,
            False,
            (0, 1),
        ),
        Check(
            "deletion and insertion: gain over a random order",
            gains,
            CRITERIA["gain"].bound,
            True,
            (lowest, highest),
        ),
        Check(
            "moved by a pixel: likeness of the maps",
            values(lambda x: x.stability),
            CRITERIA["stability"].bound,
            True,
            (0, 1),
        ),
    ]
    pointing = values(lambda x: x.pointing)
    if pointing:
        checks.insert(
            2,
            Check(
                "four images: part of the mark on the right one",
                pointing,
                CRITERIA["pointing"].bound,
                True,
                (0, 1),
            ),
        )
    return checks


def draw_space(look: SpaceLook, subject: Subject) -> Iterator[Picture]:
    """Draw the map of the features, the prototypes, and neighbours."""
    data, split, train = subject.data, subject.looked_at, subject.data.train
    labels = split.labels[look.places]
    wrong, searched = int((labels != look.predicted).sum()), _among(len(look.train_places), subject)
    yield Picture(
        "interpret-map",
        plot_feature_space(
            Places(look.space.pca, labels, look.predicted),
            Places(look.space.tsne, labels, look.predicted),
            data.short_names,
            look.space.explained,
        ),
        "Images as the network sees them",
        f"{len(labels)} {subject.split_name} images on two maps of the network's features, coloured by class; {wrong} wrong "
        "answers are ringed.",
        "Each dot is an image; near ones look alike to the network. Rings are wrong answers.",
        "Two dimensions cannot keep all distances; the gaps between groups on the lower map mean nothing.",
    )
    yield Picture(
        "interpret-examples",
        plot_class_examples(
            [train.images[look.train_places[x.prototypes]] for x in look.classes],
            [train.images[look.train_places[x.oddest]] for x in look.classes],
            data.short_names,
        ),
        "Typical and odd images of each class",
        f"For each of {len(look.classes)} classes, the images nearest to the class's mean in the network's features, and the "
        f"furthest, {searched}.",
        "Left, what the network takes for typical of the class; right, what fits it least.",
        "Odd is not wrong: it may be a rare form, a poor image, or a wrong label.",
    )
    neighbours = look.train_places[look.neighbours.indices]
    said = [data.short_names[label] for label in look.predicted[look.queries]]
    yield Picture(
        "interpret-neighbours",
        plot_neighbours(
            np.asarray(split.images[look.places[look.queries]]),
            train.images[neighbours],
            [_query_title(data.short_names[labels[q]], s) for q, s in zip(look.queries, said, strict=True)],
            [[data.short_names[train.labels[place]] for place in row] for row in neighbours],
        ),
        "The training images that the network finds most alike",
        f"{len(look.queries)} {subject.split_name} images, wrong answers first, each with the {neighbours.shape[1]} nearest "
        f"images {searched}.",
        f"Right of each image, those whose features are nearest {searched}; their classes stand over them.",
        "Likeness in the network's features explains an answer by example; it does not prove that these images caused it.",
    )


def _among(searched: int, subject: Subject) -> str:
    """Say how many training images were looked at."""
    every = len(subject.data.train)
    return (
        f"among {searched:,} of {every:,} training images"
        if searched < every
        else f"among all {every:,} training images"
    )


def _query_title(label: str, said: str) -> str:
    return label if label == said else f"{label}, said {said}"


_MEANING: dict[Symmetry, str] = {
    "none": "Here a turned or mirrored image may mean something else, so that its answer may change.",
    "mirror": "Here a turned image may mean something else, so that its answer may change; a mirrored one means the same.",
    "mirror and quarter turns": "Here a turned or mirrored image means the same.",
}


def draw_symmetry(found: SymmetryResponse, symmetry: Symmetry) -> Picture:
    """Draw the response to turning and to the other moves, for images of a symmetry."""
    worst = int(np.argmax(found.changed))
    return Picture(
        "interpret-symmetry",
        plot_symmetry_response(found.degrees, found.turned, found.moves, found.changed, len(found.labels)),
        "What moves the answer: turns, mirrors, shifts and colours",
        f"Probability of the answer as {len(found.labels)} images are turned through 360 degrees, and the part whose answer "
        f"changes under ten other moves; most: {found.moves[worst]}, {found.changed[worst]:.1%}.",
        "Above, the probability of the class that the network names, as the image is turned; below, how many answers change.",
        f"{_MEANING[symmetry]} Turns other than quarter turns blur small images a little and repeat their edge, which itself "
        "moves the answer.",
    )


def _probability(value: float) -> str:
    """Two digits, and 1.00 only where it is exact.

    Examples
    --------
    >>> _probability(0.9999), _probability(1.0), _probability(0.5)
    ('>.99', '1', '.50')
    """
    if value == 1:
        return "1"
    return ">.99" if value > 0.99 else f"{value:.2f}".removeprefix("0")
