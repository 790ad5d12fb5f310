"""A step recorded on a graphics card and played back.

A step of a small network is a thousand short operations. A card has done each of them before Python has asked for the next, and
so stands idle most of the time. Recorded once, as a graph of CUDA, they are all asked for in one call.

References
----------
Nguyen et al., Accelerating PyTorch with CUDA Graphs, 2021 (pytorch.org/blog/accelerating-pytorch-with-cuda-graphs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from giemsa.models.plain import is_plain
from giemsa.training.classifier import Classifier
from giemsa.training.muon import Muon
from giemsa.training.optimisers import Optimiser
from giemsa.training.shards import Loss, Shards

WARM_UP = 3  # steps of a size taken as they come: the libraries choose their ways, the optimiser lays out its memory


def can_be_replayed(classifier: Classifier, optimiser: Optimiser) -> bool:
    """Return whether a step is the same operations each time: plain layers and Muon, on a card of NVIDIA's."""
    on_card = classifier.classes.compute.device == "cuda"
    return on_card and isinstance(optimiser, Muon) and is_plain(classifier.network)


@dataclass(frozen=True)
class _Recording:
    """A graph, the places from which it reads a batch, those in which it leaves what comes out, and the loss that it knows."""

    graph: Any
    pixels: Tensor
    labels: Tensor
    logits: Tensor
    loss: Tensor
    loss_of: Loss

    def play(self, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        self.pixels.copy_(pixels)
        self.labels.copy_(labels)
        self.graph.replay()
        return self.logits, self.loss


class Replay:
    """The steps of one training on a card, for :class:`giemsa.training.loop`; each size of batch is recorded by itself.

    Parameters
    ----------
    classifier, optimiser : for which :func:`can_be_replayed` holds; the optimiser's learning rate becomes a tensor, which the
        recording reads anew each time.
    """

    def __init__(self, classifier: Classifier, optimiser: Optimiser) -> None:
        self.classifier = classifier
        self._taken: Counter[int] = Counter()
        self._recordings: dict[int, _Recording] = {}
        rate = torch.zeros((), device=classifier.classes.compute.device)
        for group in optimiser.param_groups:
            group["lr"] = rate

    def step(
        self,
        pixels: Tensor,
        labels: Tensor,
        loss: Loss,
        optimiser: Optimiser,
        meanwhile: Callable[[], Any],
    ) -> tuple[Tensor, Tensor, Any]:
        """Learn from a batch, as :meth:`giemsa.training.shards.Shards.step`; ``loss`` and ``optimiser`` are always the same."""
        size = len(labels)
        self._taken[size] += 1
        if self._taken[size] == WARM_UP + 1:
            self._recordings[size] = self._record(pixels, labels, loss, optimiser)
        if size not in self._recordings:
            return Shards((self.classifier,)).step(pixels, labels, loss, optimiser, meanwhile)
        logits, mean = self._recordings[size].play(pixels, labels)
        return logits, mean, meanwhile()

    def _record(self, pixels: Tensor, labels: Tensor, loss: Loss, optimiser: Optimiser) -> _Recording:
        """Write down a step on such a batch, without taking it."""
        graph, pixels, labels = torch.cuda.CUDAGraph(), pixels.clone(), labels.clone()
        with torch.cuda.graph(graph):
            logits, mean, _ = Shards((self.classifier,)).step(pixels, labels, loss, optimiser, lambda: None)
        return _Recording(graph, pixels, labels, logits, mean, loss)
