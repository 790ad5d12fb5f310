"""Networks whose answers can be worked out by hand, and small trained-looking ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from giemsa.models import build_model
from giemsa.models.ensemble import ENTRANCES, Ensemble, convnet_member


class OneConvolution(nn.Module):
    """The network for which captum publishes Grad-CAM values (its tests, ``BasicModel_ConvNet_One_Conv``)."""

    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.relu1 = nn.ReLU(inplace=inplace)
        self.fc1 = nn.Linear(8, 4)
        self.relu2 = nn.ReLU(inplace=inplace)
        with torch.no_grad():
            self.conv1.weight.fill_(1.0)
            self.conv1.bias.copy_(torch.tensor([-50.0, -75.0]))
            self.fc1.weight.copy_(torch.cat([torch.ones(4, 5), -torch.ones(4, 3)], dim=1))
            self.fc1.bias.zero_()

    def forward(self, pixels: Tensor) -> Tensor:
        return self.relu2(self.fc1(self.relu1(self.conv1(pixels)).flatten(1)))


@pytest.fixture
def one_convolution():
    return OneConvolution


@pytest.fixture(scope="session")
def tutorial() -> nn.Module:
    return build_model(
        "tutorial", channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0)
    )


@pytest.fixture(scope="session")
def pooling() -> nn.Module:
    """Four classes, each with a colour of its own, read from the mean of the maps."""
    network = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4)
    )
    with torch.no_grad():
        network[0].weight.copy_(
            torch.tensor([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2], [0, 0, 0]]).view(4, 3, 1, 1)
        )
        network[0].bias.copy_(torch.tensor([0.0, 0, 0, 0.5]))
        network[4].weight.copy_(10 * torch.eye(4))
        network[4].bias.zero_()
    return network


class Block(nn.Module):
    """Two convolutions and what goes around them; its rectifier works in place and is used twice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        around = maps
        maps = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(maps)))))
        maps += around
        return self.relu(maps)


class Residual(nn.Module):
    """A small residual network that pools globally."""

    def __init__(self, n_classes: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.stages = nn.Sequential(Block(8), Block(8))
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, n_classes)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc(self.pool(self.stages(self.stem(pixels))).flatten(1))


class GreyToColour(nn.Module):
    """Repeats grey images to three channels inside."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(4, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.backbone(pixels.repeat(1, 3, 1, 1)))


class Divided(nn.Module):
    """Divides each image by its own deviation, which one of a single colour does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        own = pixels - pixels.mean((2, 3), keepdim=True)
        return self.head(self.conv(own / pixels.std((2, 3), keepdim=True)).relu().mean((2, 3)))


class Tokens(nn.Module):
    """A transformer of one layer, as they are often written: tokens, and the weights of the attention in a module of its own."""

    def __init__(self, *, by_convolution: bool) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 5, stride=5) if by_convolution else nn.Linear(75, 8)
        self.keys, self.attend, self.head = nn.Identity(), nn.Softmax(dim=-1), nn.Linear(8, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        if isinstance(self.embed, nn.Conv2d):
            tokens = self.embed(pixels).flatten(2).transpose(1, 2)
        else:
            tokens = self.embed(nn.functional.unfold(pixels, 5, stride=5).transpose(1, 2))
        several = tokens.unflatten(2, (2, 4)).transpose(1, 2)  # two heads of four features
        weights = self.attend(several @ self.keys(several).transpose(2, 3))
        return self.head((weights @ several).transpose(1, 2).flatten(2).mean(1))


def seeded(build) -> nn.Module:
    """Build a network of known random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build().eval()


@pytest.fixture
def residual() -> nn.Module:
    return seeded(Residual)


@pytest.fixture
def grey_to_colour() -> nn.Module:
    return seeded(GreyToColour)


@pytest.fixture
def divided() -> nn.Module:
    return seeded(Divided)


@pytest.fixture
def tokens():
    return lambda *, by_convolution: seeded(lambda: Tokens(by_convolution=by_convolution))


@pytest.fixture
def mlp() -> nn.Module:
    return seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 20, 8), nn.ReLU(), nn.Linear(8, 3)))


@pytest.fixture
def ensemble() -> nn.Module:
    """Three small members of the recipe ``best``, of which each answers something."""
    generator = torch.Generator().manual_seed(0)
    members = [
        convnet_member(begins, channels=3, n_classes=3, size=16, generator=generator, blocks=((4,), (6, 8)))
        for begins in ENTRANCES
    ]
    with torch.no_grad():
        for member in members:
            member.dense.weight.copy_(torch.randn(member.dense.weight.shape, generator=generator))
    return Ensemble(members).eval()


@pytest.fixture(scope="session")
def linear() -> nn.Module:
    """Logits ``weights @ pixels`` for images of one channel and 4x4 pixels, two classes."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False))
    with torch.no_grad():
        network[1].weight.copy_(torch.arange(32.0).view(2, 16) - 10)
    return network


@pytest.fixture
def pixels() -> Tensor:
    return torch.rand(6, 3, 28, 28, generator=torch.Generator().manual_seed(1))
