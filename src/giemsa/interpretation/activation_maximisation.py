"""Activation maximisation: an image made so that a class, a channel or any direction answers as strongly as it can.

All images of a call are made in one batch, large ones in several. What keeps a small network's picture from being mush is not a
stronger penalty but the parametrisation (see :mod:`giemsa.interpretation.image_parametrisation`) and views that move while the
image is made. ``TUTORIAL`` holds the settings of the tutorial.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from giemsa.errors import ModelError, nearest_names
from giemsa.interpretation.gradients import differentiate
from giemsa.interpretation.image_parametrisation import Canvas, draw_noise, make_canvas
from giemsa.interpretation.passes import evaluating
from giemsa.interpretation.pixels import check_pixels, images_at_a_time
from giemsa.interpretation.target import Target, plain_scores, resolve_target, scores
from giemsa.interpretation.views import ViewRange, look
from giemsa.progress import Progress


@dataclass(frozen=True)
class MaximisationSettings:
    """How images are made.

    Parameters
    ----------
    steps : of the optimiser, AdamW.
    learning_rate, weight_decay : its own.
    parametrisation : ``pixel``, ``fourier`` or ``natural``.
    start : how strong the noise is at which it begins; 1 is the data's own variation (for pixels, uniform noise from 0 to 1).
    draws : of that noise for each image; it begins at the one to which the target answers most, since from others the way up may
        end on a foothill.
    views : how the image is moved at each step.
    copies : views of each image a step.
    log_odds : climb the log odds of a class against all others; else the logit itself, which can rise for all classes at once.
    total_variation : weight of the mean absolute difference of neighbours.
    norm, norm_power : weight and p of the mean p-norm of the pixels.
    radius : how far ``fourier`` and ``natural`` may go from the mean image; 1 is as far as real images lie, 0 no bound.
        Somewhat nearer than that the pictures transfer as well and lie closer to real ones.
    """

    steps: int = 200
    learning_rate: float = 0.05
    weight_decay: float = 0.0
    parametrisation: str = "natural"
    start: float = 0.5
    draws: int = 32
    views: ViewRange = field(default_factory=lambda: ViewRange(2.0, 10.0, 0.1, 8, 0.03, 0.05))
    copies: int = 1
    log_odds: bool = True
    total_variation: float = 0.0
    norm: float = 0.0
    norm_power: float = 1.0
    radius: float = 0.7


DEFAULTS = MaximisationSettings()
TUTORIAL = MaximisationSettings(
    steps=200,
    learning_rate=0.5,
    weight_decay=0.004,
    parametrisation="pixel",
    start=1.0,
    draws=1,
    views=ViewRange(jitter=10.0, rotation=2.0),
    copies=1,
    log_odds=False,
    total_variation=1.0,
    norm=0.3,
    radius=0.0,
)
SETTINGS = {"default": DEFAULTS, "tutorial": TUTORIAL}


def settings_for(name: str, symmetries: int) -> MaximisationSettings:
    """Return the settings of that name; the defaults take only views that keep an image's meaning (1, 2 or 8 of them).

    Raises
    ------
    ModelError : no settings have that name.
    """
    if name not in SETTINGS:
        raise ModelError(f"no settings are called {name!r}; {nearest_names(name, list(SETTINGS))}")
    settings = SETTINGS[name]
    kept = min(symmetries, settings.views.symmetries)
    return replace(settings, views=replace(settings.views, symmetries=kept))


@dataclass(frozen=True, eq=False)
class Maximisation:
    """Images made for targets.

    Parameters
    ----------
    images : ``(n, height, width, channels)``, float32, 0 to 1.
    scores : ``(n,)``, what is explained, for the image as it is drawn.
    history : ``(steps, n)``, what is climbed at each step, in the view of that step: the log odds of the class against all others
        where the settings say so, else the score.
    settings : how they were made.
    """

    images: np.ndarray
    scores: np.ndarray
    history: np.ndarray
    settings: MaximisationSettings


def maximise_activation(
    network: nn.Module,
    target: Target,
    *,
    like: Tensor,
    settings: MaximisationSettings = DEFAULTS,
    start: Tensor | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Maximisation:
    """Make one image for each row of the target.

    Parameters
    ----------
    network : float images in 0 to 1 to logits.
    target : weights ``(n, outputs)``: classes, differences, channels, directions; see :mod:`giemsa.interpretation.target`.
    like : ``(m, channels, height, width)``, 0 to 1, real images: their size is taken, and for the defaults their statistics (some
        hundred, of all classes).
    settings : ``TUTORIAL`` for the tutorial's.
    start : ``(n, channels, height, width)``, images to begin at, with ``pixel`` only; noise by default.
    seed : of noise and views.
    progress : called with steps done, all steps, and a word.

    Returns
    -------
    Maximisation

    Raises
    ------
    ModelError : a target that does not fit, or a path that is not differentiable.

    References
    ----------
    Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009; Olah, Mordvintsev and Schubert, Feature
    Visualization, Distill 2017.
    """
    like = check_pixels(like)
    weights = target.weights.reshape(-1, target.weights.shape[-1])
    resolve_target(Target(weights[0], target.layer), network, like)
    generator = torch.Generator().manual_seed(seed)
    if start is None:
        shape = (len(weights), *like.shape[1:])
        canvas = make_canvas(settings.parametrisation, like, shape, settings.start, generator)
    else:
        canvas = _begin_at(start, settings)
    size = max(1, images_at_a_time(like) // settings.copies)
    groups = list(zip(canvas.values.detach().split(size), weights.split(size), strict=True))
    made = []
    with evaluating(network):
        for number, (values, rows) in enumerate(groups):
            group, towards = Canvas(values.clone().requires_grad_(), canvas.image), Target(rows, target.layer)
            if start is None:
                _begin_high(network, group, towards, settings, generator)
            told = _counting_on(progress, number, len(groups))
            history = _climb(network, group, towards, settings, generator, told)
            images = group.image(group.values).detach().clamp(0, 1)
            made.append((images, plain_scores(network, images, rows, target.layer), history))
    images, reached, history = (
        torch.cat(parts, dim=axis) for parts, axis in zip(zip(*made, strict=True), (0, 0, 1), strict=True)
    )
    drawn = images.permute(0, 2, 3, 1).contiguous().float().numpy()
    return Maximisation(drawn, reached.numpy(), history.numpy(), settings)


def _counting_on(progress: Progress | None, number: int, groups: int) -> Progress | None:
    """Let each group of images tell its steps as those of one long climb."""
    if progress is None:
        return None
    return lambda step, steps, words: progress(number * steps + step, groups * steps, words)


@torch.no_grad()
def _begin_high(
    network: nn.Module,
    canvas: Canvas,
    target: Target,
    settings: MaximisationSettings,
    generator: torch.Generator,
) -> None:
    """Put each of the canvas's values, in place, at that of several draws of noise to which its target answers most."""
    if settings.draws == 1:
        return
    best = objective_of(network, canvas.image(canvas.values), target, log_odds=settings.log_odds)
    for _ in range(settings.draws - 1):
        drawn = draw_noise(settings.parametrisation, canvas.values.shape, settings.start, generator)
        heights = objective_of(network, canvas.image(drawn), target, log_odds=settings.log_odds)
        higher = heights > best
        canvas.values[higher], best[higher] = drawn[higher], heights[higher]


