"""A convolutional network made for few cores: narrow where images are large, wide where they are small.

It works at several resolutions, each half of the one before and the last about 7x7 pixels. Each has one or two convolutions
of 3x3, the last of which pools *before* norm and rectifier and so leaves them a quarter of the values. One a resolution is
enough for a few seconds (``LIGHT``). A second one before anything is pooled tells fine grain apart, which in a minute is worth
more than half as many epochs again (``FAST``); with more time, another at the next resolution is worth more than twice the
width (``WIDE``).
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from giemsa.models.layers import GlobalAverage
from giemsa.models.winograd import WinogradConv2d

Blocks = tuple[tuple[int, ...], ...]

LIGHT: Blocks = ((24,), (64,), (128, 128))
FAST: Blocks = ((24, 32), (64,), (128, 128))
WIDE: Blocks = ((24, 32), (96, 96), (192, 192))


def convnet_network(
    *, channels: int, n_classes: int, size: int, generator: torch.Generator, blocks: Blocks = FAST
) -> nn.Sequential:
    """Build the network of the recipe ``fast`` or, with the blocks ``WIDE``, a member of ``best``; it returns logits.

    Parameters
    ----------
    channels : of the images.
    n_classes : number of outputs.
    size : side of the square images in pixels, at least 8; :func:`n_pools` says how it sets the depth.
    generator : source of the He-normal weights; the last layer begins at zero, so that all classes begin alike.
    blocks : channels after each convolution of the first resolution, of the second and so on to the last, near 7x7 pixels. Larger
        images have more resolutions: the last block but one comes again. Smaller ones leave it out.

    Returns
    -------
    nn.Sequential : floats ``(n, channels, size, size)`` to logits ``(n, n_classes)``.

    References
    ----------
    Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015, for two small
    convolutions a resolution; He et al., Delving deep into rectifiers, ICCV 2015, equation 10; Ioffe and Szegedy, Batch
    normalization, ICML 2015.

    Examples
    --------
    >>> import torch
    >>> network = convnet_network(channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> network(torch.zeros(2, 3, 28, 28)).shape
    torch.Size([2, 8])
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    pools, width, number = n_pools(size), channels, 0
    for level in range(pools + 1):
        block = blocks[-1] if level == pools else blocks[min(level, len(blocks) - 2)]
        for place, wider in enumerate(block, start=1):
            number += 1
            if place == len(block) and level < pools:
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
