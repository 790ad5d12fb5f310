"""The part of a network that decides: two dense layers, and what stands at the end."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from giemsa.teaching.feedback import Line, missing, remark, right
from giemsa.teaching.probing import Layer, Trace
from giemsa.teaching.sameness import activation_in, carries, count

HIDDEN_UNITS = 256


def judge_dense(trace: Trace, n_images: int, n_classes: int) -> Iterator[Line]:
    """Say whether the maps of ``n_images`` are made flat, and whether the two dense layers are as they were asked for."""
    dense = trace.dense
    if len(dense) != 2:
        yield missing(f"your network has {count(len(dense), 'dense layer')}, two are asked for")
    if not dense:
        return
    if dense[0].received.shape[0] != n_images:
        yield missing(
            "the maps are not made flat before the dense layer: each image should become one row of numbers"
        )
    problems = list(_judge_hidden(*dense)) if len(dense) == 2 else []
    yield from problems
    if len(dense) == 2 and not problems:
        yield right(f"dense layer of {HIDDEN_UNITS} with ReLU")
    outputs = dense[-1].weight.shape[0]
    if outputs != n_classes:
        yield missing(
            f"your last dense layer has {count(outputs, 'output')}; one for each of the {n_classes} classes is asked for"
        )


def _judge_hidden(hidden: Layer, last: Layer) -> Iterator[Line]:
    units = hidden.weight.shape[0]
    if units != HIDDEN_UNITS:
        yield missing(f"your first dense layer has {units} outputs, {HIDDEN_UNITS} are asked for")
    assert hidden.output is not None
    if not carries(last.received, F.relu(hidden.output)):
        activation = activation_in(hidden.then)
        if activation in ("", "ReLU"):
            extra = "no ReLU" if carries(last.received, hidden.output) else "more than a ReLU"
            yield missing(f"there is {extra} between the two dense layers")
        else:
            yield missing(f"there is {activation} between the two dense layers, ReLU is asked for")


def judge_end(trace: Trace, n_classes: int) -> Iterator[Line]:
    """Say what stands at the network's end: logits and probabilities are both right, with a word on the difference."""
    output, last = trace.output, trace.dense[-1].output
    if not isinstance(output, Tensor):
        yield missing(
            f"the network returns a {type(output).__name__}; a tensor with a row an image is asked for"
        )
    elif last is None or output.shape != last.shape:
        yield missing(
            f"the network returns {tuple(output.shape)}; a row of {n_classes} numbers an image is asked for"
        )
    elif torch.allclose(output, last):
        yield right("at the end stand logits")
        yield remark(
            "logits are any numbers, the largest wins; a softmax turns them into probabilities. PyTorch's "
            "cross-entropy does that by itself, so this network can be trained as it is"
        )
    elif torch.allclose(output, last.softmax(dim=1), atol=1e-6):
        yield right("at the end stand probabilities")
        yield remark(
            "your softmax turns logits into probabilities: right too. But PyTorch's cross-entropy does a softmax of "
            "its own, and two of them make learning slow: take yours out before you train"
        )
    elif torch.allclose(output, last.log_softmax(dim=1), atol=1e-5):
        yield right("at the end stand the logarithms of probabilities")
        yield remark("cross-entropy takes them as well as logits; for probabilities, use softmax or .exp()")
    else:
        yield _explain_end(trace.dense[-1].then, output)


def _explain_end(then: list[str], output: Tensor) -> Line:
    if "_softmax" in then or "_log_softmax" in then:
        return missing(
            "your softmax does not run over the classes: the probabilities of one image should add up to 1"
        )
    if "sigmoid" in then:
        return missing(
            "your sigmoid judges each class on its own, but a cell has exactly one: softmax, or nothing, is wanted"
        )
    if activation_in(then):
        return missing(f"{activation_in(then)} after the last layer spoils the logits: leave it out")
    return missing("after the last dense layer comes something that was not asked for")
