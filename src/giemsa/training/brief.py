"""A short training on some of the images, for an answer about the data; nothing is selected by what it scores."""

from __future__ import annotations

import dataclasses

import numpy as np
from torch import nn

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.progress import Progress
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classifier
from giemsa.training.device import Compute
from giemsa.training.loop import epochs_of, fit
from giemsa.training.recipes import Recipe

WATCHED = 32  # images that the loop validates on


def train_briefly(
    data: ImageDataset,
    places: np.ndarray,
    recipe: Recipe,
    *,
    seed: int,
    compute: Compute,
    network: nn.Module | None = None,
    symmetry: Symmetry | None = None,
    progress: Progress | None = None,
) -> Classifier:
    """Return a classifier, trained on some images of train; val and test are not looked at.

    Parameters
    ----------
    data : only its train is learnt from.
    places : ``(m,)``, in train, each once.
    recipe : every choice of the training; it should not select weights by the validation loss.
    seed : source of the first weights, unless ``network`` has them, and of the training.
    compute : where, and in which number format.
    network : in the place of the recipe's.
    symmetry : the card's if not given, none where it says nothing.
    progress : called with epochs done, epochs in all, and a word.
    """
    train = data.train.subset(places) if len(places) < len(data.train) else data.train
    part = dataclasses.replace(data, train=train, val=train.subset(np.arange(min(WATCHED, len(train)))))
    classifier = build_classifier(
        part, recipe, seed=seed, compute=compute, network=network, symmetry=symmetry
    )
    for epoch in fit(classifier, part, recipe, seed=seed):
        if progress:
            progress(epoch.epoch, epochs_of(recipe, len(train)), "epochs")
    return classifier