def _climb(
    network: nn.Module,
    canvas: Canvas,
    target: Target,
    settings: MaximisationSettings,
    generator: torch.Generator,
    progress: Progress | None,
) -> Tensor:
    """Move the canvas's values uphill in place; return what is climbed of each image at each step, ``(steps, n)``."""
    viewed = Target(target.weights.repeat(settings.copies, 1), target.layer)
    optimiser = torch.optim.AdamW(
        [canvas.values], lr=settings.learning_rate, weight_decay=settings.weight_decay, eps=1e-7
    )
    history = []
    for step in range(settings.steps):
        images = canvas.image(canvas.values)
        seen = look(images.repeat(settings.copies, 1, 1, 1), settings.views, generator)
        height = objective_of(network, seen, viewed, log_odds=settings.log_odds)
        loss = penalties(images, settings).sum() - height.sum() / settings.copies
        canvas.values.grad = differentiate(loss, canvas.values)
        optimiser.step()
        _keep_inside(canvas.values, settings)
        history.append(height.detach().view(settings.copies, -1).mean(0))
        if progress:
            progress(step + 1, settings.steps, "maximising")
    return torch.stack(history)


def objective_of(network: nn.Module, seen: Tensor, target: Target, *, log_odds: bool) -> Tensor:
    """Return what is climbed, ``(n,)``: the target's score, or for a class its log odds against all others."""
    one_class = not target.layer and bool(
        (target.weights.amax(1) == 1).all() and (target.weights.sum(1) == 1).all()
    )
    if not (log_odds and one_class):
        return scores(network, seen, target.weights, target.layer)
    logits = network(seen)
    others = logits.masked_fill(target.weights > 0, -torch.inf).logsumexp(1)
    return (logits * target.weights).sum(1) - others


def _keep_inside(values: Tensor, settings: MaximisationSettings) -> None:
    """Bring the values back, in place: pixels to 0 to 1, other numbers to the ball in which real images lie."""
    with torch.no_grad():
        if settings.parametrisation == "pixel":
            values.clamp_(0, 1)
        elif settings.radius:
            flat = values.flatten(1)
            most = settings.radius * flat.shape[1] ** 0.5
            flat.mul_((most / flat.norm(dim=1, keepdim=True)).clamp_max(1.0))


def penalties(images: Tensor, settings: MaximisationSettings) -> Tensor:
    """Return the penalty of each image, ``(n,)``: total variation and p-norm, both per number."""
    total = torch.zeros(len(images))
    if settings.total_variation:
        steps = images.diff(dim=2).abs().sum((1, 2, 3)) + images.diff(dim=3).abs().sum((1, 2, 3))
        total = total + settings.total_variation * steps / images[0].numel()
    if settings.norm:
        power = settings.norm_power
        total = total + settings.norm * images.abs().pow(power).mean((1, 2, 3)).pow(1 / power)
    return total


def _begin_at(start: Tensor, settings: MaximisationSettings) -> Canvas:
    if settings.parametrisation != "pixel":
        raise ModelError("beginning at an image needs the parametrisation 'pixel'")
    return Canvas(check_pixels(start).clone().requires_grad_(), lambda values: values)
