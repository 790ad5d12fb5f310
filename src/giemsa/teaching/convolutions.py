"""The part of a network that looks: three convolutions, each with ReLU and max-pooling."""

from __future__ import annotations

from collections.abc import Iterator

import torch.nn.functional as F

from giemsa.teaching.feedback import Line, missing, right
from giemsa.teaching.probing import Layer, Trace
from giemsa.teaching.sameness import PLACES, UPPER_LIMIT, activation_in, carries, count, mixes, poolings

FILTERS = (32, 64, 64)
_AVERAGES = ("avg_pool2d", "_adaptive_avg_pool2d", "mean")
_NORMALISATIONS = ("native_batch_norm", "native_layer_norm", "native_group_norm")


def judge_convolutions(trace: Trace) -> Iterator[Line]:
    """Say of each convolution whether it, its activation and its pooling are those that were asked for."""
    found = trace.convolutions
    if len({layer.weight.data_ptr() for layer in found}) < len(found) and trace.error is None:
        yield missing("one of your convolutions runs twice: compute its maps once and keep them under a name")
        return
    if len(found) != len(FILTERS) and trace.error is None:
        yield missing(f"your network has {count(len(found), 'convolution')}, three are asked for")
    for place, layer, filters in zip(PLACES, found, FILTERS, strict=False):
        if layer.weight.dim() != 4:
            yield missing(
                f"your {place} convolution is {layer.weight.dim() - 2}-dimensional, images ask for two dimensions (nn.Conv2d)"
            )
            continue
        problems = [*_judge_filters(layer, filters, place), *_judge_what_follows(trace, layer, place)]
        yield from problems or [
            right(f"{place} convolution: {filters} filters of 3x3, ReLU, 2x2 max-pooling")
        ]


def _judge_filters(layer: Layer, filters: int, place: str) -> Iterator[Line]:
    given, _, height, width = layer.weight.shape
    if given != filters:
        yield missing(f"your {place} convolution has {given} filters, {filters} are asked for")
    if (height, width) != (3, 3):
        yield missing(
            f"the filters of your {place} convolution are {height}x{width} pixels, 3x3 is asked for"
        )
    if layer.stride != (1, 1):
        yield missing(
            f"your {place} convolution moves by {layer.stride[0]} pixels (its stride), 1 is asked for; "
            "the pooling is what makes the maps smaller"
        )
    if layer.output is not None and layer.weight.shape[1] != layer.received.shape[1]:
        yield missing(
            f"each filter of your {place} convolution looks at {layer.weight.shape[1]} of the {layer.received.shape[1]} maps "
            "(groups); it should look at all of them"
        )
    if layer.dilation != (1, 1):
        yield missing(
            f"your {place} convolution spreads its filters (dilation {layer.dilation[0]}), 1 is asked for"
        )


def _judge_what_follows(trace: Trace, layer: Layer, place: str) -> Iterator[Line]:
    """Compare what the next layer receives with the rectified and pooled maps."""
    following = _next_layer(trace, layer)
    if following is None or layer.output is None:
        return
    maps, received = layer.output, following.received
    if any(carries(received, pooled) for pooled in poolings(F.relu(maps))):
        if activation_in(layer.then) == UPPER_LIMIT:
            yield missing(f"there is {UPPER_LIMIT} after your {place} convolution, ReLU is asked for")
        return
    if any(carries(received, pooled) for pooled in poolings(maps)):
        yield missing(f"no ReLU follows your {place} convolution")
    elif carries(received, F.relu(maps)):
        yield missing(f"no max-pooling follows your {place} convolution")
    elif any(mixes(received, pooled) for pooled in poolings(F.relu(maps))):
        yield missing(
            f"after your {place} convolution the images of the batch are mixed: keep each image's numbers in a row of its own"
        )
    else:
        yield from _judge_by_name(layer.then, place)


def _judge_by_name(then: list[str], place: str) -> Iterator[Line]:
    """Say which of the operations after a convolution is not the one that was asked for."""
    activation, after = activation_in(then), f"after your {place} convolution"
    pools = [step for step in then if "max_pool2d" in step]
    normalised = any(step in _NORMALISATIONS for step in then)
    if normalised:
        yield missing(f"there is a normalisation {after}: a good thing, but not asked for yet; take it out")
    if activation != "ReLU":
        yield missing(
            f"there is {activation or 'no ReLU'} {after}" + (", ReLU is asked for" if activation else "")
        )
    if any(step in _AVERAGES for step in then):
        yield missing(f"averages are taken {after}, 2x2 max-pooling is asked for")
    elif not pools:
        yield missing(f"there is no max-pooling {after}")
    elif activation == "ReLU" and not normalised:
        yield missing(f"the max-pooling {after} is not one of 2x2 pixels that halves the maps once")


def _next_layer(trace: Trace, layer: Layer) -> Layer | None:
    following = trace.layers[trace.layers.index(layer) + 1 :]
    return following[0] if following else None
