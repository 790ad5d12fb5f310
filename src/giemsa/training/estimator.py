"""The whole training behind scikit-learn's interface, so that its cross-validation, searches and calibration take images.

What a mistake raises is a ``ValueError`` here and not a ``GiemsaError``: scikit-learn's tools expect it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d
from torch import nn

from giemsa.data.dataset import DataCard, ImageDataset, Split, Symmetry
from giemsa.errors import GiemsaError
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import Recipe, get_recipe
from giemsa.training.views import choose_views

NetworkMaker = Callable[[int, int], nn.Module]


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """An image classifier for scikit-learn: ``fit``, ``predict``, ``predict_proba``, ``score``.

    No run folder is written and no test set is known: whoever cross-validates keeps the record. A part of the images that ``fit``
    is given is set aside as validation split, stratified by class.

    Parameters
    ----------
    recipe : a recipe or its name.
    epochs, learning_rate : in the place of the recipe's own, for searches; ``None`` leaves it. With ``epochs`` given, a least
        number of steps does not hold.
    model : a function from channels and number of classes to a fresh network that gives logits, called by each ``fit``;
        ``None`` takes the recipe's network.
    symmetry : the moves under which a label holds: ``none``, ``mirror``, or ``mirror and quarter turns``.
    val_fraction : share of the images that is set aside, above 0 and below 1.
    views : average the probabilities over 1, or over the 2 or 8 views that the symmetry allows.
    device : ``auto``, ``cpu``, ``cuda`` or ``mps``.
    random_state : a seed, a ``RandomState``, or ``None`` for another training each time.

    Attributes
    ----------
    classes_ : the labels as they came, sorted, ``(n_classes,)``.
    classifier_ : the trained :class:`giemsa.Classifier`.
    history_ : a tuple of :class:`giemsa.Epoch`.
    image_shape_ : height, width and channels.

    Examples
    --------
    >>> import giemsa
    >>> data = giemsa.load("bloodmnist")
    >>> cells = giemsa.ImageClassifier(epochs=1, symmetry="mirror and quarter turns")
    >>> cells.fit(data.train.images[:64], data.train.labels[:64]).predict_proba(data.test.images[:2]).shape
    (2, 8)
    """

    def __init__(
        self,
        *,
        recipe: str | Recipe = "fast",
        epochs: int | None = None,
        learning_rate: float | None = None,
        model: NetworkMaker | None = None,
        symmetry: Symmetry = "none",
        val_fraction: float = 0.1,
        views: int = 1,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.recipe = recipe
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.model = model
        self.symmetry = symmetry
        self.val_fraction = val_fraction
        self.views = views
        self.device = device
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: Any) -> Self:
        """Train on images.

        Parameters
        ----------
        X : ``(n, height, width, channels)``, or ``(n, height, width)`` for greyscale; ``uint8``, 0 to 255.
        y : ``(n,)``, labels of any kind that can be sorted.

        Raises
        ------
        ValueError : other shapes, types or lengths, fewer than two classes, or an argument that is not known or does not fit.
        """
        images, labels = _as_images(X), self._as_labels(y)
        if len(images) != len(labels):
            raise ValueError(
                f"{len(images)} images came with {len(labels)} labels; one label an image is expected"
            )
        random = check_random_state(self.random_state)
        seed = int(random.randint(np.iinfo(np.int32).max))
        data = self._as_dataset(images, labels, np.random.default_rng(seed))
        try:
            self._train(data, seed)
        except GiemsaError as error:
            raise ValueError(str(error)) from error
        return self

    def _train(self, data: ImageDataset, seed: int) -> None:
        recipe = self._recipe()
        choose_views(self.symmetry, self.views)
        compute = choose_compute(self.device, recipe.precision)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # of layers, too, that draw their weights when they see the first images
            network = self._network(data.image_shape[-1])
            classifier = build_classifier(data, recipe, seed=seed, compute=compute, network=network)
        self.history_ = tuple(fit(classifier, data, recipe, seed=seed))
        self.classifier_ = classifier.eval()
        self.image_shape_ = classifier.image_shape

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, ``(n, n_classes)``, in the order of ``classes_``.

        Raises
        ------
        NotFittedError : ``fit`` was not called.
        ValueError : images of another shape than those of ``fit``.
        """
        check_is_fitted(self)
        images = _as_images(X)
        if images.shape[1:] != self.image_shape_:
            raise ValueError(
                f"the images have height, width, channels {images.shape[1:]}, fit was given {self.image_shape_}"
            )
        return self.classifier_.probabilities(images, views=self.views)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable class of each image, ``(n,)``, as one of ``classes_``."""
        places = self.predict_proba(X).argmax(axis=1)
        return self.classes_[places]

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    def _recipe(self) -> Recipe:
        recipe = get_recipe(self.recipe)
        if self.epochs is not None:
            recipe = recipe.for_epochs(self.epochs)
        return recipe if self.learning_rate is None else recipe.replace(learning_rate=self.learning_rate)

    def _network(self, channels: int) -> nn.Module | None:
        if self.model is None:
            return None
        if not callable(self.model) or isinstance(self.model, nn.Module):
            given = " ".join(repr(self.model).split())[:60]
            raise ValueError(
                "model must be a function from channels and number of classes to a fresh network, it is "
                f"{given}; the package's own networks are named in the recipe: recipe.replace(model=...)"
            )
        return self.model(channels, len(self.classes_))

    def _as_labels(self, y: Any) -> np.ndarray:
        if y is None:
            raise ValueError("this classifier requires y to be passed, but the target y is None")
        target = column_or_1d(y, warn=True)
        assert_all_finite(target, input_name="y")
        check_classification_targets(target)
        self.classes_, labels = np.unique(target, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"a classifier needs at least two classes, the labels hold {len(self.classes_)} class"
            )
        return labels.astype(np.int64)

    def _as_dataset(self, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> ImageDataset:
        if not 0 < self.val_fraction < 1:
            raise ValueError(f"val_fraction must be above 0 and below 1, got {self.val_fraction}")
        names = tuple(str(name) for name in self.classes_)
        card = DataCard("images", "images", "", "", names, images.shape[-1], symmetry=self.symmetry)
        whole = Split(images, labels, [str(i) for i in range(len(labels))])
        is_val = _choose_val(labels, self.val_fraction, rng)
        train, val = whole.subset(np.flatnonzero(~is_val)), whole.subset(np.flatnonzero(is_val))
        return ImageDataset(card, train, val, whole.subset(np.empty(0)))


def _as_images(X: Any) -> np.ndarray:
    if issparse(X):
        raise TypeError("sparse input is not supported: an image has a value at every pixel")
    images = np.asarray(X)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(
            f"expected uint8 images (n, height, width, channels) or (n, height, width), got {images.dtype} {images.shape}"
        )
    if images.shape[-1] not in (1, 3) or not images.size:
        raise ValueError(
            f"expected at least one image of 1 or 3 channels, got images of shape {images.shape}"
        )
    return images


def _choose_val(labels: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Mark about ``fraction`` of each class, never its last image, and at least one image in all."""
    is_val = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        is_val[places[: min(round(fraction * len(places)), len(places) - 1)]] = True
    if not is_val.any():
        largest = np.bincount(labels).argmax()
        places = np.flatnonzero(labels == largest)
        if len(places) < 2:
            raise ValueError(
                f"{len(labels)} images of {len(labels)} classes: none could be set aside for validation"
            )
        is_val[places[-1]] = True
    return is_val
