"""Of which layers it is known that they do the same each time, whatever else runs beside them."""

from __future__ import annotations

from torch import nn

from giemsa.models.ensemble import Ensemble
from giemsa.models.layers import GlobalAverage, PooledFirst, SideBySide, Standardize, StandardizeEach
from giemsa.models.winograd import WinogradConv2d

_PLAIN = (
    Ensemble,
    Standardize,
    StandardizeEach,
    SideBySide,
    nn.Sequential,
    PooledFirst,
    nn.ModuleList,
    nn.Conv2d,
    WinogradConv2d,
    nn.BatchNorm2d,
    nn.ReLU,
    nn.MaxPool2d,
    nn.AdaptiveAvgPool2d,
    GlobalAverage,
    nn.Flatten,
    nn.Linear,
)


def is_plain(network: nn.Module) -> bool:
    """Return whether all layers are known to draw no random numbers and to keep nothing for each other but batch norms' moments.

    Such a network can learn from the parts of a batch in several threads, predict in several, and have its steps recorded.

    Examples
    --------
    >>> is_plain(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))), is_plain(nn.Dropout())
    (True, False)
    """
    return all(type(module) in _PLAIN for module in network.modules())
