"""Muon: steepest descent where a convolution's step is measured by its largest stretch, not by the length of its vector.

The momentum of each weight is seen as a matrix and replaced by the nearest (semi-)orthogonal one, so that every direction in
which the layer can change is used alike and few steps go far. A few products with itself make it so
(Newton-Schulz); no decomposition is needed. Vectors and dense layers take AdamW's step.

References
----------
Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024 (kellerjordan.github.io/posts/muon);
Bernstein and Newhouse, Old optimizer, new norm, 2024 (arXiv 2409.20325);
Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.9
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ADAM_BETAS = (0.9, 0.99)
ADAM_RATE_SCALE = 0.1


class Muon:
    """Orthogonalised momentum for convolutions, AdamW at a tenth of the learning rate for the rest.

    It has what a training asks of an optimiser, ``param_groups``, ``state`` and ``step``, and is none of ``torch.optim``: the
    first of those loads PyTorch's compiler, which takes two seconds and 70 MB.

    Parameters
    ----------
    network : whose parameters it moves; weights of four dimensions are the convolutions'.
    learning_rate : of the convolutions: the largest stretch of a step.
    weight_decay : decoupled; norms' scales and biases are spared.
    """

    def __init__(self, network: nn.Module, *, learning_rate: float, weight_decay: float) -> None:
        parameters = [p for p in network.parameters() if p.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in parameters if p.ndim == 4], "weight_decay": weight_decay, "is_muon": True},
            {
                "params": [p for p in parameters if p.ndim >= 2 and p.ndim != 4],
                "weight_decay": weight_decay,
                "is_muon": False,
            },
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0, "is_muon": False},
        ]
        self.param_groups = [group | {"lr": learning_rate} for group in groups if group["params"]]
        self.state: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        moving = [(group, parameter) for group in self.param_groups for parameter in group["params"]]
        self._largest_first = sorted(moving, key=lambda move: move[1].numel(), reverse=True)

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for move in self.moves():
            move()

    def moves(self) -> list[Callable[[], None]]:
        """Return what a step does, a call a parameter, the largest first.

        None of them waits for another, so threads can share them.
        """
        return [
            partial(
                _muon_step if group["is_muon"] else _adamw_step,
                parameter,
                self.state[parameter],
                group["lr"],
                group["weight_decay"],
            )
            for group, parameter in self._largest_first
            if parameter.grad is not None
        ]


# A rate may be a tensor and nothing is read back from the device, so that a step can be recorded; see giemsa.training.replay.


@torch.no_grad()
def _muon_step(
    parameter: Tensor, memory: dict[str, Tensor], rate: float | Tensor, weight_decay: float
) -> None:
    gradient = parameter.grad
    assert gradient is not None
    if not memory:
        memory["momentum"] = torch.zeros_like(parameter)
    memory["momentum"].mul_(MOMENTUM).add_(gradient)
    update = orthogonalize((gradient + MOMENTUM * memory["momentum"]).flatten(1))
    rows, columns = update.shape
    parameter.mul_(1 - rate * weight_decay)
    parameter.sub_(update.view_as(parameter) * (rate * max(1.0, rows / columns) ** 0.5))


@torch.no_grad()
def _adamw_step(
    parameter: Tensor, memory: dict[str, Tensor], rate: float | Tensor, weight_decay: float
) -> None:
    gradient, rate = parameter.grad, rate * ADAM_RATE_SCALE
    assert gradient is not None
    if not memory:
        zeros = torch.zeros_like(parameter)
        memory.update(steps=zeros.new_zeros(()), mean=zeros, square=zeros.clone())
    memory["steps"] += 1
    first, second = ADAM_BETAS
    memory["mean"].lerp_(gradient, 1 - first)
    memory["square"].lerp_(gradient.square(), 1 - second)
    mean = memory["mean"] / (1 - first ** memory["steps"])
    square = memory["square"] / (1 - second ** memory["steps"])
    parameter.mul_(1 - rate * weight_decay).sub_(mean / (square.sqrt() + 1e-8) * rate)


def orthogonalize(matrix: Tensor, *, steps: int = 3) -> Tensor:
    """Return nearly the nearest semi-orthogonal matrix: the singular vectors are kept, the singular values come near 1.

    Parameters
    ----------
    matrix : ``(rows, columns)``, not zero for a meaningful answer (zero stays zero).
    steps : of the iteration; three bring large singular values to between about 0.7 and 1.2, which is all that training needs.

    Returns
    -------
    Tensor : ``(rows, columns)``.

    Examples
    --------
    >>> import torch
    >>> orthogonalize(torch.diag(torch.tensor([3.0, -2.0])), steps=10).round().abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    a, b, c = NEWTON_SCHULZ
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    gram, identity = x @ x.T, torch.eye(len(x), dtype=x.dtype, device=x.device)
    total = identity
    for _ in range(steps):
        # x becomes (a + b gram + c gram gram) x each time; the small matrices alone know by how much
        factor = a * identity + b * gram + c * gram @ gram
        total, gram = factor @ total, factor @ gram @ factor
    return (total @ x).T if is_tall else total @ x
