"""The network exercise: right in every way of writing it, told exactly where it is not."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from giemsa.models.tutorial import tutorial_network
from giemsa.teaching import check_network


def build(
    stage: Callable[[int, int], list[nn.Module]], *, flat: int, end: tuple[nn.Module, ...] = ()
) -> nn.Module:
    """Put three stages, flatten and two dense layers into a row."""
    stages = [layer for before, after in ((3, 32), (32, 64), (64, 64)) for layer in stage(before, after)]
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(flat, 256), nn.ReLU(), nn.Linear(256, 8), *end)


def plain(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2)]


def same(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)]


class Functional(nn.Module):
    """Layers as attributes with odd names, everything else as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.apple, self.pear = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 64, 3)
        self.rest = nn.ModuleList([nn.Conv2d(64, 64, (3, 3), bias=False)])
        self.zebra, self.ant = nn.Linear(256, 256), nn.Linear(256, 8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.apple(x), 2).clamp(min=0)
        x = torch.maximum(F.max_pool2d(self.pear(x), (2, 2)), torch.zeros(()))
        x = F.relu(F.max_pool2d(F.relu(self.rest[0](x)), 2))
        return self.ant(self.zebra(x.reshape(len(x), -1)).relu_())


class Permuted(nn.Module):
    """Flattens in another order, pads by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.eye = nn.Sequential(nn.ZeroPad2d(1), *plain(3, 32), nn.ReflectionPad2d(1), *plain(32, 64))
        self.eye.append(nn.ZeroPad2d((1, 1, 1, 1))).extend(plain(64, 64))
        self.mind = nn.Sequential(nn.Linear(576, 256), nn.ReLU(inplace=True), nn.Linear(256, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.mind(self.eye(x).permute(0, 2, 3, 1).flatten(start_dim=1))


class Written(Functional):
    """Writes its dense layers out as products of matrices."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.apple(x)), 2)
        x = F.max_pool2d(F.relu(self.rest[0](F.max_pool2d(F.relu(self.pear(x)), 2))), 2)
        return F.relu(x.flatten(1) @ self.zebra.weight.T + self.zebra.bias) @ self.ant.weight.T


def tutorial() -> nn.Module:
    return tutorial_network(channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(0))


RIGHT: dict[str, Callable[[], nn.Module]] = {
    "the tutorial's own": tutorial,
    "no padding": lambda: build(plain, flat=64),
    "padding same": lambda: build(same, flat=576),
    "padding two": lambda: build(
        lambda a, b: [nn.Conv2d(a, b, 3, padding=2), nn.ReLU(), nn.MaxPool2d(2)], flat=1600
    ),
    "pooling before activation": lambda: build(
        lambda a, b: [nn.Conv2d(a, b, 3), nn.MaxPool2d(2), nn.ReLU(inplace=True)], flat=64
    ),
    "ceil mode": lambda: build(
        lambda a, b: [nn.Conv2d(a, b, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)], flat=256
    ),
    "dropout": lambda: build(lambda a, b: [*same(a, b), nn.Dropout(0.2)], flat=576),
    "functional": Functional,
    "permuted": Permuted,
    "written out": Written,
    "lazy": lambda: nn.Sequential(
        *[layer for n in (32, 64, 64) for layer in (nn.LazyConv2d(n, 3), nn.ReLU(), nn.MaxPool2d(2))],
        nn.Flatten(),
        nn.LazyLinear(256),
        nn.ReLU(),
        nn.LazyLinear(8),
    ),
    "zero weights": lambda: zeroed(build(same, flat=576)),
    "half precision": lambda: build(same, flat=576).to(torch.bfloat16),
    "softmax at the end": lambda: build(same, flat=576, end=(nn.Softmax(dim=1),)),
    "log-softmax at the end": lambda: build(same, flat=576, end=(nn.LogSoftmax(dim=-1),)),
}


def zeroed(network: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return network


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("name", RIGHT)
def test_every_right_network_is_accepted(name: str) -> None:
    feedback = check_network(RIGHT[name]())
    assert feedback.passed, feedback


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("padding same", "logits are any numbers, the largest wins"),
        ("softmax at the end", "your softmax turns logits into probabilities: right too"),
        ("log-softmax at the end", "cross-entropy takes them as well as logits"),
    ],
)
def test_the_end_is_explained(name: str, words: str) -> None:
    assert any(words in line for line in check_network(RIGHT[name]()).remarks)


