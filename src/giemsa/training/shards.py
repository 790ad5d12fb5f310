"""A batch cut into shards, each with a processor thread of its own.

A small network's step is made of many short operations. To share each of them among the threads costs a meeting of all threads
an operation; to share the batch costs two meetings a step. Each shard has a replica of the network: the weights are the same
memory, gradients and the moments of batch norms are its own. The gradients are added in a fixed order, so that the same seed
gives the same bits. Of large images a shard takes a few at a time, so that memory does not grow with their size.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from giemsa.models.plain import is_plain
from giemsa.training.classifier import Classifier
from giemsa.training.optimisers import Optimiser, moves
from giemsa.training.threads import Team, team_of

SMALLEST = 64  # images in a shard: below, the norms' moments get noisy and the operations short
SMALLEST_HALF = 16  # where there are two; as fast as all threads at each operation, and not held up by others
PIXELS_AT_A_TIME = 2**20  # of a shard: 20 images of 224x224, all of a shard up to 128x128
FEW = 8  # images at a time: of fewer the norms' moments are too noisy to learn well
FEWEST = 4  # at a time, whatever memory they take: of a single one no norm learns anything

Loss = Callable[[Classifier, Tensor, Tensor], tuple[Tensor, Tensor]]


def plan_shards(classifier: Classifier, batch_size: int) -> tuple[int, float]:
    """Return into how many shards a batch is best cut, and how many images each takes at a time.

    It is cut where there are plain layers, 32 images or more, and a processor. Of images so large that each shard would take few,
    one shard takes those of all.
    """
    if not _can_be_cut(classifier):
        return 1, math.inf
    shards = max(1, batch_size // SMALLEST, min(2, batch_size // SMALLEST_HALF))
    shards = min(torch.get_num_threads(), shards)
    height, width, _ = classifier.image_shape
    at_a_time = PIXELS_AT_A_TIME / (height * width)
    return (shards, at_a_time) if at_a_time >= FEW else (1, max(shards * at_a_time, FEWEST))


def tell_few_at_a_time(classifier: Classifier, batch_size: int) -> str:
    """Say that the norms see few images at a time, where they do; else nothing."""
    at_a_time = plan_shards(classifier, batch_size)[1]
    normed = any(isinstance(module, nn.BatchNorm2d) for module in classifier.network.modules())
    if at_a_time >= min(FEW, batch_size) or not normed:
        return ""
    height, width, _ = classifier.image_shape
    return (
        f"on a processor images of {height}x{width} pixels are learnt from {int(at_a_time)} at a time, and batch norms see no "
        "more than these: a smaller --size learns better"
    )


def _can_be_cut(classifier: Classifier) -> bool:
    return classifier.classes.compute.device == "cpu" and is_plain(classifier.network)


@dataclass(frozen=True)
class Shards:
    """A classifier's replicas, the threads that they run in, and the images that each takes at a time; see :func:`shards_of`."""

    replicas: tuple[Classifier, ...]
    team: Team = field(default_factory=Team)
    at_a_time: float = math.inf

    def step(
        self,
        pixels: Tensor,
        labels: Tensor,
        loss: Loss,
        optimiser: Optimiser,
        meanwhile: Callable[[], Any],
    ) -> tuple[Tensor, Tensor, Any]:
        """Learn from a batch, and do something else on the way.

        Parameters
        ----------
        pixels, labels, loss : as for :meth:`backward`.
        optimiser : of the classifier's parameters, its learning rate set.
        meanwhile : called once, where threads allow beside the optimiser.

        Returns
        -------
        tuple : logits and loss, as of :meth:`backward`, and what ``meanwhile`` gave.
        """
        logits, mean = self.backward(pixels, labels, loss)
        given, *_ = self.team.do([meanwhile, *moves(optimiser)])
        return logits, mean, given

    def backward(self, pixels: Tensor, labels: Tensor, loss: Loss) -> tuple[Tensor, Tensor]:
        """Leave the gradient of the mean loss in the classifier's parameters.

        Parameters
        ----------
        pixels : ``(n, channels, height, width)`` in 0 to 1.
        labels : ``(n,)``.
        loss : from a classifier, pixels and labels to logits ``(n, n_classes)`` and the mean loss.

        Returns
        -------
        tuple : the logits, detached, ``(n, n_classes)``, and the mean loss; in shards, of their means, weighted by their images.
        """
        n = min(len(self.replicas), max(1, len(labels) // SMALLEST_HALF))
        work = list(zip(self.replicas[:n], pixels.tensor_split(n), labels.tensor_split(n), strict=True))

        def one(replica: Classifier, pixels: Tensor, labels_of: Tensor) -> list[tuple[Tensor, Tensor]]:
            replica.zero_grad(set_to_none=True)
            turns = max(1, min(math.ceil(len(pixels) / self.at_a_time), len(pixels) // FEWEST))
            learnt = []
            for part, labels_of_part in zip(
                pixels.tensor_split(turns), labels_of.tensor_split(turns), strict=True
            ):
                logits, mean = loss(replica, part, labels_of_part)
                share = mean * (len(part) / len(labels))
                share.backward()
                learnt.append((logits, share))
            return learnt

        found = self.team.do([partial(one, *shard) for shard in work])
        with torch.no_grad():
            self._join(n)
            logits, shares = zip(*chain(*found), strict=True)
            return torch.cat(logits), torch.stack(shares).sum()

    def _join(self, n: int) -> None:
        """Add the gradients of the first ``n`` replicas in the first, and give all replicas the mean of those ``n``'s moments."""
        if len(self.replicas) == 1:
            return
        for same in zip(*(replica.parameters() for replica in self.replicas[:n]), strict=True):
            for other in same[1:]:
                if same[0].grad is not None and other.grad is not None:
                    same[0].grad.add_(other.grad)
        for moments in zip(*(replica.buffers() for replica in self.replicas), strict=True):
            if moments[0].is_floating_point():
                mean = torch.stack(moments[:n]).mean(dim=0)
                for moment in moments:
                    moment.copy_(mean)


@contextmanager
def shards_of(classifier: Classifier, batch_size: int) -> Iterator[Shards]:
    """Give the shards in which batches of ``batch_size`` images are learnt from, and the threads back at the end."""
    n, at_a_time = plan_shards(classifier, batch_size)
    replicas = (classifier, *(_replica(classifier) for _ in range(n - 1)))
    with team_of(n) as team:
        yield Shards(replicas, team, at_a_time)


def _replica(classifier: Classifier) -> Classifier:
    """Return a copy whose parameters are the same memory, with gradients and buffers of its own."""
    replica = copy.deepcopy(classifier)
    for own, shared in zip(replica.parameters(), classifier.parameters(), strict=True):
        own.data = shared.data
        own.grad = None
    return replica
