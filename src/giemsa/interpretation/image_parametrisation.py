"""What an optimiser moves when it makes an image: pixels, waves, or the ways in which real images differ.

Steps that are equal in pixels are unequal in what the eye and the network see: neighbouring pixels and the three colours of a
stain go together. A parametrisation in which real images are white noise makes the steps equal and lets the optimiser begin at
noise that already has the colours and the coarseness of the data. All statistics are taken from the images given at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from giemsa.errors import ModelError, nearest_names

Parametrisation = Literal["pixel", "fourier", "natural"]
KINDS = ("pixel", "fourier", "natural")
COMPONENTS = 200
EDGE = 0.02


@dataclass(frozen=True, eq=False)
class Canvas:
    """Numbers to move, and the image that they make.

    Parameters
    ----------
    values : leaf tensor, ``(n, ...)``.
    image : from the values to images ``(n, channels, height, width)``; those of ``fourier`` and ``natural`` lie in 0 to 1.
    """

    values: Tensor
    image: Callable[[Tensor], Tensor]


def make_canvas(
    kind: str,
    images: Tensor | None,
    shape: tuple[int, int, int, int],
    spread: float,
    generator: torch.Generator,
) -> Canvas:
    """Make a canvas that begins at noise.

    Parameters
    ----------
    kind : ``pixel`` (uniform noise), ``fourier`` (waves as strong as in the data, decorrelated colours) or ``natural`` (principal
        components of the data).
    images : ``(m, channels, height, width)``, 0 to 1, whose statistics are taken; not needed for ``pixel``.
    shape : ``(n, channels, height, width)`` of what is made.
    spread : how strong the noise is; 1 is as strong as the data varies.
    generator : source of the noise.

    Raises
    ------
    ModelError : an unknown kind, or none of the images that it needs.
    """
    if kind not in KINDS:
        raise ModelError(f"no parametrisation is called {kind!r}; {nearest_names(kind, KINDS)}")
    if kind == "pixel":
        return Canvas(draw_noise(kind, shape, spread, generator).requires_grad_(), lambda values: values)
    if images is None:
        raise ModelError(f"parametrisation {kind!r} takes its statistics from real images; give some")
    make = _fourier if kind == "fourier" else _natural
    size, image = make(images, shape)
    return Canvas(draw_noise(kind, size, spread, generator).requires_grad_(), image)


def draw_noise(kind: str, shape: tuple[int, ...], spread: float, generator: torch.Generator) -> Tensor:
    """Return noise of that shape for the values of a canvas of that kind, as :func:`make_canvas` begins at it."""
    if kind == "pixel":
        return 0.5 + spread * (torch.rand(shape, generator=generator) - 0.5)
    return spread * torch.randn(shape, generator=generator)


def to_open(pixels: Tensor) -> Tensor:
    """Map 0 to 1 onto the whole line, the inverse of the logistic function; the ends are held at 0.02 and 0.98."""
    inside = pixels.clamp(EDGE, 1 - EDGE)
    return (inside / (1 - inside)).log()


def decorrelate_colours(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean ``(c,)`` and the matrix ``(c, c)`` that turns independent normal numbers into the data's colours.

    Parameters
    ----------
    images : ``(m, c, height, width)``, on the open scale.

    References
    ----------
    Olah, Mordvintsev and Schubert, Feature Visualization, Distill 2017, section "Preconditioning and Parameterization".
    """
    flat = images.transpose(0, 1).flatten(1).double()
    mean = flat.mean(1)
    covariance = (flat - mean[:, None]) @ (flat - mean[:, None]).T / flat.shape[1]
    strengths, directions = torch.linalg.eigh(covariance)
    return mean.float(), (directions * strengths.clamp_min(1e-6).sqrt()).float()


def _fourier(
    images: Tensor, shape: tuple[int, int, int, int]
) -> tuple[tuple[int, ...], Callable[[Tensor], Tensor]]:
    """Waves, each as strong as it is in the data on average."""
    n, channels, height, width = shape
    opened = to_open(images)
    mean, basis = decorrelate_colours(opened)
    independent = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(basis), opened - mean.view(1, -1, 1, 1))
    strength = torch.fft.rfft2(independent, norm="ortho").abs().square().mean(0).sqrt()

    def image(values: Tensor) -> Tensor:
        waves = torch.view_as_complex(values) * strength * 0.5**0.5
        independent = torch.fft.irfft2(waves, s=(height, width), norm="ortho")
        return torch.sigmoid(mean.view(1, -1, 1, 1) + torch.einsum("cd,ndhw->nchw", basis, independent))

    return (n, channels, height, width // 2 + 1, 2), image


def _natural(
    images: Tensor, shape: tuple[int, int, int, int]
) -> tuple[tuple[int, ...], Callable[[Tensor], Tensor]]:
    """Principal components of the data (of all classes together), each as strong as in the data."""
    opened = to_open(images).flatten(1)
    mean = opened.mean(0)
    centred = opened - mean
    count = min(COMPONENTS, len(images) - 1)
    # The components are combinations of the images: the small matrix of their products gives them.
    mixtures = torch.linalg.eigh(centred @ centred.T).eigenvectors
    basis = (mixtures[:, -count:].T @ centred) / len(images) ** 0.5

    def image(values: Tensor) -> Tensor:
        return torch.sigmoid(mean + values @ basis).view(-1, *shape[1:])

    return (shape[0], len(basis)), image