class Twice(nn.Module):
    """Computes its first maps twice, once only to know their size."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = build(same, flat=576)

    def forward(self, x: Tensor) -> Tensor:
        assert self.inner[0](x).shape[2] == 28
        return self.inner(x)


class Hidden(nn.Module):
    """Keeps its layers in a plain list, where PyTorch does not see them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [build(same, flat=576)]

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[0](x)


class Mixing(nn.Module):
    """Flattens in an order in which rows hold numbers of several images."""

    def __init__(self) -> None:
        super().__init__()
        layers = list(build(same, flat=576))
        self.eye, self.mind = nn.Sequential(*layers[:9]), nn.Sequential(*layers[10:])

    def forward(self, x: Tensor) -> Tensor:
        return self.mind(self.eye(x).transpose(0, 1).reshape(len(x), -1))


class Deep(nn.Module):
    """Looks at the images with a convolution of three axes."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv3d(3, 32, (1, 3, 3), padding=(0, 1, 1))
        self.rest = nn.Sequential(*list(build(same, flat=576))[1:])

    def forward(self, x: Tensor) -> Tensor:
        return self.rest(self.first(x[:, :, None])[:, :, 0])


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = build(same, flat=576)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.inner(x), x


def changed(place: int, layer: nn.Module | None) -> nn.Sequential:
    """The right network with one layer exchanged, or taken out."""
    layers = list(build(same, flat=576))
    layers[place : place + 1] = [] if layer is None else [layer]
    return nn.Sequential(*layers)


def conv(before: int, after: int, kernel: int = 3, **options: object) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, padding=kernel // 2, **options)


# places in the sequence: conv 0 3 6, relu 1 4 7, pool 2 5 8, flatten 9, dense 10, relu 11, dense 12
NEARLY: dict[str, tuple[Callable[[], object], str]] = {
    "filters": (
        lambda: nn.Sequential(*same(3, 32), *same(32, 32), *same(32, 64), *list(build(same, flat=576))[9:]),
        "your second convolution has 32 filters, 64 are asked for",
    ),
    "filter size": (
        lambda: changed(0, conv(3, 32, 5)),
        "the filters of your first convolution are 5x5 pixels",
    ),
    "dilation": (
        lambda: changed(6, nn.Conv2d(64, 64, 3, padding=2, dilation=2)),
        "your third convolution spreads its filters",
    ),
    "stride for pooling": (
        lambda: nn.Sequential(conv(3, 32, stride=2), nn.ReLU(), *list(build(same, flat=576))[3:]),
        "your first convolution moves by 2 pixels",
    ),
    "no first ReLU": (lambda: changed(1, None), "no ReLU follows your first convolution"),
    "no last ReLU": (lambda: changed(7, None), "no ReLU follows your third convolution"),
    "other activation": (
        lambda: changed(4, nn.LeakyReLU()),
        "there is leaky ReLU after your second convolution",
    ),
    "sigmoid inside": (lambda: changed(4, nn.Sigmoid()), "there is a sigmoid after your second convolution"),
    "average pooling": (
        lambda: changed(2, nn.AvgPool2d(2)),
        "averages are taken after your first convolution",
    ),
    "large pooling": (
        lambda: nn.Sequential(
            *list(changed(8, nn.MaxPool2d(3)))[:10], nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 8)
        ),
        "the max-pooling after your third convolution is not one of 2x2 pixels",
    ),
    "no pooling": (
        lambda: nn.Sequential(
            *list(changed(8, None))[:9], nn.Linear(3136, 256), nn.ReLU(), nn.Linear(256, 8)
        ),
        "no max-pooling follows your third convolution",
    ),
    "adaptive pooling": (
        lambda: changed(8, nn.AdaptiveMaxPool2d(3)),
        "the max-pooling after your third convolution is not one of 2x2 pixels",
    ),
    "ReLU6": (
        lambda: changed(4, nn.ReLU6()),
        "a ReLU with an upper limit after your second convolution, ReLU is asked for",
    ),
    "groups": (
        lambda: changed(3, nn.Conv2d(32, 64, 3, padding=1, groups=32)),
        "each filter of your second convolution looks at 1 of the 32 maps",
    ),
    "run twice": (Twice, "one of your convolutions runs twice"),
    "batch norm": (
        lambda: changed(1, nn.Sequential(nn.BatchNorm2d(32), nn.ReLU())),
        "there is a normalisation after your first convolution",
    ),
    "global average": (
        lambda: nn.Sequential(
            *list(build(same, flat=576))[:9],
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 256),
            nn.ReLU(),
            nn.Linear(256, 8),
        ),
        "averages are taken after your third convolution",
    ),
    "two convolutions": (
        lambda: nn.Sequential(
            *same(3, 32), *same(32, 64), nn.Flatten(), nn.Linear(3136, 256), nn.ReLU(), nn.Linear(256, 8)
        ),
        "your network has two convolutions, three are asked for",
    ),
    "four convolutions": (
        lambda: changed(0, nn.Sequential(conv(3, 32), nn.ReLU(), conv(32, 32))),
        "your network has four convolutions, three are asked for",
    ),
    "hidden units": (
        lambda: nn.Sequential(
            *list(build(same, flat=576))[:10], nn.Linear(576, 128), nn.ReLU(), nn.Linear(128, 8)
        ),
        "your first dense layer has 128 outputs, 256 are asked for",
    ),
    "one dense layer": (
        lambda: nn.Sequential(*list(build(same, flat=576))[:10], nn.Linear(576, 8)),
        "your network has one dense layer, two are asked for",
    ),
    "no hidden ReLU": (lambda: changed(11, None), "there is no ReLU between the two dense layers"),
    "hidden tanh": (lambda: changed(11, nn.Tanh()), "there is tanh between the two dense layers"),
    "ten outputs": (
        lambda: changed(12, nn.Linear(256, 10)),
        "your last dense layer has 10 outputs; one for each of the 8 classes",
    ),
    "no flatten": (lambda: changed(9, None), "576 numbers, 3 arrive: the maps are not made flat before it"),
    "dense on pixels of maps": (
        lambda: nn.Sequential(
            *list(build(same, flat=576))[:9], nn.Flatten(2), nn.Linear(9, 256), nn.ReLU(), nn.Linear(256, 8)
        ),
        "the maps are not made flat before the dense layer",
    ),
    "flat size": (
        lambda: changed(10, nn.Linear(1024, 256)),
        "your first dense layer expects 1024 numbers, 576 arrive",
    ),
    "channels": (lambda: changed(3, conv(16, 64)), "your second convolution expects 16 channels"),
    "softmax over images": (
        lambda: nn.Sequential(build(same, flat=576), nn.Softmax(dim=0)),
        "your softmax does not run over the classes",
    ),
    "sigmoid at the end": (
        lambda: nn.Sequential(build(same, flat=576), nn.Sigmoid()),
        "your sigmoid judges each class on its own",
    ),
    "ReLU at the end": (
        lambda: nn.Sequential(build(same, flat=576), nn.ReLU()),
        "ReLU after the last layer spoils the logits",
    ),
    "a plain list": (Hidden, "the weights of your first convolution are not among network.parameters()"),
    "images mixed": (Mixing, "after your third convolution the images of the batch are mixed"),
    "three axes": (
        Deep,
        "your first convolution is 3-dimensional, images ask for two dimensions (nn.Conv2d)",
    ),
    "a pair returned": (Pair, "the network returns a tuple"),
    "the class": (lambda: Functional, "Functional is the class, the network is what Functional() returns"),
    "a list of layers": (lambda: same(3, 32), "put them into nn.Sequential"),
    "a function": (lambda: torch.relu, "an nn.Module is asked for"),
    "blank": (lambda: ..., "there is no answer yet"),
    "nothing in it": (nn.Sequential, "your network has no convolution"),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_missing_is_said_exactly(name: str) -> None:
    make, words = NEARLY[name]
    feedback = check_network(make())
    assert not feedback.passed, feedback
    assert any(words in line for line in feedback.missing), feedback


@pytest.mark.parametrize(
    "name",
    ["filters", "no first ReLU", "ten outputs", "hidden units", "batch norm", "images mixed", "three axes"],
)
def test_one_fault_gives_one_line(name: str) -> None:
    assert len(check_network(NEARLY[name][0]()).missing) == 1


def test_the_network_is_left_as_it_was() -> None:
    network = build(same, flat=576).train()
    network[3].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    check_network(network)
    assert network.training and not network[3].training and network[0].training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_other_images_and_classes() -> None:
    grey = tutorial_network(channels=1, n_classes=2, size=64, generator=torch.Generator().manual_seed(0))
    assert check_network(grey, image_shape=(64, 64, 1), n_classes=2)
    feedback = check_network(grey, image_shape=(64, 64, 3), n_classes=2)
    assert "your first convolution expects 1 channels" in feedback.missing[0]
