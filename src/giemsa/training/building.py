"""From data and a recipe to a classifier that is ready to be trained."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.data.statistics import channel_statistics
from giemsa.errors import DataError, ModelError
from giemsa.models import build_model
from giemsa.seeds import derive_seed
from giemsa.training.classifier import Classes, Classifier, Preprocessing, place
from giemsa.training.device import Compute
from giemsa.training.recipes import Recipe


def check_trainable(data: ImageDataset) -> None:
    """Refuse data that no network can learn from.

    Raises
    ------
    DataError : fewer than two classes in train, or an empty train or val split.
    """
    check_not_empty(data)
    present = np.unique(data.train.labels)
    if len(present) < 2:
        raise DataError(
            f"all {len(data.train)} training images of {data.name} are of one class "
            f"({data.class_names[int(present[0])]}): a classifier needs at least two"
        )


def check_not_empty(data: ImageDataset) -> None:
    """Refuse data without images to learn from or to look at; a :class:`DataError` names the split."""
    for name in ("train", "val"):
        if not len(data.splits[name]):
            raise DataError(
                f"the {name} split of {data.name} is empty: training needs images in train and val"
            )


def build_classifier(
    data: ImageDataset,
    recipe: Recipe,
    *,
    seed: int,
    compute: Compute,
    network: nn.Module | None = None,
    symmetry: Symmetry | None = None,
) -> Classifier:
    """Return the classifier before the first step: fresh weights from the seed, or the user's own ``network``.

    Raises
    ------
    ModelError : the network does not give one logit a class for these images.
    """
    height, width, channels = data.image_shape
    if network is None:
        if height != width:
            raise ModelError(
                f"the package's networks take square images, these are {height}x{width}; use --size"
            )
        generator = torch.Generator().manual_seed(derive_seed(seed, "initialisation"))
        n_classes = len(data.class_names)
        network = build_model(
            recipe.model, channels=channels, n_classes=n_classes, size=height, generator=generator
        )
    by_data = recipe.standardize == "data"
    mean, std = _mean_and_std(data.train.images) if by_data else ((0.0,) * channels, (1.0,) * channels)
    preprocessing = Preprocessing(
        data.image_shape,
        mean,
        std,
        data.card.source_geometry,
        cast(str, data.source.get("fit", "crop")),
        each_image=recipe.standardize == "image",
        white=data.card.white,
    )
    kind = symmetry or data.card.symmetry or "none"
    classes = Classes(data.class_names, data.short_names, symmetry=kind, compute=compute)
    classifier = Classifier(network, preprocessing, classes).to(compute.device)
    _check_output(classifier)  # layers that learn their size from the first images know it now
    return place(classifier)


def _mean_and_std(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel; of a channel that never varies, the smallest step of a pixel."""
    statistics = channel_statistics(images)
    return statistics.mean, tuple(max(sd, 1 / 255) for sd in statistics.sd)


def _check_output(classifier: Classifier) -> None:
    height, width, channels = classifier.image_shape
    expected = (2, len(classifier.class_names))
    classifier.eval()
    try:
        with torch.no_grad():
            pixels = torch.zeros(2, channels, height, width, device=classifier.classes.compute.device)
            shape = tuple(classifier(pixels).shape)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"the network does not take images of {height}x{width} pixels and {channels} channels: {reason}"
        ) from error
    if shape != expected:
        raise ModelError(f"the network must give logits {expected} for two images, it gives {shape}")
