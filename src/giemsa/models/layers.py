"""Small layers and weight rules that several networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def glorot_uniform(module: nn.Module, generator: torch.Generator) -> None:
    """Fill each convolution and dense layer in place: Glorot-uniform weights, zero biases, as Keras does by default.

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010, equation 16.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(module: nn.Module) -> int:
    """Return how many numbers a layer, or a whole network, learns.

    Of a network it may be more than its layers have together: a module that holds others may have some of its own, as an
    attention does, and a layer may never run.

    Examples
    --------
    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in module.parameters())


class Standardize(nn.Module):
    """Subtract a mean and divide by a standard deviation, channel by channel.

    Parameters
    ----------
    mean, std : one number a channel, for pixels in 0 to 1.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return ``pixels`` ``(n, channels, height, width)``, standardised."""
        return torch.addcmul(-self.mean / self.std, pixels, 1 / self.std)  # all pixels in one pass


class StandardizeEach(nn.Module):
    """Subtract from each image its own mean over all pixels, and divide by its own standard deviation.

    More light, a longer exposure or less contrast then change nothing, as long as no pixel is clipped. Of an image without any
    contrast all pixels become zero.

    Parameters
    ----------
    by_channel : each channel by itself, so that the colour of the light does not count either; without it, all channels
        together, so that how they relate to each other, the colour, stays.

    References
    ----------
    Ulyanov et al., Instance normalization, 2016 (arXiv 1607.08022), equation 4.

    Examples
    --------
    >>> pixels = torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1)
    >>> torch.allclose(StandardizeEach()(0.5 * pixels + 0.1), StandardizeEach()(pixels), atol=1e-2)
    True
    """

    def __init__(self, *, by_channel: bool = False) -> None:
        super().__init__()
        self.over = (2, 3) if by_channel else (1, 2, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return ``pixels`` ``(n, channels, height, width)``, each image standardised."""
        variance, mean = torch.var_mean(pixels, dim=self.over, correction=0, keepdim=True)
        return (pixels - mean) * (variance + _STEP**2).rsqrt()


_STEP = 1 / 255  # of a pixel: what an image without contrast is divided by


class SideBySide(nn.ModuleList):
    """Show the same images to several modules, and give what they return as channels side by side.

    Examples
    --------
    >>> SideBySide([nn.Identity(), StandardizeEach()])(torch.ones(2, 3, 7, 7)).shape
    torch.Size([2, 6, 7, 7])
    """

    def forward(self, pixels: Tensor) -> Tensor:
        """Return ``(n, channels of all, height, width)`` of images ``(n, channels, height, width)``."""
        return torch.cat([module(pixels) for module in self], dim=1)


class GlobalAverage(nn.AdaptiveAvgPool2d):
    """The mean over all pixels, as ``nn.AdaptiveAvgPool2d(1)`` gives it, with a gradient that keeps channels last in memory.

    PyTorch's own gradient comes back with channels first, and whatever stands before it must then read one order and write the
    other: several times the cost of the mean itself.

    Examples
    --------
    >>> GlobalAverage()(torch.ones(2, 5, 7, 7)).shape
    torch.Size([2, 5, 1, 1])
    """

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``(n, channels, 1, 1)`` of images ``(n, channels, height, width)``."""
        pixels = input.permute(0, 2, 3, 1).flatten(1, 2)
        return pixels.mean(dim=1)[:, :, None, None]


class PooledFirst(nn.Sequential):
    """Layers one after another; where a rectifier and a max-pool follow each other, the pool is computed first.

    A rectifier does not change which of four pixels is the largest, so ``pool(relu(x))`` is ``relu(pool(x))``, and so is its
    gradient; but the rectifier then has a quarter of the pixels to do. That is for training alone: in evaluation, or where
    somebody listens to one of the two with a hook, each layer has its own maps.

    Examples
    --------
    >>> layers = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2)
    >>> pixels = torch.rand(2, 3, 8, 8)
    >>> torch.equal(PooledFirst(*layers)(pixels), nn.Sequential(*layers)(pixels))
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return what the layers, in their order, make of ``input``."""
        layers = list(self)
        while layers:
            match layers[:2]:
                case [nn.ReLU() as relu, nn.MaxPool2d() as pool] if self.training and not any(
                    map(_is_listened_to, (relu, pool))
                ):
                    input = relu(pool(input))
                    del layers[:2]
                case _:
                    input = layers.pop(0)(input)
        return input


def _is_listened_to(layer: nn.Module) -> bool:
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(layer, kind) for kind in hooks)
