"""Whether a layer receives what it should, and the names of what happened on the way."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
UPPER_LIMIT = "a ReLU with an upper limit"
ACTIVATIONS = {
    "leaky_relu": "leaky ReLU",
    "gelu": "GELU",
    "elu": "ELU or SELU",
    "silu": "SiLU",
    "sigmoid": "a sigmoid",
    "tanh": "tanh",
    "hardtanh": UPPER_LIMIT,
    "softplus": "softplus",
}


def poolings(maps: Tensor) -> list[Tensor]:
    """Return the maps after each kind of 2x2 max-pooling: edges dropped, kept, or padded."""
    if min(maps.shape[2:]) < 2:
        return []
    return [F.max_pool2d(maps, 2), F.max_pool2d(maps, 2, ceil_mode=True), F.max_pool2d(maps, 2, padding=1)]


def carries(received: Tensor, expected: Tensor) -> bool:
    """Return whether a layer receives ``expected``: as it is, with a border around it, or each image flattened in any order."""
    if received.numel() == expected.numel():
        each = received.reshape(len(expected), -1)
        return torch.allclose(each.sort().values, expected.flatten(1).sort().values, atol=1e-5)
    if received.dim() != 4 or received.shape[:2] != expected.shape[:2]:
        return False
    height, width = expected.shape[2:]
    rows, columns = received.shape[2] - height + 1, received.shape[3] - width + 1
    return any(
        torch.allclose(received[:, :, top : top + height, left : left + width], expected, atol=1e-5)
        for top in range(max(rows, 0))
        for left in range(max(columns, 0))
    )


def mixes(received: Tensor, expected: Tensor) -> bool:
    """Return whether a layer receives the numbers of ``expected``, but not each image's by themselves."""
    same = received.numel() == expected.numel() and carries(received.reshape(1, -1), expected.reshape(1, -1))
    return same and not carries(received, expected)


def activation_in(then: list[str]) -> str:
    """Return the name of the first activation among the operations, or an empty string."""
    for step in then:
        plain = step.rstrip("_")
        if plain in ("relu", "clamp_min", "threshold"):
            return "ReLU"
        if plain in ACTIVATIONS:
            return ACTIVATIONS[plain]
    return ""


def count(number: int, noun: str) -> str:
    """Return a number and its noun in words.

    Examples
    --------
    >>> count(2, "dense layer"), count(0, "convolution")
    ('two dense layers', 'no convolution')
    """
    word = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{word} {noun}" + ("" if number in (0, 1) else "s")
