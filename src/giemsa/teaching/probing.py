"""What a network does to a batch, whatever way it is written: the layers that run, in order, seen from below.

A ``TorchDispatchMode`` sees the operations that reach PyTorch's kernels. There ``nn.Conv2d``, ``F.conv2d`` and a convolution in a
``Sequential`` are one and the same, and no name matters.

References
----------
torch.utils._python_dispatch.TorchDispatchMode, part of PyTorch since 1.13.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.parameter import UninitializedParameter
from torch.utils._python_dispatch import TorchDispatchMode

_DENSE = {"addmm": (1, 2, 0), "mm": (0, 1, None)}  # places of input, transposed weight and bias


@dataclass(eq=False)
class Layer:
    """A convolution or dense layer that ran.

    Parameters
    ----------
    kind : ``convolution`` or ``dense``.
    received : its input, as it was then.
    weight : ``(filters, channels, height, width)`` or ``(outputs, inputs)``.
    stride, dilation : of a convolution, in pixels.
    output : what it gave; ``None`` if it failed.
    then : names of the operations between it and the next layer.
    """

    kind: Literal["convolution", "dense"]
    received: Tensor
    weight: Tensor
    stride: tuple[int, ...] = (1, 1)
    dilation: tuple[int, ...] = (1, 1)
    output: Tensor | None = None
    then: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Trace:
    """What happened to one batch.

    Parameters
    ----------
    layers : the convolutions and dense layers that ran, in order.
    output : what the network returned; ``None`` if it failed.
    error : what stopped it; ``None`` if nothing did.
    weight_shapes : the shapes of the network's registered parameters.
    """

    layers: tuple[Layer, ...]
    output: Any
    error: Exception | None
    weight_shapes: frozenset[tuple[int, ...]]

    @property
    def convolutions(self) -> tuple[Layer, ...]:
        """The convolutions that ran, in order."""
        return tuple(layer for layer in self.layers if layer.kind == "convolution")

    @property
    def dense(self) -> tuple[Layer, ...]:
        """The dense layers that ran, in order."""
        return tuple(layer for layer in self.layers if layer.kind == "dense")


def trace_network(network: nn.Module, pixels: Tensor) -> Trace:
    """Run ``network`` with random weights on ``pixels`` and record its layers.

    The weights are drawn anew for this one pass, so that what is seen is the network's structure and not what it has learnt; the
    network keeps its own, and whether it is in training mode. Lazy layers take their sizes, as in any first pass.

    Parameters
    ----------
    network : any module.
    pixels : ``(n, channels, height, width)`` floats in 0 to 1.

    Returns
    -------
    Trace : the layers that ran, what came out, and what stopped it.
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    recorder = _Recorder()
    output, error = None, None
    try:
        with torch.no_grad():
            if any(isinstance(p, UninitializedParameter) for p in network.parameters()):
                with recorder:
                    network(pixels)
                recorder.layers.clear()
            weights = _drawn_weights(network)
            with recorder:
                output = functional_call(network, weights, (pixels,))
    except Exception as caught:  # whatever a learner's network raises is told, not thrown
        error = caught
    finally:
        for module, mode in modes.items():
            module.training = mode
    return Trace(tuple(recorder.layers), output, error, _weight_shapes(network))


def _drawn_weights(network: nn.Module) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(p.shape, generator=generator) * 0.1 for name, p in network.named_parameters()}


def _weight_shapes(network: nn.Module) -> frozenset[tuple[int, ...]]:
    known = (p for p in network.parameters() if not isinstance(p, UninitializedParameter))
    return frozenset(tuple(p.shape) for p in known)


class _Recorder(TorchDispatchMode):
    """Keep each convolution and dense layer with copies of what went in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers: list[Layer] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = func.overloadpacket.__name__
        layer = _as_layer(name, args)
        if layer is not None:
            self.layers.append(layer)
        elif self.layers and not self._adds_bias(name, args):
            self.layers[-1].then.append(name)
        output = func(*args, **(kwargs or {}))
        if layer is not None:
            layer.output = output.clone()
        elif self.layers and not self.layers[-1].then:
            self.layers[-1].output = output.clone()
        return output

    def _adds_bias(self, name: str, args: tuple) -> bool:
        """Return whether a product of matrices, written out, is made a dense layer here by a number for each output."""
        last = self.layers[-1]
        outputs = (last.weight.shape[0],)
        return (
            last.kind == "dense"
            and not last.then
            and name in ("add", "add_")
            and outputs in map(_shape, args)
        )


def _shape(argument: object) -> tuple[int, ...]:
    return tuple(argument.shape) if isinstance(argument, Tensor) else ()


def _as_layer(name: str, args: tuple) -> Layer | None:
    if name == "convolution" and not args[6]:
        received, weight, _, stride, _, dilation = args[:6]
        return Layer("convolution", received.clone(), weight, tuple(stride), tuple(dilation))
    if name in _DENSE:
        received, weight = (args[place] for place in _DENSE[name][:2])
        return Layer("dense", received.clone(), weight.t())
    return None
