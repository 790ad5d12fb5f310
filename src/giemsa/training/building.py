"""From data and a recipe to a classifier that is ready to be trained."""

from __future__ import annotations

from itertools import chain
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from giemsa.data.dataset import ImageDataset, Symmetry
from giemsa.data.statistics import channel_statistics
from giemsa.errors import DataError, ModelError
from giemsa.models.build import build_model, check_model
from giemsa.seeds import derive_seed
from giemsa.training.classifier import Classes, Classifier, Preprocessing, place
from giemsa.training.device import Compute, find_device
from giemsa.training.recipes import Recipe


def check_choices(recipe: Recipe, device: str, network: nn.Module | None = None) -> None:
    """Refuse, before any data are read, a device that this machine has not, or a network that there is not.

    Raises
    ------
    GiemsaError : the text gives those that there are.
    """
    find_device(device)
    if network is None:
        check_model(recipe.model)


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
    ModelError : the network does not give one logit a class for these images, or has nothing to learn.
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
    classifier = Classifier(network, preprocessing, classes)
    logits = check_output(classifier)  # layers that learn their size from the first images know it now
    _refuse_probabilities(logits)
    _check_weights(network)
    return place(classifier)


def _mean_and_std(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel; of a channel that never varies, the smallest step of a pixel."""
    statistics = channel_statistics(images)
    return statistics.mean, tuple(max(sd, 1 / 255) for sd in statistics.sd)


def check_output(classifier: Classifier) -> Tensor:
    """Bring a classifier to where it computes, and return its logits of two black images.

    Raises
    ------
    ModelError : the network does not take or give what it should.
    """
    if not isinstance(classifier.network, nn.Module):
        raise ModelError(_no_module_words(classifier.network))
    if isinstance(classifier.network, Classifier):
        raise ModelError(
            "a Classifier standardises images by itself: give the network within it, classifier.network, "
            "or to keep the classifier as it is a copy.deepcopy of that"
        )
    height, width, channels = classifier.image_shape
    expected = (2, len(classifier.class_names))
    classifier.eval()
    device = classifier.classes.compute.device
    try:
        classifier.to(device)
        with torch.no_grad():
            logits = classifier(torch.zeros(2, channels, height, width, device=device))
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError) as error:
        raise ModelError(_why_not_taken(classifier, error)) from error
    refuse_no_logits(logits)
    if tuple(logits.shape) != expected:
        raise ModelError(
            f"the network must give logits {expected} for two images, it gives {tuple(logits.shape)}"
        )
    return logits


def _no_module_words(network: object) -> str:
    words = f"the network must be an nn.Module, it is {network!r:.60}"
    if isinstance(network, str):
        return f"{words}: the package's own are named in the recipe, recipe.replace(model={network!r:.60})"
    return f"{words}: give an instance of it" if isinstance(network, type) else words


def refuse_no_logits(output: object) -> None:
    """Refuse what is no tensor of real numbers, such as a tuple that holds one, with a :class:`ModelError`."""
    if not isinstance(output, Tensor):
        raise ModelError(
            f"the network must give its logits as one tensor, it gives a {type(output).__name__}: "
            "wrap it in a module whose forward returns the logits alone"
        )
    if not output.is_floating_point():
        raise ModelError(
            f"the network must give its logits as real numbers, such as torch.float32, it gives {output.dtype}"
        )


def _check_weights(network: nn.Module) -> None:
    """Refuse a network that has nothing to learn, or what can be neither moved as it should nor kept."""
    if any(map(is_lazy, chain(network.parameters(), network.buffers()))):
        raise ModelError(
            "the network has a lazy layer that no image passes: take it out, or give it its size"
        )
    if not all(isinstance(value, Tensor) for value in network.state_dict().values()):
        raise ModelError("the network keeps more than tensors (get_extra_state), and that cannot be written")
    learnt = {parameter.dtype for parameter in network.parameters() if parameter.requires_grad}
    if not learnt:
        raise ModelError("the network has no weight to learn: no parameter of it has requires_grad=True")
    if any(dtype.is_complex for dtype in learnt):
        raise ModelError(
            "the network has complex weights: hold their real and imaginary parts as weights apart"
        )
    coarse = learnt - {torch.float32, torch.float64}
    if coarse:
        raise ModelError(_dtype_words(coarse))


def _dtype_words(dtypes: set[torch.dtype]) -> str:
    return (
        f"the network's weights are {', '.join(sorted(map(str, dtypes)))}, images come as torch.float32: "
        "call network.float(); the recipe's precision says in which format it computes"
    )


def _why_not_taken(classifier: Classifier, error: Exception) -> str:
    height, width, channels = classifier.image_shape
    weights = list(classifier.network.parameters())
    if any(weight.is_meta for weight in weights):
        return "the network's weights are on the device meta, where they have no values: build it on the CPU"
    other = {weight.dtype for weight in weights if weight.dtype.is_floating_point} - {torch.float32}
    if other:
        return _dtype_words(other)
    reason = " ".join(str(error).split())[:200]
    return f"the network does not take images of {height}x{width} pixels and {channels} channels: {reason}"


def _refuse_probabilities(logits: Tensor) -> None:
    if logits.is_meta:  # a device on which nothing has a value
        return
    if (logits >= 0).all() and ((logits.float().sum(dim=1) - 1).abs() < 1e-5).all():
        raise ModelError(
            "the network gives probabilities (they sum to one), and training takes the softmax of what it gives: "
            "leave out its own, so that it gives logits"
        )
