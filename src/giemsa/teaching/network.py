"""Exercise: build the tutorial's network.

The network is not read, it is run: what each layer receives is compared with what it should receive. So every way of writing it
counts as right: any names, any padding, activation before or after pooling, modules or functions, logits or softmax at the end.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import torch
from torch import nn

from giemsa.teaching.convolutions import FILTERS, judge_convolutions
from giemsa.teaching.dense_layers import judge_dense, judge_end
from giemsa.teaching.feedback import NOTHING_YET, Feedback, Line, is_blank, missing, right
from giemsa.teaching.probing import Trace, trace_network
from giemsa.teaching.sameness import PLACES, count

_BATCH = 5


def check_network(
    answer: object, *, image_shape: tuple[int, int, int] = (28, 28, 3), n_classes: int = 8
) -> Feedback:
    """Check the network of the tutorial: three convolutions with ReLU and pooling, flatten, two dense layers.

    Parameters
    ----------
    answer : an ``nn.Module`` that takes ``(n, channels, height, width)`` floats.
    image_shape : height, width and channels of the images.
    n_classes : number of outputs that are asked for.

    Returns
    -------
    Feedback : true when the network is the one that was asked for, however it is written.

    Examples
    --------
    >>> from torch import nn
    >>> check_network(nn.Sequential(nn.Flatten(), nn.Linear(28 * 28 * 3, 8))).missing[0]
    'your network has no convolution, three are asked for'
    """
    title = "build the network"
    problem = _not_a_network(answer)
    if problem is not None:
        return Feedback(title, (problem,))
    assert isinstance(answer, nn.Module)
    height, width, channels = image_shape
    pixels = torch.rand(_BATCH, channels, height, width, generator=torch.Generator().manual_seed(1))
    return Feedback.gather(title, _judge(trace_network(answer, pixels), tuple(pixels.shape), n_classes))


def _not_a_network(answer: object) -> Line | None:
    if is_blank(answer):
        return NOTHING_YET
    if isinstance(answer, nn.Module):
        return None
    if inspect.isclass(answer):
        return missing(f"{answer.__name__} is the class, the network is what {answer.__name__}() returns")
    if isinstance(answer, list | tuple):
        return missing(
            "this is a list of layers: put them into nn.Sequential, so that they become one network"
        )
    return missing(f"an nn.Module is asked for, a {type(answer).__name__} came")


def _judge(trace: Trace, shape: tuple[int, ...], n_classes: int) -> Iterator[Line]:
    if trace.error is None:
        yield right(f"it takes a batch of images {shape}")
    yield from judge_convolutions(trace)
    if trace.error is not None:
        yield _explain(trace, shape)
        return
    yield from judge_dense(trace, _BATCH, n_classes)
    yield from _judge_registration(trace)
    if trace.dense and len(trace.convolutions) == len(FILTERS):
        yield from judge_end(trace, n_classes)


def _judge_registration(trace: Trace) -> Iterator[Line]:
    for kind, layers in (("convolution", trace.convolutions), ("dense layer", trace.dense)):
        for place, layer in zip(PLACES, layers, strict=False):
            if tuple(layer.weight.shape) not in trace.weight_shapes:
                yield missing(
                    f"the weights of your {place} {kind} are not among network.parameters(), so that no training would move "
                    "them: make the layer in __init__ and keep it as self.name (a plain list hides it)"
                )


def _explain(trace: Trace, shape: tuple[int, ...]) -> Line:
    """Turn what stopped the network into a sentence."""
    words = (str(trace.error).strip().splitlines() or [""])[0][:160]
    failed = trace.layers[-1] if trace.layers and trace.layers[-1].output is None else None
    if failed is None:
        after = f" after {count(len(trace.layers), 'layer')}" if trace.layers else ""
        return missing(f"a batch of images {shape} stops it{after}: {type(trace.error).__name__}: {words}")
    if failed.kind == "dense":
        place = PLACES[len(trace.dense) - 1]
        inputs = failed.weight.shape[1]
        words = f"your {place} dense layer expects {inputs} numbers, {failed.received.shape[-1]} arrive"
        flat = failed.received.dim() == 2 and failed.received.shape[0] == shape[0]
        return missing(words if flat else f"{words}: the maps are not made flat before it")
    place, channels = PLACES[len(trace.convolutions) - 1], failed.weight.shape[1]
    return missing(
        f"your {place} convolution expects {channels} channels, it receives {tuple(failed.received.shape)}"
    )
