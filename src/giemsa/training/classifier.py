"""A network with all that is needed to use it: preprocessing, class names, temperature, symmetry."""

from __future__ import annotations

import copy
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.data.allocator import freed_memory_kept, settle_heaps
from giemsa.data.dataset import SourceGeometry, Symmetry, WhiteLevels
from giemsa.errors import ModelError
from giemsa.models.ensemble import Ensemble
from giemsa.models.layers import Standardize, StandardizeEach
from giemsa.models.plain import is_plain
from giemsa.progress import Progress
from giemsa.training.device import Compute
from giemsa.training.threads import side_by_side, team_of
from giemsa.training.views import choose_views, turn_all

CACHED_PIXELS = 128 * 28 * 28


@dataclass(frozen=True)
class Preprocessing:
    """What stands between an image file and the network.

    Parameters
    ----------
    image_shape : height, width and channels that the network takes.
    mean, std : subtracted and divided, one number a channel, for pixels in 0 to 1.
    source_geometry : how an original photograph is cropped; ``None`` where it is not known.
    fit : how other images are brought to the shape: ``crop``, ``pad`` or ``stretch``.
    each_image : instead of ``mean`` and ``std``, those of each image itself, over all channels, count.
    white : how files of more than 8 bits are brought to 8.
    """

    image_shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source_geometry: SourceGeometry | None = None
    fit: str = "crop"
    each_image: bool = False
    white: WhiteLevels = field(default_factory=WhiteLevels)


@dataclass
class Classes:
    """What the outputs mean, how far they may be believed, and where they are computed.

    Parameters
    ----------
    names : one an output, in their order.
    short_names : the same for an axis; empty means ``names``.
    temperature : what logits are divided by before the softmax, above 0; 1 before calibration.
    symmetry : the moves under which an image keeps its label.
    compute : device and precision.
    """

    names: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    temperature: float = 1.0
    symmetry: Symmetry = "none"
    compute: Compute = field(default_factory=Compute)


