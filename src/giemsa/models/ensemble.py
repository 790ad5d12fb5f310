"""Several small networks that see the same batches; their probabilities are averaged.

Networks that err in different places correct each other: of all that a longer training can buy, this is the surest. Those that
differ only in where they began err in much the same places; those that are shown something else err in others. One member is
shown how light and how coloured an image is among all images, one only how its pixels differ from each other, one is shown both.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import partial

import torch
from torch import Tensor, nn

from giemsa.models.convnet import WIDE, Blocks, convnet_network
from giemsa.models.layers import SideBySide, StandardizeEach

ENTRANCES = ("alike", "alike and each", "each channel")


class Ensemble(nn.Module):
    """Members side by side.

    In training the logits of each member are returned apart, so that each has a loss of its own and they stay different; in
    evaluation they are joined: the logarithm of the mean of the members' probabilities, which a softmax turns into that mean.

    Parameters
    ----------
    members : networks from images to logits ``(n, n_classes)``.

    References
    ----------
    Lakshminarayanan et al., Simple and scalable predictive uncertainty estimation using deep ensembles, NeurIPS 2017.
    """

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits, ``(n, members, n_classes)`` in training and ``(n, n_classes)`` in evaluation."""
        logits = torch.stack([member(pixels) for member in self.members], dim=1)
        if self.training:
            return logits
        # in float32, also where the members compute in less: near a probability of 1 there is no digit to lose
        return logits.float().log_softmax(dim=2).logsumexp(dim=1) - math.log(len(self.members))


def convnet_ensemble(
    *, channels: int, n_classes: int, size: int, generator: torch.Generator, n_members: int = 3
) -> Ensemble:
    """Build an ensemble of wide networks, for the recipe ``best``, that take pixels as they are.

    They begin in turn with one of ``ENTRANCES``, see :func:`entrance`.

    Parameters are those of :func:`giemsa.models.convnet.convnet_network`, and the number of members.

    Examples
    --------
    >>> import torch
    >>> ensemble = convnet_ensemble(channels=1, n_classes=2, size=28, generator=torch.Generator().manual_seed(0))
    >>> ensemble(torch.zeros(5, 1, 28, 28)).shape, ensemble.eval()(torch.zeros(5, 1, 28, 28)).shape
    (torch.Size([5, 3, 2]), torch.Size([5, 2]))
    """
    build = partial(convnet_member, channels=channels, n_classes=n_classes, size=size, generator=generator)
    return Ensemble([build(ENTRANCES[number % len(ENTRANCES)]) for number in range(n_members)])


def convnet_member(
    begins: str,
    *,
    channels: int,
    n_classes: int,
    size: int,
    generator: torch.Generator,
    blocks: Blocks = WIDE,
) -> nn.Sequential:
    """Build one network that begins with one of ``ENTRANCES``; the others are as in :func:`convnet_network`."""
    shown, n_shown = entrance(begins, channels)
    network = convnet_network(
        channels=n_shown, n_classes=n_classes, size=size, generator=generator, blocks=blocks
    )
    return nn.Sequential(OrderedDict(standardize=shown, **dict(network.named_children())))


def entrance(name: str, channels: int) -> tuple[nn.Module, int]:
    """Return what a member begins with, one of ``ENTRANCES``, and how many channels come out of it.

    ``alike`` standardises all images by the moments of the batches, ``each channel`` each channel of each image by itself, and
    ``alike and each`` gives the former and, beside it, each image standardised by itself.
    """
    alike = nn.BatchNorm2d(channels, affine=False)
    if name == "alike":
        return alike, channels
    if name == "alike and each":
        return SideBySide([alike, StandardizeEach()]), 2 * channels
    return StandardizeEach(by_channel=True), channels
