"""What each channel of a layer answers to an image, to a class, and which images excite it most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from giemsa.interpretation.activations import activations, layer_maps
from giemsa.interpretation.pixels import check_pixels, images_at_a_time, in_batches


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """The maps of one layer.

    Parameters
    ----------
    layer : its name.
    maps : ``(channels, height, width)``, float32, rows downwards as in the image (not transposed).
    """

    layer: str
    maps: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Channels from the most to the least active on average, ``(channels,)``."""
        return np.argsort(-self.maps.mean(axis=(1, 2)), kind="stable")

    @property
    def silent(self) -> int:
        """How many channels answer nothing at all: one value everywhere."""
        return int((np.ptp(self.maps, axis=(1, 2)) == 0).sum())


def feature_maps(network: nn.Module, pixels: Tensor, layer: str) -> tuple[FeatureMaps, ...]:
    """Take the maps of a layer for each image.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    pixels : ``(n, channels, height, width)``, 0 to 1.
    layer : its name.

    Returns
    -------
    tuple of FeatureMaps : one an image.

    Raises
    ------
    ModelError : no such layer, or one without maps.

    Examples
    --------
    >>> import torch
    >>> from giemsa.models import build_model
    >>> network = build_model("tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> feature_maps(network, torch.rand(1, 3, 28, 28), "pool1")[0].maps.shape
    (32, 14, 14)
    """
    (maps,) = layer_maps(network, check_pixels(pixels), (layer,))[1]
    return tuple(FeatureMaps(layer, image) for image in maps.float().numpy())


def mean_feature_maps(
    network: nn.Module, pixels: Tensor, layer: str, *, batch_size: int | None = None
) -> FeatureMaps:
    """Average the maps of a layer over images, such as all of one class."""
    batches = check_pixels(pixels).split(images_at_a_time(pixels, batch_size))
    total = sum(layer_maps(network, batch, (layer,))[1][0].double().sum(0) for batch in batches)
    return FeatureMaps(layer, (total / len(pixels)).float().numpy())  # type: ignore[union-attr]


def channel_responses(
    network: nn.Module, pixels: Tensor, layer: str, *, batch_size: int | None = None
) -> np.ndarray:
    """Return the mean activation of each channel for each image, ``(n, channels)``, float32."""

    def means(batch: Tensor) -> Tensor:
        answer = activations(network, batch, layer).float()
        return answer.mean((2, 3)) if answer.ndim == 4 else answer

    return in_batches(means, check_pixels(pixels), batch_size=batch_size).numpy()


def most_exciting(responses: np.ndarray, count: int = 5) -> np.ndarray:
    """Return the images that excite each channel most.

    Parameters
    ----------
    responses : ``(n, channels)``, from :func:`channel_responses`.
    count : how many, at most ``n``.

    Returns
    -------
    ndarray : ``(channels, count)``, int64, places in the images, the strongest first.

    Examples
    --------
    >>> most_exciting(np.array([[1.0, 9.0], [3.0, 2.0], [2.0, 5.0]]), 2).tolist()
    [[1, 2], [0, 2]]
    """
    return np.argsort(-responses, axis=0, kind="stable")[:count].T.astype(np.int64)