class Classifier(nn.Module):
    """A network that takes pixels in 0 to 1 and gives logits, and knows its own classes.

    Parameters
    ----------
    network : any module from ``(n, channels, height, width)`` to logits ``(n, n_classes)``.
    preprocessing : image shape, mean and standard deviation.
    classes : names, temperature, symmetry, and where to compute.
    """

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, classes: Classes) -> None:
        super().__init__()
        self.standardize = (
            StandardizeEach()
            if preprocessing.each_image
            else Standardize(preprocessing.mean, preprocessing.std)
        )
        self.network = network
        self.preprocessing = preprocessing
        self.classes = classes

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name an output."""
        return self.classes.names

    @property
    def short_names(self) -> tuple[str, ...]:
        """Names short enough for an axis."""
        return self.classes.short_names or self.classes.names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images it takes."""
        return self.preprocessing.image_shape

    @property
    def temperature(self) -> float:
        """What logits are divided by before the softmax; 1 before calibration."""
        return self.classes.temperature

    @property
    def symmetry(self) -> Symmetry:
        """Under which moves an image keeps its label."""
        return self.classes.symmetry

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits ``(n, n_classes)`` for float ``pixels`` ``(n, channels, height, width)`` in 0 to 1."""
        return self.network(self.standardize(pixels))

    def fill(self, weights: Mapping[str, Tensor], path: Path, *, assign: bool = False) -> None:
        """Take over the weights of a file, or with ``assign`` put them in the place of its own.

        Raises
        ------
        ModelError : they do not fit the network.
        """
        try:
            self.load_state_dict(weights, assign=assign)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"the weights in {path} do not fit the network: {reason}") from error

    def logits(
        self, images: np.ndarray, *, batch_size: int | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Return float32 logits ``(n, n_classes)`` for ``uint8`` images ``(n, height, width, channels)``."""
        self._check(images)
        return self._in_batches(self._logits_of, images, batch_size, progress)

    def probabilities(
        self,
        images: np.ndarray,
        *,
        views: int = 1,
        batch_size: int | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return the probability of each class for each image.

        Parameters
        ----------
        images : ``(n, height, width, channels)``, ``uint8``.
        views : 1, or more to average the probabilities over the views that the symmetry allows (2 or 8).
        batch_size : images at a time; if not given, as many as are fast.
        progress : called with images done, images in all, and a word.

        Returns
        -------
        np.ndarray : ``(n, n_classes)``, ``float64``; each row sums to one.

        Raises
        ------
        ModelError : images of another shape than the network takes, a number of views that the symmetry does not have, or weights
            that give no numbers.
        """
        self._check(images)
        chosen = choose_views(self.symmetry, views)

        def averaged(pixels: Tensor) -> Tensor:
            seen = [self._logits_of(turn_all(pixels, view)).double() / self.temperature for view in chosen]
            return torch.stack([logits.softmax(dim=1) for logits in seen]).mean(dim=0)

        probabilities = self._in_batches(averaged, images, batch_size, progress).double().numpy()
        refuse_undefined(probabilities)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def _logits_of(self, pixels: Tensor) -> Tensor:
        """Return the logits on the CPU, since not every device knows double precision."""
        return self(pixels).float().cpu()

    def features(
        self, images: np.ndarray, *, batch_size: int | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Return what the dense layer that works last takes in, ``(n, d)`` ``float32``; of an ensemble, of all members.

        Raises
        ------
        ModelError : no dense layer is at work in the network.
        """
        self._check(images)
        networks = self.network.members if isinstance(self.network, Ensemble) else [self.network]
        with _entrances(networks) as caught:

            def entering(pixels: Tensor) -> Tensor:
                self(pixels)
                return torch.cat([entrance.float().cpu() for entrance in caught()], dim=1)

            return self._in_batches(entering, images, batch_size, progress).numpy()

    def _check(self, images: np.ndarray) -> None:
        if images.ndim != 4 or images.shape[1:] != self.image_shape or images.dtype != np.uint8:
            raise ModelError(
                f"the network takes uint8 images of height, width, channels {self.image_shape}, "
                f"got {images.dtype} {tuple(images.shape[1:])}; read files with giemsa.predict, which fits them"
            )

    def _in_batches(
        self,
        function: Callable[[Tensor], Tensor],
        images: np.ndarray,
        batch_size: int | None,
        progress: Progress | None,
    ) -> Tensor:
        """Return what ``function`` gives, on the CPU, for the pixels of all images; several batches at once where it pays."""
        compute = self.classes.compute
        batch_size = batch_size or fast_batch_size(images.shape[1:3], compute.device)
        was_training = self.training
        self.eval()

        def of_batch(number: int) -> Tensor:
            pixels = to_pixels(images[number * batch_size : (number + 1) * batch_size], compute.device)
            with torch.no_grad(), compute.autocast():
                return function(pixels)

        def tell(done: int) -> None:
            if progress:
                progress(min(done * batch_size, len(images)), len(images), "images")

        if not len(images):  # what would come of one tells the shape
            return self._in_batches(function, np.zeros((1, *images.shape[1:]), np.uint8), 1, None)[:0]
        batches = [partial(of_batch, number) for number in range(math.ceil(len(images) / batch_size))]
        threads = side_by_side(compute.device, len(batches)) if is_plain(self.network) else 1
        settle_heaps(self.image_shape)
        with freed_memory_kept(), team_of(threads) as team:
            results = team.do(batches, done=tell)
        self.train(was_training)
        return torch.cat(results)


@contextmanager
def _entrances(networks: Iterable[nn.Module]) -> Iterator[Callable[[], list[Tensor]]]:
    """Give a function that returns, of each network, what the dense layer that worked last in this thread took in, ``(n, d)``."""
    caught: defaultdict[int, dict[int, Tensor]] = defaultdict(
        dict
    )  # by thread, since batches may run side by side

    def catch(number: int, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        caught[threading.get_ident()][number] = inputs[0].flatten(1)

    def entrances() -> list[Tensor]:
        found = caught.pop(threading.get_ident(), {})
        if len(found) < len(hooked):
            raise ModelError("the network has no dense layer (nn.Linear) whose input could serve as features")
        return [found[number] for number in range(len(hooked))]

    hooked = list(networks)
    handles = [
        layer.register_forward_pre_hook(partial(catch, number))
        for number, network in enumerate(hooked)
        for layer in network.modules()
        if isinstance(layer, nn.Linear)
    ]
    try:
        yield entrances
    finally:
        for handle in handles:
            handle.remove()


def refuse_undefined(outputs: np.ndarray) -> None:
    """Refuse what a network gives where it is no number, with a :class:`ModelError`."""
    if np.isnan(outputs).any():
        raise ModelError(
            "the network gives what is no number: its weights were damaged, or its training diverged"
        )


def fast_batch_size(shape: tuple[int, ...], device: str) -> int:
    """Return how many images of ``shape`` (height, width) to predict at a time: on a CPU so many that its caches hold the maps.

    Examples
    --------
    >>> [fast_batch_size((side, side), "cpu") for side in (28, 64, 224)]
    [128, 24, 8]
    """
    return max(8, CACHED_PIXELS // (shape[0] * shape[1])) if device == "cpu" else 512


def to_pixels(images: np.ndarray, device: str = "cpu") -> Tensor:
    """Return ``uint8`` images ``(n, h, w, c)`` as float pixels ``(n, c, h, w)`` in 0 to 1, channels last in memory."""
    tensor = torch.from_numpy(np.require(images, requirements=["C", "W"])).to(device)
    return tensor.permute(0, 3, 1, 2).float().div_(255)


def copy_on_cpu(classifier: Classifier) -> Classifier:
    """Return a copy of the classifier that computes on the CPU, ready to be used."""
    copied = copy.deepcopy(classifier).to("cpu").eval()
    if copied.classes.compute.device != "cpu":
        copied.classes = replace(copied.classes, compute=Compute())
    return copied


def place(classifier: Classifier) -> Classifier:
    """Return the classifier on its device, its convolutions' weights with channels last in memory."""
    classifier.to(classifier.classes.compute.device)
    for tensor in chain(classifier.parameters(), classifier.buffers()):
        if tensor.ndim == 4:  # Module.to stumbles over five
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return classifier
