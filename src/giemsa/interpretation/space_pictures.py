"""The figures of the features: the map, the typical and the odd images, and the neighbours."""

from __future__ import annotations

import numpy as np

from giemsa.interpretation.looks import SpaceLook
from giemsa.interpretation.subject import Subject
from giemsa.interpretation.words import among
from giemsa.plots.feature_space import Places, plot_class_examples, plot_feature_space, plot_neighbours
from giemsa.plots.gallery import Picture


def draw_space(look: SpaceLook, subject: Subject) -> tuple[Picture, ...]:
    """Draw the map of the features, the prototypes, and neighbours."""
    return _draw_map(look, subject), _draw_examples(look, subject), _draw_neighbours(look, subject)


def _draw_map(look: SpaceLook, subject: Subject) -> Picture:
    labels = subject.looked_at.labels[look.places]
    wrong = int((labels != look.predicted).sum())
    figure = plot_feature_space(
        Places(look.space.pca, labels, look.predicted),
        Places(look.space.tsne, labels, look.predicted),
        subject.data.short_names,
        look.space.explained,
    )
    return Picture(
        "interpret-map",
        figure,
        "Images as the network sees them",
        f"{len(labels)} {subject.split_name} images on two maps of the network's features, coloured by class; {wrong} wrong "
        "answers are ringed.",
        "Each dot is an image; near ones look alike to the network. Rings are wrong answers.",
        "Two dimensions cannot keep all distances; the gaps between groups on the lower map mean nothing.",
    )


def _draw_examples(look: SpaceLook, subject: Subject) -> Picture:
    images = subject.data.train.images
    figure = plot_class_examples(
        [images[look.train_places[x.prototypes]] for x in look.classes],
        [images[look.train_places[x.oddest]] for x in look.classes],
        subject.data.short_names,
    )
    return Picture(
        "interpret-examples",
        figure,
        "Typical and odd images of each class",
        f"For each of {len(look.classes)} classes, the images nearest to the class's mean in the network's features, and the "
        f"furthest, {among(len(look.train_places), subject)}.",
        "Left, what the network takes for typical of the class; right, what fits it least.",
        "Odd is not wrong: it may be a rare form, a poor image, or a wrong label.",
    )


def _draw_neighbours(look: SpaceLook, subject: Subject) -> Picture:
    names, split, train = subject.data.short_names, subject.looked_at, subject.data.train
    queries, neighbours = look.places[look.queries], look.train_places[look.neighbours.indices]
    answers = zip(split.labels[queries], look.predicted[look.queries], strict=True)
    searched = among(len(look.train_places), subject)
    figure = plot_neighbours(
        np.asarray(split.images[queries]),
        train.images[neighbours],
        [names[label] if label == said else f"{names[label]}\n→ {names[said]}" for label, said in answers],
        [[names[label] for label in row] for row in train.labels[neighbours]],
    )
    return Picture(
        "interpret-neighbours",
        figure,
        "The training images that the network finds most alike",
        f"{len(queries)} {subject.split_name} images, wrong answers first, each with the {neighbours.shape[1]} nearest "
        f"images {searched}.",
        f"Right of each image, those whose features are nearest {searched}; their classes stand over them. "
        "An arrow leads to the answer where it is wrong.",
        "Likeness in the network's features explains an answer by example; it does not prove that these images caused it.",
    )
