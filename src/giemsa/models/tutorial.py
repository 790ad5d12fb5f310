"""The network of the tutorial: three convolutions, two dense layers, 124,168 parameters at 28x28 RGB with eight classes."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from giemsa.models.layers import PooledFirst, glorot_uniform


def tutorial_network(
    *, channels: int, n_classes: int, size: int, generator: torch.Generator
) -> nn.Sequential:
    """Build the tutorial's network; it returns logits, the softmax comes after.

    Parameters
    ----------
    channels : of the images, 1 or 3.
    n_classes : number of outputs.
    size : side of the square images in pixels, at least 20.
    generator : source of the Glorot-uniform weights; biases are zero.

    Returns
    -------
    nn.Sequential : ``(n, channels, size, size)`` floats in 0 to 1 to logits ``(n, n_classes)``.

    Examples
    --------
    >>> import torch
    >>> network = tutorial_network(channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))
    >>> sum(p.numel() for p in network.parameters())
    124168
    """
    side = ((size // 2 - 2) // 2 - 2) // 2
    network = PooledFirst(
        OrderedDict(
            conv1=nn.Conv2d(channels, 32, 3, padding="same"),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(32, 64, 3),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(64, 64, 3),
            relu3=nn.ReLU(),
            pool3=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dense1=nn.Linear(64 * side * side, 256),
            relu4=nn.ReLU(),
            dense2=nn.Linear(256, n_classes),
        )
    )
    glorot_uniform(network, generator)
    return network
