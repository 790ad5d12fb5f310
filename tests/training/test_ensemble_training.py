"""An ensemble in the loop is its members trained alone, side by side."""

import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.models.ensemble import Ensemble
from giemsa.training.loop import fit
from giemsa.training.recipes import Recipe

SHORT = Recipe(epochs=2, minimum_steps=0, batch_size=32, optimiser="muon", precision="float32")


def test_members_are_trained_as_if_alone(discs: ImageDataset) -> None:
    def member(seed: int) -> nn.Sequential:
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
        )

    alone, together = member(1), Ensemble([member(1), member(2)])
    list(fit(alone, discs, SHORT))
    list(fit(together, discs, SHORT))
    torch.testing.assert_close(together.members[0][0].weight, alone[0].weight, atol=2e-3, rtol=0)
    assert not torch.allclose(together.members[0][0].weight, together.members[1][0].weight, atol=0.1)
