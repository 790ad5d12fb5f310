"""Only steps that are the same operations each time are recorded; on a card itself see test_graphics_card."""

import pytest
import torch
from torch import nn

from giemsa.models import build_model
from giemsa.training.classifier import Classes, Classifier, Preprocessing
from giemsa.training.device import Compute
from giemsa.training.optimisers import build_optimiser
from giemsa.training.recipes import Recipe
from giemsa.training.replay import can_be_replayed


def _plain() -> nn.Module:
    return build_model(
        "convnet", channels=1, n_classes=4, size=12, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize(
    ("network", "optimiser", "device", "expected"),
    [
        (_plain(), "muon", "cuda", True),
        (_plain(), "muon", "cpu", False),
        (_plain(), "muon", "mps", False),
        (_plain(), "adamw", "cuda", False),
        (nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 4)), "muon", "cuda", False),
    ],
)
def test_only_where_it_is_safe(network: nn.Module, optimiser: str, device: str, expected: bool) -> None:
    preprocessing = Preprocessing((12, 12, 1), (0.4,), (0.2,))
    classifier = Classifier(network, preprocessing, Classes(tuple("abcd"), compute=Compute(device)))
    recipe = Recipe(optimiser=optimiser)  # type: ignore[arg-type]
    assert can_be_replayed(classifier, build_optimiser(classifier, recipe)) is expected
