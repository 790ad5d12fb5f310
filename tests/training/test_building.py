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


class Casting(nn.Module):
    """Brings images to the numbers in which its own weights are."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.conv, self.dense = nn.Conv2d(3, 4, 3, dtype=dtype), nn.Linear(4, 3, dtype=dtype)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = self.conv(pixels.to(self.conv.weight.dtype))
        return self.dense(maps.mean(dim=(2, 3)))


class Frequencies(nn.Module):
    """Weighs the waves in an image, as Fourier layers do."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 20, 11, dtype=torch.complex64))

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.fft.irfft2(torch.fft.rfft2(pixels) * self.weight).mean(dim=(2, 3))


class Volume(nn.Module):
    """Sees the channels of an image as its depth."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.dense = nn.Conv3d(1, 4, 3), nn.Linear(4, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.dense(self.conv(pixels[:, None]).mean(dim=(2, 3, 4)))


class ForOtherImages(nn.Module):
    """Asserts its size, as the vision transformers of several libraries do."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(1200, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        assert pixels.shape[2] == 224, f"wrong height, expected 224 but got {pixels.shape[2]}"
        return self.dense(pixels.flatten(1))


class Idle(nn.Module):
    """Has a layer that takes its size from what never comes."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.idle = nn.Linear(1200, 3), nn.LazyLinear(3)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.dense(pixels.flatten(1))


class Counting(nn.Linear):
    """Keeps a number beside its weights."""

    def get_extra_state(self) -> Any:
        return {"calls": 3}

    def set_extra_state(self, state: Any) -> None:
        pass


class WithoutGradient(nn.Linear):
    def forward(self, input: Tensor) -> Tensor:
        with torch.no_grad():
            return super().forward(input)


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
        (Casting(torch.float16), r"weights are torch.float16, .*: call network.float\(\)"),
        (Frequencies(), "complex weights: hold their real and imaginary parts"),
        (
            Giving(lambda logits: torch.complex(logits, logits)),
            "as real numbers, .*, it gives torch.complex64",
        ),
        (Giving(lambda logits: logits.long()), "as real numbers, .*, it gives torch.int64"),
        (_dense().to("meta"), "weights are on the device meta, where they have no values"),
        (
            nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.LazyLinear(3)),
            "does not take images of 20x20 pixels and 3 channels",
        ),
        (Idle(), "a lazy layer that no image passes"),
        (nn.Sequential(nn.Flatten(), Counting(1200, 3)), r"more than tensors \(get_extra_state\)"),
        (ForOtherImages(), "does not take images of 20x20 .*: wrong height, expected 224 but got 20"),
        (nn.Sequential(_dense(), nn.Softmax(dim=1)), "gives probabilities .*: leave out its own"),
        (_dense().requires_grad_(False), "no weight to learn"),
        (
            "tutorial",
            r"an nn\.Module, it is 'tutorial': .* in the recipe, recipe\.replace\(model='tutorial'\)",
        ),
        (Volume, r"an nn\.Module, it is <class .*: give an instance of it"),
        (torch.relu, r"an nn\.Module, it is <built-in method relu"),
    ],
)
def test_what_cannot_be_trained_is_refused(discs: ImageDataset, network: Any, told: str) -> None:
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


@pytest.mark.parametrize("network", [Casting(torch.float64), Volume()])
def test_weights_of_double_precision_and_of_five_dimensions_are_learnt(
    discs: ImageDataset, network: nn.Module
) -> None:
    before = [parameter.detach().clone() for parameter in network.parameters()]
    list(fit(network, discs, SHORT))
    for old, new in zip(before, network.parameters(), strict=True):
        assert new.dtype == old.dtype
        assert new.isfinite().all() and not torch.equal(old, new)


def test_an_output_without_a_gradient_is_refused(discs: ImageDataset) -> None:
    with pytest.raises(ModelError, match="no gradient reaches the network's weights"):
        next(fit(nn.Sequential(nn.Flatten(), WithoutGradient(1200, 3)), discs, SHORT))


def test_an_output_that_is_another_in_training_is_refused(discs: ImageDataset) -> None:
    network = Giving(lambda logits: (logits, logits), in_training_alone=True)
    few = dataclasses.replace(discs, train=discs.train.subset(range(32)))
    with pytest.raises(ModelError, match="it gives a tuple: wrap it"):
        next(fit(network, few, SHORT))
