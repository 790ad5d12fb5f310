"""Integrated gradients: the gradient, averaged on the straight way from a baseline to the image, times that way.

Its parts add up to the difference of the explained number between image and baseline (completeness). The integral is captum's, by
Gauss and Legendre's rule; here it is checked, and taken again with more steps where a network with many kinks needs them.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError
from giemsa.interpretation.gradients import gradient_step
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import check_pixels, images_at_a_time, in_batches
from giemsa.interpretation.target import AnyTarget, Target, plain_scores, resolve_target, scores

FLOOR = (
    0.1  # of a difference of logits; the parts of a smaller one cannot be asked to agree to a fraction of it
)
_NO_WAY = (
    "integrated gradients are not finite on the way from the baseline to the image; a network that divides each image by its own "
    "deviation has no answer to a baseline of one colour, give it another"
)


def integrated_gradients(
    network: nn.Module,
    pixels: Tensor,
    target: AnyTarget,
    *,
    baseline: Tensor | float | None = None,
    steps: int = 16,
    tolerance: float = 0.01,
    most_steps: int = 1024,
) -> np.ndarray:
    """Compute integrated gradients, with as many steps as completeness asks for.

    Parameters
    ----------
    network, pixels, target : as in :func:`giemsa.interpretation.gradients.gradient`.
    baseline : where the way begins: images like ``pixels``, one grey value in 0 to 1, or ``None`` for each image's mean colour.
    steps : points of the integral to begin with.
    tolerance : how far the parts may miss the difference that they should add up to, as a fraction of it (or of 0.1 where it is
        smaller than that); images that miss it get four times the steps, and again.
    most_steps : where this ends; an image that still misses it keeps what it has.

    Returns
    -------
    ndarray : ``(n, channels, height, width)``, float32, signed, in the unit of the target.

    Raises
    ------
    ModelError : as for the gradient; also a baseline that does not fit, or to which the network has no finite answer.

    References
    ----------
    Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017, equation 1.

    Examples
    --------
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    >>> maps = integrated_gradients(network, torch.ones(1, 1, 2, 2), 0, baseline=0.0)
    >>> bool(np.allclose(maps.ravel(), network[1].weight[0].detach(), atol=1e-6))
    True
    """
    pixels = check_pixels(pixels)
    resolved = resolve_target(target, network, pixels)
    weights = resolved.rows(len(pixels))
    start = baseline_of(pixels, baseline)
    maps = torch.zeros_like(pixels)
    todo = torch.arange(len(pixels))
    with evaluating(network):
        gradient_step(
            network, pixels[:1], weights[:1], resolved.layer
        )  # one clear sentence where there is none
        while len(todo):
            chosen = Target(weights[todo], resolved.layer)
            maps[todo] = _integrate(network, pixels[todo], start[todo], chosen, steps)
            gap = completeness_gap(network, pixels[todo], start[todo], chosen, maps[todo])
            if not torch.isfinite(gap).all():
                raise ModelError(_NO_WAY)
            todo, steps = todo[gap > tolerance], 4 * steps
            if steps > most_steps:
                break
    return maps.numpy().astype(np.float32)


def completeness_gap(
    network: nn.Module, pixels: Tensor, baseline: Tensor, target: Target, maps: Tensor
) -> Tensor:
    """Return by how much the parts miss the difference they should add up to, ``(n,)``, as a fraction of it or of 0.1."""
    weights = target.rows(len(pixels))
    with evaluating(network):
        ends = [plain_scores(network, images, weights, target.layer) for images in (pixels, baseline)]
    difference = ends[0] - ends[1]
    return (maps.sum((1, 2, 3)) - difference).abs() / difference.abs().clamp_min(FLOOR)


def baseline_of(pixels: Tensor, baseline: Tensor | float | None) -> Tensor:
    """Return the baseline as images: given, one grey value, or each image's own mean colour.

    Raises
    ------
    ModelError : its shape does not fit.
    """
    if baseline is None:
        return pixels.mean((2, 3), keepdim=True).expand_as(pixels).contiguous()
    if not isinstance(baseline, Tensor):
        return torch.full_like(pixels, float(baseline))
    if baseline.shape[-3:] != pixels.shape[-3:]:
        raise ModelError(
            f"the baseline has shape {tuple(baseline.shape)} where the images have {tuple(pixels.shape)}"
        )
    return baseline.expand_as(pixels).contiguous()


def _integrate(network: nn.Module, pixels: Tensor, start: Tensor, target: Target, steps: int) -> Tensor:
    """Take the integral with captum, as many images a pass as are fast."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum's progress bars warn in a notebook without widgets
        from captum.attr import IntegratedGradients

    integral = IntegratedGradients(lambda batch, rows: scores(network, batch, rows, target.layer))
    rule = {"n_steps": steps, "method": "gausslegendre", "internal_batch_size": images_at_a_time(pixels)}

    def shares(batch: Tensor, start: Tensor, weights: Tensor) -> Tensor:
        return integral.attribute(batch, baselines=start, additional_forward_args=weights, **rule)

    return in_batches(shares, pixels, start, target.rows(len(pixels))).float()
