"""One look at a time, as the tutorial takes them: the maps of one layer for one image, an image made for one class or channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from giemsa.data.dataset import SPLITS
from giemsa.errors import DataError, ModelError, nearest_names
from giemsa.interpretation.activation_maximisation import maximise_activation, settings_for
from giemsa.interpretation.feature_maps import feature_maps
from giemsa.interpretation.probabilities import class_probabilities
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.target import Target, channel_target, class_target
from giemsa.interpretation.words import probability_in_words
from giemsa.plots.feature_maps import drawn_of, plot_feature_maps, shades_of
from giemsa.plots.gallery import Picture
from giemsa.plots.maximisation import plot_maximisation
from giemsa.progress import Progress
from giemsa.seeds import derive_seed

NAME_LETTERS = 40  # of a class's name in that of a file


@dataclass(frozen=True, eq=False)
class SingleLook:
    """A picture, the array that it draws, and its facts.

    Parameters
    ----------
    picture : what is drawn.
    values : maps ``(channels, height, width)``, or a made image ``(height, width, channels)``.
    facts : for JSON.
    """

    picture: Picture
    values: np.ndarray
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the facts."""
        return self.facts


def look_at_layer(subject: Subject, layer: str, address: str = "train/20") -> SingleLook:
    """Draw the maps of one layer for one image.

    Parameters
    ----------
    subject : a run, opened by :func:`giemsa.interpretation.subject.open_subject`.
    layer : its name, such as ``pool1``.
    address : the image as ``split/number``, counted from 0.

    Raises
    ------
    DataError : no such image.
    ModelError : no such layer, or one without maps.
    """
    split_name, index = find_image(subject, address)
    split = subject.data.splits[split_name]
    maps = feature_maps(subject.network, subject.pixels(split, np.array([index])), layer)[0]
    name = subject.data.class_names[int(split.labels[index])]
    picture = Picture(
        f"interpret-feature-maps-{layer.replace('.', '-')}-{split_name}-{index}",
        plot_feature_maps(
            split.images[index], maps.maps, layer=layer, caption=f"{split_name} image {index}, {name}"
        ),
        f"What {layer} makes of {split_name} image {index}",
        f"{len(maps.maps)} grey maps of {layer} for {split_name} image {index} ({name}){drawn_of(len(maps.maps), None)}; "
        f"{maps.silent} are blank.",
        f"How strongly each of {len(maps.maps)} channels answers at each place of the image; {shades_of(maps.maps)}.",
        "A bright map says where a channel answers, not whether the class depends on it.",
    )
    facts = {"layer": layer, "image": f"{split_name}/{index}", "class": name, "shape": list(maps.maps.shape)}
    return SingleLook(picture, maps.maps, facts | {"blank": maps.silent, "figure": picture.name})


def look_at_maximum(
    subject: Subject, wanted: str, *, settings: str = "default", progress: Progress | None = None
) -> SingleLook:
    """Make an image for one class, or for one channel, and draw it beside a real image of the class.

    Parameters
    ----------
    subject : a run, opened by :func:`giemsa.interpretation.subject.open_subject`.
    wanted : a class name, its short name or its label; or ``LAYER:CHANNEL``, such as ``conv2:4``.
    settings : ``default`` or ``tutorial``.
    progress : called with steps done, all steps, and a word.

    Raises
    ------
    ModelError : no such class, layer, channel or settings.
    """
    chosen = settings_for(settings, len(subject.views))
    train = subject.data.train
    target, label = find_wanted(subject, wanted)
    like = subject.like()
    made = maximise_activation(
        subject.network,
        target,
        like=subject.pixels(train, like),
        settings=chosen,
        seed=derive_seed(subject.seed, "maximisation"),
        progress=progress,
    )
    score = float(made.scores[0])
    facts: dict[str, Any] = {"maximised": wanted, "settings": settings, "score": round(score, 4)}
    real, note = None, f"activation {score:z.2f}"
    if label is not None:
        pixels = torch.from_numpy(made.images).permute(0, 3, 1, 2)
        probability = float(class_probabilities(subject.network, pixels, np.array([label]))[0])
        facts |= {"class": subject.data.class_names[label], "probability": round(probability, 6)}
        real, note = (
            train.images[like[train.labels[like] == label][:1]],
            f"logit {score:z.1f}, {probability_in_words(probability)}",
        )
        real = real if len(real) else None
    about = wanted if label is None else f"{label}-{subject.data.class_names[label][:NAME_LETTERS]}"
    figure = plot_maximisation(made.images, real, [wanted], [note])
    picture = _made_picture(_file_name(about, settings), wanted, figure, note)
    return SingleLook(picture, made.images[0], facts | {"figure": picture.name})


def find_image(subject: Subject, address: str) -> tuple[str, int]:
    """Return split and number of an address such as ``train/20``.

    Raises
    ------
    DataError : not of that form, an unknown split, or a number that the split does not have.
    """
    split_name, _, number = address.partition("/")
    if split_name not in SPLITS or not number.isdecimal():
        raise DataError(f"expected an image as split/number, such as train/20, received {address!r}")
    count = len(subject.data.splits[split_name])
    if int(number) >= count:
        raise DataError(f"{split_name} has no image {number}: its {count} images are 0 to {count - 1}")
    return split_name, int(number)


def find_wanted(subject: Subject, wanted: str) -> tuple[Target, int | None]:
    """Return the target that words name, and its class where it is one.

    Raises
    ------
    ModelError : no such class, layer or channel.
    """
    names = subject.data.class_names
    for known in (names, subject.data.short_names, tuple(str(label) for label in range(len(names)))):
        if wanted in known:
            label = known.index(wanted)
            return class_target(label, len(names)), label
    layer, colon, channel = wanted.rpartition(":")
    if colon and channel.isdecimal():
        return channel_target(subject.network, layer, int(channel), subject.network.image_shape), None
    raise ModelError(
        f"no class is called {wanted!r}; {nearest_names(wanted, list(names))} For a channel write LAYER:NUMBER, such as conv2:4"
    )


def _file_name(about: str, settings: str) -> str:
    """Name a figure after the channel, or after the number and the name of the class, since names may differ in signs alone."""
    name = "".join(letter if letter.isalnum() else "-" for letter in about.lower())
    return f"interpret-maximisation-{name}" + ("" if settings == "default" else f"-{settings}")


def _made_picture(name: str, wanted: str, figure: Any, note: str) -> Picture:
    return Picture(
        name,
        figure,
        f"An image made for {wanted}",
        f"An image made so that {wanted} answers as strongly as it can: {note}.",
        f"What the network would most like to see for {wanted}, made from noise.",
        "It is what suffices for this network, not what the class looks like.",
    )
