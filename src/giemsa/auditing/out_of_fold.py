"""The one file of the audit that trains: probabilities for every image from networks that have not seen it.

Train is cut into folds; duplicates, and images of one patient, stay in one fold. The images of val and test are held out from
every fold and get the mean of all networks, but for those with a copy in train: they get the network that did not see the copy.
A network that saw no image of a class is not asked about that class's images, unless there is no other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from giemsa.auditing.pool import Pool
from giemsa.data.dataset import ImageDataset
from giemsa.data.shrinking import shrink
from giemsa.data.splitting import assign_folds
from giemsa.models.convnet import convnet_network
from giemsa.progress import Progress
from giemsa.seeds import derive_seed
from giemsa.training.brief import train_briefly
from giemsa.training.classifier import Classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import epochs_of
from giemsa.training.recipes import Recipe, get_recipe

# channels of the network, about half the work of that of the recipe ``fast``
BLOCKS = ((16,), (48,), (96, 96))
LARGEST = 64  # pixels; larger images are shrunk: to doubt a label takes no fine detail
LEAST_STEPS = 180  # a small set is passed over more often


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What networks say about images that they have not seen.

    Parameters
    ----------
    probabilities : ``(n, classes)``, ``float64``, in the order of the pool.
    features : ``(n, dimensions)`` input of the last layer, from the network of the first fold; ``None`` where not asked for.
    judged : ``(n,)`` of truth values: whether a network that may judge the image has seen others of its class.
    folds : number of folds.
    """

    probabilities: np.ndarray
    features: np.ndarray | None
    judged: np.ndarray
    folds: int


def short_recipe(epochs: int) -> Recipe:
    """Return the recipe ``fast``, cut short: enough to doubt a label, not to be proud of.

    No image is skipped: what a network finds hard are the wrong labels, and those must not be shown more often. Nor is any
    shifted, which only longer trainings repay.
    """
    fast = get_recipe("fast")
    return fast.replace(
        name="audit",
        epochs=epochs,
        minimum_steps=LEAST_STEPS,
        selection="last",
        patience=None,
        label_smoothing=0.1,
        skip_known=0.0,
        shift_pixels=0,
    )


def predict_out_of_fold(
    pool: Pool,
    groups: np.ndarray,
    *,
    folds: int = 3,
    epochs: int = 3,
    with_features: bool = False,
    seed: int = 0,
    device: str = "auto",
    progress: Progress | None = None,
) -> OutOfFold:
    """Train a short time for each fold of train and predict what was held out.

    Parameters
    ----------
    pool : the images.
    groups : ``(n,)`` integers; images of one group (duplicates, a patient) stay in one fold. Train needs ``folds`` of them.
    folds : number of folds, at least 2.
    epochs : passes over the training images; more for small sets.
    with_features : also ask the first network for its features of every image.
    seed : source of folds and trainings.
    device : ``auto``, ``cpu``, ``cuda`` or ``mps``.
    progress : called with epochs done, epochs in all, and words.

    Raises
    ------
    GiemsaError : the training is refused or diverges.
    """
    pool = Pool(shrink(pool.data, LARGEST))
    in_train = np.flatnonzero(pool.split_of == 0)
    fold_of = assign_folds(pool.labels[in_train], groups[in_train], folds, seed=derive_seed(seed, "folds"))
    unseen = held_out(len(pool), in_train, fold_of, groups, folds)
    known = classes_known(pool.labels[in_train], fold_of, folds, len(pool.data.class_names))[pool.labels]
    judged = (unseen & known).any(axis=1)
    asked = np.where(judged[:, None], unseen & known, unseen)
    recipe = short_recipe(epochs)
    sums = np.zeros((len(pool), len(pool.data.class_names)))
    features = None
    for fold in range(folds):
        learnt = in_train[fold_of != fold]
        told = _fold_progress(progress, fold, folds, epochs_of(recipe, len(learnt)))
        classifier = _train(
            pool.data, learnt, recipe, seed=derive_seed(seed, "fold", fold), device=device, progress=told
        )
        places = np.flatnonzero(asked[:, fold])
        sums[places] += classifier.probabilities(pool.images[places])
        if fold == 0 and with_features:
            features = classifier.features(pool.images[:])
    return OutOfFold(sums / asked.sum(axis=1, keepdims=True), features, judged, folds)


