"""A network of one's own is looked at before it is trained, and told in one line what is amiss."""

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from giemsa.data.dataset import ImageDataset
from giemsa.errors import ModelError
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classifier
from giemsa.training.device import Compute
from giemsa.training.loop import fit
from giemsa.training.recipes import Recipe

SHORT = Recipe(epochs=1, minimum_steps=0, precision="float32")


class Giving(nn.Module):
    """A dense layer whose logits come out in some other form."""

    def __init__(self, form: Any, *, in_training_alone: bool = False) -> None:
        super().__init__()
        self.dense, self.form, self.in_training_alone = nn.Linear(1200, 3), form, in_training_alone

    def forward(self, pixels: Tensor) -> Any:
        logits = self.dense(pixels.flatten(1))
        return logits if self.in_training_alone and not self.training else self.form(logits)


class ForOtherImages(nn.Module):
    """Asserts its size, as the vision transformers of several libraries do."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(1200, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        assert pixels.shape[2] == 224, f"wrong height, expected 224 but got {pixels.shape[2]}"
        return self.dense(pixels.flatten(1))


def _dense() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))


def _build(network: nn.Module, data: ImageDataset) -> Classifier:
    return build_classifier(data, SHORT, seed=0, compute=Compute(), network=network)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        (Giving(lambda logits: (logits, logits)), "logits as one tensor, it gives a tuple: wrap it"),
        (Giving(lambda logits: {"logits": logits}), "logits as one tensor, it gives a dict: wrap it"),
        (_dense().half(), r"weights are torch.float16, images come as torch.float32: call network.float\(\)"),
        (_dense().double(), r"weights are torch.float64, .*: call network.float\(\)"),
        (ForOtherImages(), "does not take images of 20x20 .*: wrong height, expected 224 but got 20"),
        (nn.Sequential(_dense(), nn.Softmax(dim=1)), "gives probabilities .*: leave out its own"),
        (_dense().requires_grad_(False), "no weight to learn"),
    ],
)
def test_what_cannot_be_trained_is_refused(discs: ImageDataset, network: nn.Module, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        _build(network, discs)


def test_a_classifier_is_not_standardised_twice(discs: ImageDataset) -> None:
    with pytest.raises(ModelError, match=r"give the network within it, classifier\.network"):
        _build(_build(_dense(), discs), discs)


def test_logarithms_of_probabilities_are_logits(discs: ImageDataset) -> None:
    assert _build(nn.Sequential(_dense(), nn.LogSoftmax(dim=1)), discs).class_names == discs.class_names


def test_a_part_may_be_frozen(discs: ImageDataset) -> None:
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(1200, 5).requires_grad_(False), nn.ReLU(), nn.Linear(5, 3)
    )
    before = [parameter.clone() for parameter in network.parameters()]
    list(fit(network, discs, SHORT))
    same = [torch.equal(*both) for both in zip(before, network.parameters(), strict=True)]
    assert same == [True, True, False, False]


def test_an_output_that_is_another_in_training_is_refused(discs: ImageDataset) -> None:
    network = Giving(lambda logits: (logits, logits), in_training_alone=True)
    few = dataclasses.replace(discs, train=discs.train.subset(range(32)))
    with pytest.raises(ModelError, match="it gives a tuple: wrap it"):
        next(fit(network, few, SHORT))
