"""Convolutions of 3x3 over small images with fewer multiplications: Winograd's minimal filtering.

A square of 4x4 outputs needs 144 products a pair of channels when computed as it is defined. Seen as products of polynomials,
it needs 36: images and filters are brought to values at six points a direction, the values multiplied, and the products brought
back. The multiplications become 36 products of matrices, the ways there and back one small matrix each. Sums are rounded
elsewhere than in the definition: results agree to about 1e-5 of their size.

References
----------
Lavin and Gray, Fast algorithms for convolutional neural networks, CVPR 2016, section 4;
Barabasz et al., Error analysis and improving the accuracy of Winograd convolution, ACM Transactions on Mathematical Software 46,
2020, for the points.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

LARGEST_SIDE = 8  # beyond, the ways there and back, over all pixels at once, cost more than is won
FEWEST_CHANNELS = 32  # below, the products of matrices are too narrow to pay
_TILE, _FILTER = 4, 3  # outputs of a tile and weights of a filter, in one direction
_POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)  # and infinity
_VALUES = (_TILE + _FILTER - 1) ** 2  # of a tile


class WinogradConv2d(nn.Conv2d):
    """A convolution of 3x3, stride 1, padding 1, without bias, that learns faster on a processor.

    It is an ``nn.Conv2d`` with the same parameters, and in evaluation the same operation; so networks stay plain PyTorch for
    whoever looks into them or exports them. In training, where it pays, :func:`winograd_conv2d` does the work.

    Parameters
    ----------
    in_channels, out_channels : of the images that come and go.

    Examples
    --------
    >>> WinogradConv2d(64, 128)(torch.zeros(2, 64, 7, 7)).shape
    torch.Size([2, 128, 7, 7])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, _FILTER, padding=1, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``(n, out_channels, height, width)`` of images ``(n, in_channels, height, width)``."""
        pays = self.training and torch.is_grad_enabled() and _pays(input, self.weight)
        return winograd_conv2d(input, self.weight) if pays else super().forward(input)


def _pays(images: Tensor, weight: Tensor) -> bool:
    """Return whether Winograd's way is the faster one: in float32, on a processor with Intel's library of matrix products."""
    _, channels, height, width = images.shape
    return (
        height == width <= LARGEST_SIDE
        and min(channels, len(weight)) >= FEWEST_CHANNELS
        and images.device.type == "cpu"
        and images.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkl.is_available()
    )


def winograd_conv2d(images: Tensor, weight: Tensor) -> Tensor:
    """Convolve square images with filters of 3x3, stride 1, padding 1; both can be differentiated.

    Parameters
    ----------
    images : ``(n, in_channels, side, side)``, best with channels last in memory.
    weight : ``(out_channels, in_channels, 3, 3)``.

    Returns
    -------
    Tensor : ``(n, out_channels, side, side)``, channels last in memory; what ``F.conv2d(images, weight, padding=1)`` gives.

    Raises
    ------
    ValueError : images that are not square, or filters that are not of 3x3.

    Examples
    --------
    >>> images, weight = torch.rand(1, 2, 5, 5), torch.rand(4, 2, 3, 3)
    >>> plain = torch.nn.functional.conv2d(images, weight, padding=1)
    >>> torch.allclose(winograd_conv2d(images, weight), plain, atol=1e-4)
    True
    """
    if images.shape[-2] != images.shape[-1] or weight.shape[-2:] != (_FILTER, _FILTER):
        raise ValueError(
            f"square images and filters of 3x3 are wanted, got {tuple(images.shape)} and {tuple(weight.shape)}"
        )
    convolved: Tensor = _Winograd.apply(images, weight)
    return convolved


class _Winograd(torch.autograd.Function):
    """Equation 8 of Lavin and Gray for all tiles at once, and its derivatives."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor) -> Tensor:
        n, channels, side, _ = images.shape
        out, filters, data = _matrices(side, images.dtype)
        pixels = images.permute(0, 2, 3, 1).reshape(n, side * side, channels)
        v = (data @ pixels).view(-1, _VALUES, channels)  # of n x tiles
        u = filters @ weight.permute(0, 2, 3, 1).reshape(len(weight), _FILTER**2, channels)
        m = v.new_empty(len(v), _VALUES, len(weight))
        torch.bmm(v.transpose(0, 1), u.permute(1, 2, 0), out=m.transpose(0, 1))
        ctx.save_for_backward(v, u)
        ctx.shape = images.shape
        return (out @ m.view(n, -1, len(weight))).view(n, side, side, -1).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        v, u = ctx.saved_tensors
        n, channels, side, _ = ctx.shape
        out, filters, data = _matrices(side, v.dtype)
        gradient = gradients[0].permute(0, 2, 3, 1).reshape(n, side * side, len(u))
        of_m = (out.T @ gradient).view(-1, _VALUES, len(u))
        of_u = torch.empty_like(u)
        torch.bmm(of_m.permute(1, 2, 0), v.transpose(0, 1), out=of_u.transpose(0, 1))
        of_weight = (filters.T @ of_u).view(len(u), _FILTER, _FILTER, channels).permute(0, 3, 1, 2)
        if not ctx.needs_input_grad[0]:
            return None, of_weight
        of_v = torch.empty_like(v)
        torch.bmm(of_m.transpose(0, 1), u.transpose(0, 1), out=of_v.transpose(0, 1))
        of_images = data.T @ of_v.view(n, -1, channels)
        return of_images.view(n, side, side, channels).permute(0, 3, 1, 2), of_weight


@lru_cache
def _matrices(side: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return what brings products to pixels, filters to values, and pixels to values, in two directions at once.

    They are ``(side * side, tiles * 36)``, ``(36, 9)`` and ``(tiles * 36, side * side)``.
    """
    out, filters, data = _minimal_filtering()
    tiles = -(-side // _TILE)
    all_out, all_data = out.new_zeros(side, tiles, len(out)), data.new_zeros(tiles, len(data), side)
    for tile in range(tiles):
        ends = min(side - tile * _TILE, _TILE)
        all_out[tile * _TILE : tile * _TILE + ends, tile] = out[:, :ends].T
        first = tile * _TILE - 1  # the pixel above or left of the tile
        within = [column for column in range(len(data)) if 0 <= first + column < side]
        all_data[tile, :, [first + column for column in within]] = data[:, within]
    return (
        torch.einsum("ytp,xuq->yxtupq", all_out, all_out).reshape(side * side, -1).to(dtype),
        torch.einsum("py,qx->pqyx", filters, filters).reshape(_VALUES, -1).to(dtype),
        torch.einsum("tpy,uqx->tupqyx", all_data, all_data).reshape(-1, side * side).to(dtype),
    )


def _minimal_filtering() -> tuple[Tensor, Tensor, Tensor]:
    """Return the matrices of one tile in one direction, ``(6, 4)``, ``(6, 3)`` and ``(6, 6)``, from the transposed product.

    Two polynomials are multiplied by way of their values at six points; correlation is the transpose of this in one of them.
    """
    size = len(_POINTS) + 1
    interpolation = torch.linalg.inv(_values_at_points(size))
    return _values_at_points(_TILE), _values_at_points(_FILTER), interpolation.T.contiguous()


def _values_at_points(coefficients: int) -> Tensor:
    """Return the matrix ``(6, coefficients)`` from a polynomial to its values; at infinity that is the last coefficient."""
    powers = torch.tensor(_POINTS, dtype=torch.float64)[:, None] ** torch.arange(coefficients)
    return torch.cat([powers, torch.eye(coefficients, dtype=torch.float64)[-1:]])