def held_out(n: int, in_train: np.ndarray, fold_of: np.ndarray, groups: np.ndarray, folds: int) -> np.ndarray:
    """Return which network may judge which image, ``(n, folds)`` of truth values: not one that saw it or its copy."""
    fold_of_group = np.full(int(groups.max()) + 1, -1)
    fold_of_group[groups[in_train]] = fold_of
    fold = fold_of_group[groups]
    return (fold[:, None] == np.arange(folds)) | (fold[:, None] < 0)


def classes_known(labels: np.ndarray, fold_of: np.ndarray, folds: int, n_classes: int) -> np.ndarray:
    """Return which class each fold's network saw, ``(classes, folds)`` of truth values: it learns from the other folds.

    Parameters
    ----------
    labels, fold_of : ``(m,)``, of the images of train.
    folds, n_classes : how many there are.
    """
    counts = np.zeros((n_classes, folds), dtype=np.int64)
    np.add.at(counts, (labels, fold_of), 1)
    return counts.sum(axis=1, keepdims=True) > counts


def _train(
    data: ImageDataset,
    places: np.ndarray,
    recipe: Recipe,
    *,
    seed: int,
    device: str,
    progress: Progress | None = None,
) -> Classifier:
    """Train the audit's own network on the images of train at ``places``."""
    height, width, channels = data.image_shape
    network = convnet_network(
        channels=channels,
        n_classes=len(data.class_names),
        size=min(height, width),
        generator=torch.Generator().manual_seed(derive_seed(seed, "initialisation")),
        blocks=BLOCKS,
    )
    return train_briefly(
        data, places, recipe, seed=seed, compute=choose_compute(device), network=network, progress=progress
    )


def _fold_progress(progress: Progress | None, fold: int, folds: int, epochs: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _, __: progress(fold * epochs + done, folds * epochs, f"fold {fold + 1} of {folds}")


def measure_learning_curve(
    pool: Pool,
    groups: np.ndarray,
    *,
    fractions: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8),
    epochs: int = 2,
    seed: int = 0,
    device: str = "auto",
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Train on growing fractions of train and count errors on a fifth of it that is held out.

    Every training makes the same number of steps, so that fewer images are not also less training.

    Returns
    -------
    tuple : numbers of training images ``(points,)``, errors ``(points,)``, and the number of images held out.
    """
    pool = Pool(shrink(pool.data, LARGEST))
    in_train = np.flatnonzero(pool.split_of == 0)
    fifth = assign_folds(pool.labels[in_train], groups[in_train], 5, seed=derive_seed(seed, "curve"))
    held, rest = in_train[fifth == 0], in_train[fifth != 0]
    order = np.random.default_rng(derive_seed(seed, "curve order")).permutation(rest)
    fast = get_recipe("fast")
    steps = max(LEAST_STEPS, epochs * len(rest) // fast.batch_size)
    recipe = short_recipe(1).replace(minimum_steps=steps, least_batch_size=fast.batch_size)
    sizes, errors = [], []
    for number, fraction in enumerate(fractions):
        learnt = np.sort(order[: round(fraction * len(in_train))])
        classifier = _train(pool.data, learnt, recipe, seed=derive_seed(seed, "curve", number), device=device)
        guesses = classifier.probabilities(pool.images[held]).argmax(axis=1)
        sizes.append(len(learnt))
        errors.append(float((guesses != pool.labels[held]).mean()))
        if progress:
            progress(number + 1, len(fractions), "learning curve")
    return np.array(sizes), np.array(errors), len(held)
