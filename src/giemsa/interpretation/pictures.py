"""The figures of an interpretation, each with one sentence on what it shows and one on what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from giemsa.data.dataset import Symmetry
from giemsa.interpretation.attribution_pictures import draw_attributions
from giemsa.interpretation.looks import MadeLook, MapsLook
from giemsa.interpretation.space_pictures import draw_space
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse
from giemsa.interpretation.words import among, probability_in_words, views_in_words
from giemsa.plots.feature_maps import MOST_MAPS, drawn_of, plot_channel_examples, plot_feature_maps, shades_of
from giemsa.plots.filters import plot_filters
from giemsa.plots.gallery import Picture
from giemsa.plots.maximisation import plot_maximisation
from giemsa.plots.symmetry import plot_symmetry_response
from giemsa.wording import percent

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
        drawn += [*draw_maps(found.maps, subject), draw_channels(found.maps, subject)]
    drawn += draw_filters(found)
    return tuple(drawn)


def draw_filters(found: Interpretation) -> Iterator[Picture]:
    """Draw the filters of each convolution, as many as are asked for."""
    compared = found.subject.untrained is not None
    for filters in found.filters[: found.subject.amounts.layers]:
        layer, moved = f"layer {filters.layer}", float(np.median(filters.distances))
        yield Picture(
            f"interpret-filters-{filters.layer.replace('.', '-')}",
            plot_filters(filters.before if compared else None, filters.after, layer=layer),
            f"Filters of {layer}" + ", before and after training" * compared,
            f"{len(filters.after)} filters of {layer}"
            + (f"; the median filter moved by {moved:.2f} times its first length." if compared else "."),
            "What each filter of the layer multiplies a small patch with"
            + "; mid-grey is zero" * (filters.after.shape[1] == 3)
            + ("; before and after share one scale." if compared else "."),
            "A filter of a later layer acts on other filters' answers, so it cannot be read as a picture.",
        )


def draw_maps(look: MapsLook, subject: Subject) -> Iterator[Picture]:
    """Draw the maps of one image."""
    train = subject.data.train
    image = f"train image {look.index}"
    name = subject.data.class_names[int(train.labels[look.index])]
    for maps in look.maps:
        layer, count = f"layer {maps.layer}", len(maps.maps)
        order = maps.order if count > MOST_MAPS else None
        yield Picture(
            f"interpret-feature-maps-{maps.layer.replace('.', '-')}",
            plot_feature_maps(
                train.images[look.index],
                maps.maps,
                layer=layer,
                caption=f"{image}, {name}",
                order=order,
            ),
            f"What {layer} makes of one image",
            f"{count} grey maps of {layer} for {image} ({name}){drawn_of(count, order)}; {maps.silent} are blank.",
            f"How strongly each of {count} channels answers at each place of the image; {shades_of(maps.maps)}.",
            "A bright map says where a channel answers, not whether the class depends on it.",
        )


def draw_channels(look: MapsLook, subject: Subject) -> Picture:
    """Draw the images that excite channels of a layer."""
    layer, searched = f"layer {look.layer}", among(look.searched, subject)
    channels, each = look.exciting.shape
    return Picture(
        "interpret-channels",
        plot_channel_examples(subject.data.train.images[look.exciting], look.channels, layer=layer),
        f"What excites channels of {layer}",
        f"For {channels} channels of {layer} that vary most, the {each} images that excite each most {searched}.",
        f"A row a channel: the images to which it answers most strongly, the strongest on the left, {searched}.",
        "The strongest examples look purer than the rest of what a channel answers to.",
    )


def draw_made_images(look: MadeLook, subject: Subject) -> Picture:
    """Draw the image made for each class above the real one that is nearest to it, a blank where none was looked at."""
    data = subject.data
    blank = np.full(data.image_shape, 255, dtype=np.uint8)
    real = np.stack([data.train.images[place] if place >= 0 else blank for place in look.beside])
    notes = [probability_in_words(value) for value in look.judged.moved]
    least = int(np.argmin(look.judged.moved))
    calibrated = "" if subject.network.temperature != 1 else " (not calibrated)"
    return Picture(
        "interpret-maximisation",
        plot_maximisation(look.made.images, real, list(data.short_names), notes),
        "An image made for each class, above a real one that is near",
        f"{len(real)} made images with real ones below; the network's probability for the made ones, averaged over the views "
        f"that they were made for, is least for {data.class_names[least]}: {notes[least]}.",
        f"What the network would most like to see for each class, made from noise; p is its probability{calibrated}, averaged "
        f"over the views that the image was made for ({views_in_words(subject.network.symmetry)}). Below, the nearest image of "
        f"the class {among(look.searched, subject)}.",
        "It is what suffices for this network, not what the class looks like; the likeness to real images comes in part from "
        "the colours and shapes that it is made of.",
    )


_MEANING: dict[Symmetry, str] = {
    "none": "Here a turned or mirrored image may mean something else, so that its answer may change.",
    "mirror": "Here a turned image may mean something else, so that its answer may change; a mirrored one means the same.",
    "mirror and quarter turns": "Here a turned or mirrored image means the same.",
}


def draw_symmetry(found: SymmetryResponse, symmetry: Symmetry) -> Picture:
    """Draw the response to turning and to the other moves, for images of a symmetry."""
    worst = int(np.argmax(found.changed))
    most = (
        f"most: {found.moves[worst]}, {percent(found.changed[worst])}"
        if found.changed[worst]
        else "none does"
    )
    return Picture(
        "interpret-symmetry",
        plot_symmetry_response(found.degrees, found.turned, found.moves, found.changed, len(found.labels)),
        "What moves the answer: turns, mirrors, shifts and colours",
        f"Probability of the answer as {len(found.labels)} images are turned through 360 degrees, and the part whose answer "
        f"changes under {len(found.moves)} other moves; {most}.",
        "Above, the probability of the class that the network names, as the image is turned; below, how many answers change.",
        f"{_MEANING[symmetry]} Turns other than quarter turns blur small images a little and repeat their edge, which itself "
        "moves the answer.",
    )
