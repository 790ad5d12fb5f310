"""The methods of attribution by name, all with one call, and what a person should know of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor, nn

from giemsa.errors import ModelError, nearest_names
from giemsa.interpretation.class_evidence import class_evidence
from giemsa.interpretation.grad_cam import grad_cam, grad_cam_plus_plus
from giemsa.interpretation.gradients import gradient
from giemsa.interpretation.integrated_gradients import integrated_gradients
from giemsa.interpretation.occlusion import occlusion, occlusion_of_classes
from giemsa.interpretation.smoothgrad import smoothgrad
from giemsa.interpretation.target import AnyTarget


@dataclass(frozen=True)
class Method:
    """A way to attribute a class to places.

    Parameters
    ----------
    title : its name for people.
    says : one sentence on what its map shows.
    compute : ``(network, pixels, target) -> (n, h, w)`` or ``(n, channels, h, w)``.
    of_classes : ``(network, pixels, labels (n, k)) -> (k, n, h, w)``, where several classes cost less together than one by one.
    """

    title: str
    says: str
    compute: Callable[[nn.Module, Tensor, AnyTarget], np.ndarray]
    of_classes: Callable[[nn.Module, Tensor, np.ndarray], np.ndarray] | None = None


METHODS: dict[str, Method] = {
    "gradient": Method(
        "Gradient times image", "each pixel's value times its slope", partial(gradient, times_image=True)
    ),
    "smoothgrad": Method("SmoothGrad", "the slope, averaged over noisy copies", smoothgrad),
    "integrated_gradients": Method(
        "Integrated gradients",
        "each pixel's share of the logit, from a flat image on",
        partial(integrated_gradients, steps=16, tolerance=0.05, most_steps=64),
    ),
    "grad_cam": Method("Grad-CAM", "where the maps that speak for the class are active", grad_cam),
    "grad_cam_plus_plus": Method("Grad-CAM++", "the same, only positive slopes counted", grad_cam_plus_plus),
    "occlusion": Method(
        "Occlusion",
        "how far the logit falls when the place is covered",
        occlusion,
        of_classes=occlusion_of_classes,
    ),
    "class_evidence": Method(
        "Class evidence", "what the network would call each place alone", class_evidence
    ),
}


def attribute(network: nn.Module, pixels: Tensor, target: AnyTarget, method: str = "grad_cam") -> np.ndarray:
    """Compute the map of a method by its name, channels added up.

    By this name integrated gradients take 64 steps at most to add up to within 5 % (a map of the checks is one of thousands);
    :func:`giemsa.interpretation.integrated_gradients.integrated_gradients` itself takes up to 1,024 for 1 %. Where these do not
    do, the sum is further off.

    Parameters
    ----------
    network, pixels, target : as in :func:`giemsa.interpretation.grad_cam.grad_cam`.
    method : a key of ``METHODS``.

    Returns
    -------
    ndarray : ``(n, height, width)``, float32, signed where the method is, not normalised.

    Raises
    ------
    ModelError : an unknown method, or one that does not fit the network.
    """
    if method not in METHODS:
        raise ModelError(
            f"no method of attribution is called {method!r}; {nearest_names(method, list(METHODS))}"
        )
    maps = METHODS[method].compute(network, pixels, target)
    return maps.sum(1) if maps.ndim == 4 else maps


def attribute_classes(network: nn.Module, pixels: Tensor, labels: np.ndarray, method: str) -> np.ndarray:
    """Compute the maps of a method for several classes of each image.

    Parameters
    ----------
    network, pixels, method : as in :func:`attribute`.
    labels : ``(n, k)``, the classes that are explained.

    Returns
    -------
    ndarray : ``(k, n, height, width)``, float32.
    """
    together = METHODS[method].of_classes
    if together is not None:
        return together(network, pixels, labels)
    return np.stack([attribute(network, pixels, column, method) for column in labels.T])
