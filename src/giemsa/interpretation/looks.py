"""The looks that a run gets, each from a :class:`Subject` to a small result: what `interpret` puts together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from giemsa.errors import ModelError
from giemsa.interpretation.activation_maximisation import Maximisation, maximise_activation, settings_for
from giemsa.interpretation.attribution import attribute
from giemsa.interpretation.examples import ClassExamples, Neighbours, class_examples, nearest_images
from giemsa.interpretation.feature_maps import FeatureMaps, channel_responses, feature_maps, most_exciting
from giemsa.interpretation.feature_space import FeatureSpace, map_features
from giemsa.interpretation.interval import Mean
from giemsa.interpretation.layers import Layer
from giemsa.interpretation.pointing_game import Mosaics, choose_quarters, make_mosaics, takes_mosaics
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.symmetry_response import SymmetryResponse, symmetry_response
from giemsa.interpretation.target import Target
from giemsa.interpretation.transfer import MadeImages, judge_made_images
from giemsa.interpretation.trust import MethodTrust, Sample, centre_gain, judge_methods, pointing_baselines
from giemsa.progress import Progress
from giemsa.seeds import derive_seed

TUTORIAL_IMAGE = 20


@dataclass(frozen=True, eq=False)
class MapsLook:
    """Feature maps of one training image, and the training images that excite a layer's channels.

    Parameters
    ----------
    index : place of that image in train.
    maps : of an early and of the last layer.
    layer : whose channels are excited.
    channels : ``(c,)``, the numbers of those that vary most.
    exciting : ``(c, k)``, places in train, the strongest first.
    searched : training images that were looked at.
    """

    index: int
    maps: tuple[FeatureMaps, ...]
    layer: str
    channels: np.ndarray
    exciting: np.ndarray
    searched: int


@dataclass(frozen=True, eq=False)
class MadeLook:
    """An image made for each class, judged.

    Parameters
    ----------
    made, judged : the images, in the order of the labels, and how far they convince.
    beside : ``(classes,)``, place in train of the nearest image of the class; -1 where none was looked at.
    searched : training images that were looked at.
    """

    made: Maximisation
    judged: MadeImages
    beside: np.ndarray
    searched: int


@dataclass(frozen=True, eq=False)
class AttributionLook:
    """Maps of each method for an image of each class, and what the checks say of the methods.

    Parameters
    ----------
    places, explained : ``(k,)``, places in the split that is looked at, and the class that is explained of each.
    maps : ``(k, height, width)`` by method, as :func:`giemsa.interpretation.attribution.attribute` gives them.
    trust : what the checks found, a method each.
    baselines : what pointing without looking scores, by name.
    centre_gain : what a spot in the middle gains where the methods are covered and uncovered.
    left_out : a sentence on each method that the network does not allow.
    """

    places: np.ndarray
    explained: np.ndarray
    maps: dict[str, np.ndarray]
    trust: tuple[MethodTrust, ...]
    baselines: dict[str, Mean]
    left_out: tuple[str, ...]
    centre_gain: Mean | None = None


@dataclass(frozen=True, eq=False)
class SpaceLook:
    """The map of the features, and what lies next to what.

    Parameters
    ----------
    places, predicted : ``(n,)``, places in the split that is looked at, and the class that the network names.
    space : their places on the maps.
    train_places : ``(m,)``, places in train of the images among which the others are found.
    classes : typical and odd ones of each class, as places among the ``m``.
    queries : ``(q,)``, places among the ``n`` whose neighbours are found, wrong answers first.
    neighbours : of these, as places among the ``m``.
    """

    places: np.ndarray
    predicted: np.ndarray
    space: FeatureSpace
    train_places: np.ndarray
    classes: tuple[ClassExamples, ...]
    queries: np.ndarray
    neighbours: Neighbours


def look_at_maps(subject: Subject, layers: tuple[Layer, ...]) -> MapsLook:
    """Take the maps of an early and of the last layer for train image 20, the tutorial's."""
    train = subject.data.train
    index = min(TUTORIAL_IMAGE, len(train) - 1)
    pixels = subject.pixels(train, np.array([index]))
    early, late = early_and_late(layers)
    maps = tuple(feature_maps(subject.network, pixels, name)[0] for name in dict.fromkeys((early, late)))
    places = subject.sample(train.labels, subject.held, "exciting")
    responses = channel_responses(subject.network, subject.pixels(train, places), late)
    channels = np.sort(np.argsort(-responses.std(axis=0), kind="stable")[:8])
    exciting = places[most_exciting(responses, 5)[channels]]
    return MapsLook(index, maps, late, channels, exciting, len(places))


