"""The loop: for each epoch, for each batch, a step; then look at val, record, keep the best, stop when nothing improves."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from giemsa.data.allocator import freed_memory_kept, settle_heaps
from giemsa.data.dataset import ImageDataset, Split
from giemsa.data.statistics import class_weights
from giemsa.errors import ModelError, RecipeError
from giemsa.progress import Progress
from giemsa.seeds import derive_seed
from giemsa.training.batches import Batch, batch_sizes, training_batches
from giemsa.training.building import (
    build_classifier,
    check_not_empty,
    check_trainable,
    refuse_no_logits,
)
from giemsa.training.classifier import Classifier
from giemsa.training.device import choose_compute, repeatable
from giemsa.training.history import Epoch
from giemsa.training.optimisers import learning_rate, set_rate
from giemsa.training.recipes import Recipe, get_recipe
from giemsa.training.replay import Replay, can_be_replayed
from giemsa.training.sampling import draw_epoch
from giemsa.training.shards import Shards, shards_of, tell_few_at_a_time
from giemsa.training.state import TrainingState, begin, copy_weights

Steps = Callable[[], AbstractContextManager[Shards | Replay]]


def fit(
    model: nn.Module,
    data: ImageDataset,
    recipe: str | Recipe = "fast",
    *,
    seed: int = 0,
    state: TrainingState | None = None,
    progress: Progress | None = None,
) -> Iterator[Epoch]:
    """Train ``model`` in place, and yield a record after each epoch.

    The weights that the recipe selects are put back when the generator ends, also when the caller stops early or an exception
    ends it, and the network is then in evaluation mode.

    Parameters
    ----------
    model : a :class:`Classifier`, or any module that takes images ``(n, channels, height, width)``, standardised as the recipe
        says (with ``none``, as in ``best`` and ``tutorial``, they are 0 to 1), and gives logits ``(n, n_classes)``.
    data : ``train`` is learnt from, ``val`` is looked at after each epoch; ``test`` is not touched.
    recipe : every choice of the training, or the name of a recipe.
    seed : source of shuffling, augmentation and dropout; the same seed gives the same weights bit for bit on one machine, with as
        many threads and in the same precision. Networks with dropout draw from PyTorch's own generator: train them one at a time
        in a process.
    state : where an earlier training stopped, to go on to the very weights that it would have had without the stop: what
        :func:`giemsa.training.state.begin` made of a classifier and an earlier call left. It holds the network; ``model`` is
        then not asked. ``None`` begins anew.
    progress : called within an epoch with images done, images in the epoch, and the running loss in words.

    Yields
    ------
    Epoch : the record of each epoch, as it ends.

    Raises
    ------
    RecipeError : the loss is no longer a finite number.
    ModelError : the network cannot be trained.
    DataError : an empty train or val split.
    RunError : ``state`` is of a training that stopped within an epoch.
    """
    check_not_empty(data)
    recipe = get_recipe(recipe).for_images(len(data.train))
    state = state or begin(_as_classifier(model, data, recipe, seed), recipe, len(data.train), seed=seed)
    training = _Training(state, data, recipe, seed, _way_to_step(state, recipe), progress)
    if told := tell_few_at_a_time(state.classifier, recipe.batch_size):
        warnings.warn(told, stacklevel=2)
    settle_heaps(state.classifier.image_shape)
    state.go_on()
    with freed_memory_kept():
        try:
            while state.epochs_done < epochs_of(recipe, len(data.train)) and not _is_stuck(state, recipe):
                yield _next_epoch(training)
        finally:
            state.restore()
            state.classifier.eval()


def _way_to_step(state: TrainingState, recipe: Recipe) -> Steps:
    """Return what gives, for the length of an epoch, the object whose ``step`` learns from a batch."""
    classifier, optimiser = state.classifier, state.optimiser
    if can_be_replayed(classifier, optimiser):
        replay = Replay(classifier, optimiser)
        return lambda: nullcontext(replay)
    return partial(shards_of, classifier, recipe.batch_size)


@dataclass(frozen=True)
class _Training:
    """What one epoch hands on to the next; only ``state`` moves."""

    state: TrainingState
    data: ImageDataset
    recipe: Recipe
    seed: int
    steps: Steps
    progress: Progress | None


def _as_classifier(model: nn.Module, data: ImageDataset, recipe: Recipe, seed: int) -> Classifier:
    if isinstance(model, Classifier):
        return model
    check_trainable(data)
    compute = choose_compute(precision=recipe.precision)
    return build_classifier(data, recipe, seed=seed, compute=compute, network=model)


def epochs_of(recipe: Recipe, n_images: int) -> int:
    """Return how many epochs the recipe makes of ``n_images``: its own number, or more to reach its least number of steps."""
    return max(recipe.epochs, math.ceil(recipe.minimum_steps / steps_an_epoch(recipe, n_images)))


def steps_an_epoch(recipe: Recipe, n_images: int) -> int:
    """Return the number of batches in ``n_images``, the last of which may be of another size."""
    return len(batch_sizes(n_images, recipe.for_images(n_images).batch_size))


def _is_stuck(state: TrainingState, recipe: Recipe) -> bool:
    return recipe.patience is not None and state.epochs_done - state.best_epoch >= recipe.patience


def _refuse_divergence(loss: float, number: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise RecipeError(
            f"the loss became {loss} in epoch {number}: training diverged; try a lower --learning-rate "
            f"than {recipe.learning_rate:g}"
        )


def _next_epoch(training: _Training) -> Epoch:
    """Learn from ``train`` once, look at ``val``, and record what came of it."""
    state, recipe = training.state, training.recipe
    start = time.perf_counter()
    number = state.epochs_done + 1
    state.within_epoch = True
    loss, accuracy, rate = _train_epoch(training, derive_seed(training.seed, "epoch", number))
    _refuse_divergence(loss, number, recipe)
    val_loss, val_accuracy = _validate(state, training.data.val, recipe)
    _refuse_divergence(val_loss, number, recipe)  # of the last step, which no loss of a batch tells
    epoch = Epoch(number, loss, accuracy, val_loss, val_accuracy, rate, time.perf_counter() - start)
    _record(state, epoch, recipe)
    state.within_epoch = False
    return epoch


def _train_epoch(training: _Training, seed: int) -> tuple[float, float, float]:
    """Make one pass over the training images; return loss, accuracy and the last learning rate."""
    state, recipe, train = training.state, training.recipe, training.data.train
    classifier = state.classifier.train()
    step = state.epochs_done * steps_an_epoch(recipe, len(train))
    n_steps = epochs_of(recipe, len(train)) * steps_an_epoch(recipe, len(train))
    loss_of = partial(
        _loss, weights=_weights_of_classes(classifier, train, recipe), label_smoothing=recipe.label_smoothing
    )
    batches = _draw_batches(state, train, recipe, seed)
    tally, rate = Tally(), 0.0
    with torch.random.fork_rng(devices=[]), repeatable(), training.steps() as learner:
        torch.manual_seed(seed)
        batch = next(batches, None)
        while batch is not None:
            rate = learning_rate(recipe, step, n_steps)
            set_rate(state.optimiser, rate)
            logits, loss, following = learner.step(
                batch.pixels, batch.labels, loss_of, state.optimiser, partial(next, batches, None)
            )
            if recipe.selection == "average":
                _average(state, average_decay(recipe, step))
            if recipe.skip_known:
                state.memory.note(batch.places, logits, batch.labels)
            tally.add(logits, loss, batch.labels)
            step += 1
            if training.progress:
                training.progress(tally.n, len(train), f"loss {tally.loss:.3f}")
            batch = following
    return tally.loss, tally.accuracy, rate


@dataclass
class Tally:
    """Loss and accuracy over the batches so far."""

    n: int = 0
    loss_sum: float = 0.0
    correct: int = 0

    def add(self, logits: Tensor, loss: Tensor, labels: Tensor) -> None:
        """Count a batch: logits ``(b, n_classes)``, mean loss, labels ``(b,)``."""
        self.n += len(labels)
        self.loss_sum += loss.item() * len(labels)
        self.correct += int((logits.argmax(dim=1) == labels).sum())

    @property
    def loss(self) -> float:
        """Mean loss an image."""
        return self.loss_sum / self.n

    @property
    def accuracy(self) -> float:
        """Share of images whose true class was first, 0 to 1."""
        return self.correct / self.n


def _weights_of_classes(classifier: Classifier, train: Split, recipe: Recipe) -> Tensor | None:
    if not recipe.class_weights:
        return None
    weights = torch.from_numpy(class_weights(train.labels, len(classifier.class_names))).float()
    return weights.to(classifier.classes.compute.device)


def _draw_batches(state: TrainingState, train: Split, recipe: Recipe, seed: int) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(seed)
    epochs = epochs_of(recipe, len(train))
    order = draw_epoch(state.memory, recipe, state.epochs_done, epochs, generator)
    return training_batches(train, order, recipe, state.classifier, state.memory, generator)


def _loss(
    classifier: Classifier, pixels: Tensor, labels: Tensor, *, weights: Tensor | None, label_smoothing: float
) -> tuple[Tensor, Tensor]:
    """Return logits ``(n, n_classes)`` and the mean cross-entropy."""
    with classifier.classes.compute.autocast():
        logits = classifier(pixels)
        refuse_no_logits(logits)  # some networks give more in training than in evaluation
        logits = logits.float()
    if not logits.requires_grad:
        raise ModelError("no gradient reaches the network's weights: is its forward under torch.no_grad()?")
    mean_loss = partial(_cross_entropy, weights=weights, label_smoothing=label_smoothing)
    if logits.ndim == 2:
        return logits, mean_loss(logits, labels)
    # an ensemble in training: each member answers for itself
    return logits.mean(dim=1), mean_loss(logits.flatten(0, 1), labels.repeat_interleave(logits.shape[1]))


def _cross_entropy(
    logits: Tensor, labels: Tensor, *, weights: Tensor | None, label_smoothing: float
) -> Tensor:
    """Return the mean over the images, so that the parts of a batch add up to the whole; PyTorch's is one over the weights."""
    if weights is None:
        return F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    total = F.cross_entropy(logits, labels, weights, label_smoothing=label_smoothing, reduction="sum")
    return total / len(labels)


