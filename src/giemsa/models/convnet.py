"""A small convolutional network made for few cores: it pools early, widens where images are small, and averages at the end.

Most of a step's time goes into the products of the convolutions, the rest into memory traffic at high resolution. So the first
layer is narrow, the first layers pool *before* norm and rectifier (which leaves them a quarter of the values), and two wide
layers work at about 7x7 pixels, where convolutions can be had with fewer multiplications.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from giemsa.models.layers import GlobalAverage
from giemsa.models.winograd import WinogradConv2d

NARROW = (24, 64, 128)
WIDE = (32, 96, 192)


def convnet_network(
    *, channels: int, n_classes: int, size: int, generator: torch.Generator, widths: tuple[int, ...] = NARROW
) -> nn.Sequential:
    """Build the network of the recipe ``fast`` or, with the widths ``WIDE``, a member of ``best``; it returns logits.

    Parameters
    ----------
    channels : of the images.
    n_classes : number of outputs.
    size : side of the square images in pixels, at least 8; :func:`n_pools` says how it sets the depth.
    generator : source of the He-normal weights; the last layer begins at zero, so that all classes begin alike.
    widths : channels after the first, second and every further convolution.

    Returns
    -------
    nn.Sequential : floats ``(n, channels, size, size)`` to logits ``(n, n_classes)``.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015, equation 10; Ioffe and Szegedy, Batch normalization, ICML 2015.

    Examples
    --------
    >>> import torch
    >>> network = convnet_network(channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> network(torch.zeros(2, 3, 28, 28)).shape
    torch.Size([2, 8])
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    pools = n_pools(size)
    width = channels
    for number in range(1, pools + 3):
        wider = widths[min(number, len(widths)) - 1]
        if number <= pools:
            layers[f"conv{number}"] = nn.Conv2d(width, wider, 3, padding=1, bias=False)
            layers[f"pool{number}"] = nn.MaxPool2d(2)
        else:
            layers[f"conv{number}"] = WinogradConv2d(width, wider)
        layers[f"norm{number}"] = nn.BatchNorm2d(wider)
        layers[f"relu{number}"] = nn.ReLU()
        width = wider
    layers["average"] = GlobalAverage()
    layers["flatten"] = nn.Flatten()
    layers["dense"] = nn.Linear(width, n_classes)
    network = nn.Sequential(layers)
    _fill(network, generator)
    return network


def _fill(network: nn.Sequential, generator: torch.Generator) -> None:
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        elif isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)


def n_pools(size: int) -> int:
    """Return how often images of ``size`` pixels are halved to come near 7x7.

    Examples
    --------
    >>> [n_pools(size) for size in (8, 28, 64, 128, 224)]
    [1, 2, 3, 4, 5]
    """
    return max(1, round(math.log2(size / 7)))