def early_and_late(layers: tuple[Layer, ...]) -> tuple[str, str]:
    """Name the first layer that pools (or the first with maps) and the last with maps of at least 4x4.

    Raises
    ------
    ModelError : no layer gives out maps.
    """
    with_maps = [layer for layer in layers if layer.has_maps]
    if not with_maps:
        raise ModelError("no layer of the network gives out maps (channels, height, width) in a single call")
    pooled = [layer for layer in with_maps if "Pool" in layer.kind]
    large = [layer for layer in with_maps if layer.has_large_maps]
    return (pooled or with_maps)[0].name, (large or with_maps)[-1].name


def look_at_made_images(subject: Subject, progress: Progress | None = None) -> MadeLook:
    """Make an image for each class and judge it against the training images."""
    train = subject.data.train
    labels = np.arange(len(subject.data.class_names))
    like = subject.like()
    pixels = subject.pixels(train, like)
    made = maximise_activation(
        subject.network,
        Target(torch.eye(len(labels))),
        like=pixels,
        settings=settings_for("default", len(subject.views)),
        seed=derive_seed(subject.seed, "maximisation"),
        progress=progress,
    )
    images = torch.from_numpy(made.images).permute(0, 3, 1, 2)
    judged = judge_made_images(
        subject.network, images, labels, real=pixels, real_labels=train.labels[like], views=subject.views
    )
    beside = np.array([like[place] if place >= 0 else -1 for place in judged.nearest])
    return MadeLook(made, judged, beside, len(like))


def look_at_attributions(subject: Subject, progress: Progress | None = None) -> AttributionLook:
    """Draw each method's maps for one image of each class, and check the methods on more.

    Raises
    ------
    ModelError : the network allows no method.
    """
    split = subject.looked_at
    probabilities = subject.network.probabilities(np.asarray(split.images))
    predicted = probabilities.argmax(axis=1)
    right = np.flatnonzero(predicted == split.labels)
    checked = right if len(right) else np.arange(len(split))
    chosen = checked[subject.sample(split.labels[checked], subject.amounts.checked, "checks")]
    mosaics = _mosaics(subject, right, probabilities)
    sample = Sample(subject.pixels(split, chosen), predicted[chosen], mosaics)
    trust, left_out = judge_methods(subject.network, sample, seed=subject.seed, progress=progress)
    if not trust:
        raise ModelError(f"no method fits the network ({' '.join(left_out)})")
    places = np.array([chosen[predicted[chosen] == label][0] for label in np.unique(predicted[chosen])])
    pixels = subject.pixels(split, places)
    maps = {x.method: attribute(subject.network, pixels, predicted[places], x.method) for x in trust}
    baselines = pointing_baselines(mosaics, seed=subject.seed) if mosaics else {}
    middle = centre_gain(subject.network, sample, seed=subject.seed)
    return AttributionLook(places, predicted[places], maps, trust, baselines, left_out, middle)


def _mosaics(subject: Subject, right: np.ndarray, probabilities: np.ndarray) -> Mosaics | None:
    """Make mosaics of right answers, where the network takes them and four classes have some; no more than surer ones fill."""
    split = subject.looked_at
    labels = split.labels[right]
    if len(np.unique(labels)) < 4:
        return None
    some = right[subject.sample(labels, 8, "mosaics taken")]
    if not takes_mosaics(subject.network, subject.pixels(split, some)):
        return None
    surer = (np.bincount(labels) + 1) // 2
    quarters = choose_quarters(
        labels,
        probabilities[right].max(axis=1),
        count=max(1, min(subject.amounts.mosaics, int(surer.sum()) // 4)),
        generator=subject.generator("mosaics"),
    )
    pixels = subject.pixels(split, right[quarters].ravel())
    return make_mosaics(pixels.unflatten(0, quarters.shape), labels[quarters])


def look_at_space(subject: Subject) -> SpaceLook:
    """Map the features, and find neighbours, prototypes and odd ones among the training images."""
    split, train, network = subject.looked_at, subject.data.train, subject.network
    places = subject.sample(split.labels, subject.amounts.mapped, "map")
    features = subject.features(split, places)
    predicted = network.probabilities(np.asarray(split.images[places])).argmax(axis=1)
    train_places = subject.sample(train.labels, subject.amounts.compared, "neighbours")
    train_features = subject.features(train, train_places)
    wrong = np.flatnonzero(predicted != split.labels[places])
    queries = np.concatenate([wrong, np.flatnonzero(predicted == split.labels[places])])[:6]
    return SpaceLook(
        places,
        predicted,
        map_features(features, seed=derive_seed(subject.seed, "map") % 2**32),
        train_places,
        class_examples(train_features, train.labels[train_places], len(subject.data.class_names), count=4),
        queries,
        nearest_images(train_features, features[queries], count=5),
    )


def look_at_symmetry(subject: Subject) -> SymmetryResponse:
    """Move images of each class and follow the probability of the class that is predicted."""
    split = subject.looked_at
    places = subject.sample(split.labels, subject.amounts.turned, "symmetry")
    predicted = subject.network.probabilities(np.asarray(split.images[places])).argmax(axis=1)
    return symmetry_response(subject.network, subject.pixels(split, places), predicted)