def average_decay(recipe: Recipe, step: int) -> float:
    """Return what the moving average keeps of itself in a step, counted from 0: little at first, so that the first weights fade.

    References
    ----------
    ``num_updates`` of TensorFlow's ``tf.train.ExponentialMovingAverage``.

    Examples
    --------
    >>> [average_decay(Recipe(average_decay=0.9), step) for step in (0, 8, 1000)]
    [0.1, 0.5, 0.9]
    """
    return min(recipe.average_decay, (1 + step) / (10 + step))


@torch.no_grad()
def _average(state: TrainingState, decay: float) -> None:
    """Move the kept weights towards those of this step."""
    for name, value in state.classifier.state_dict().items():
        if value.is_floating_point():
            state.kept[name].lerp_(value, 1 - decay)
        else:
            state.kept[name].copy_(value)


def _validate(state: TrainingState, val: Split, recipe: Recipe) -> tuple[float, float]:
    """Return cross-entropy and accuracy on ``val``, of the averaged weights where the recipe keeps those."""
    if recipe.selection != "average":
        return score_split(state.classifier, val)
    moving = copy_weights(state.classifier)
    state.classifier.load_state_dict(state.kept)
    scores = score_split(state.classifier, val)
    state.classifier.load_state_dict(moving)
    return scores


def score_split(classifier: Classifier, split: Split) -> tuple[float, float]:
    """Return cross-entropy (natural logarithm) and accuracy (0 to 1) on a split."""
    logits = classifier.logits(split.images)
    labels = torch.from_numpy(split.labels)
    accuracy = (logits.argmax(dim=1) == labels).double().mean().item()
    return F.cross_entropy(logits.double(), labels).item(), accuracy


def _record(state: TrainingState, epoch: Epoch, recipe: Recipe) -> None:
    """Add the epoch to the history, and keep its weights if the recipe selects them."""
    state.history.append(epoch)
    better = epoch.val_loss < state.best_loss
    if better:
        state.best_loss, state.best_epoch = epoch.val_loss, epoch.epoch
    if recipe.selection == "last" or (recipe.selection == "best" and better):
        state.kept = copy_weights(state.classifier)
