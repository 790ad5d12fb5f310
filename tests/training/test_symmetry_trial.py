"""The trial of symmetries: asked only where neither card nor recipe says, and right where the answer is known."""

import dataclasses
import tracemalloc
from dataclasses import dataclass
from threading import Barrier
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import giemsa
from giemsa.data.dataset import ImageDataset, PackedAddresses, Split
from giemsa.training import symmetry_trial
from giemsa.training.device import Compute
from giemsa.training.recipes import Recipe
from giemsa.training.symmetry_trial import SymmetryTrial, resolve_symmetry, try_symmetries
from giemsa.training.threads import threads_of

RECIPE = Recipe(epochs=1, minimum_steps=0, batch_size=32, precision="float32")


@pytest.fixture
def short(monkeypatch):
    """Two dozen cheap steps, which are enough for patterns."""
    trial = Recipe(
        model="convnet-light", minimum_steps=24, batch_size=32, optimiser="adamw", learning_rate=0.01
    )
    monkeypatch.setattr("giemsa.training.symmetry_trial.TRIAL", trial)


def arrows(discs: ImageDataset, *classes: np.ndarray, height: int = 8, width: int = 8) -> ImageDataset:
    """Return a data set whose classes are patterns ``(4, 4)``, each somewhere in an image of noise, its symmetry unsaid."""
    rng = np.random.default_rng(0)

    def split(n: int) -> Split:
        labels = np.arange(n) % len(classes)
        images = rng.integers(90, 130, (n, height, width, 3), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            top, left = rng.integers(0, height - 3), rng.integers(0, width - 3)
            image[top : top + 4, left : left + 4] += (90 * classes[label]).astype(np.uint8)[..., None]
        return Split(images, labels.astype(np.int64), PackedAddresses("arrows", "train", n))

    names = tuple(f"pattern {place}" for place in range(len(classes)))
    card = dataclasses.replace(discs.card, name="arrows", class_names=names, short_names=(), symmetry=None)
    return ImageDataset(card, split(96), split(32), split(32))


# mirrored left to right it is itself
WEDGE = np.array([[1, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
HOOK = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
RING = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
BLOCK = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ((RING, BLOCK), "mirror and quarter turns"),
        ((WEDGE, WEDGE[::-1]), "mirror"),
        ((HOOK, HOOK[:, ::-1]), "none"),
    ],
    ids=["a ring or a block", "upside down or not", "left or right"],
)
def test_the_trial_finds_what_is_known(discs, short, classes, expected):
    found = try_symmetries(arrows(discs, *classes), seed=0, compute=Compute())
    assert found.chosen == expected
    assert all(each.shape == (96,) for each in found.losses.values())


def test_of_equals_the_one_of_most_moves_is_chosen():
    noise = np.random.default_rng(0).normal(size=100)
    losses = {"none": noise, "mirror": noise + 0.02, "mirror and quarter turns": noise[::-1] + 0.1}
    # a tenth may be chance where the images disagree, and cannot be where all say the same
    assert SymmetryTrial(losses).chosen == "mirror and quarter turns"
    losses["mirror and quarter turns"] = noise + 0.1
    assert SymmetryTrial(losses).chosen == "none"
    losses["mirror"] = noise + 0.009  # certain, and too small to matter
    assert SymmetryTrial(losses).chosen == "mirror"
    assert SymmetryTrial(losses).to_json()["loss"]["mirror"] == pytest.approx(noise.mean() + 0.009)


def test_it_tells_how_far_it_is_and_asks_train_alone(discs, short, monkeypatch):
    monkeypatch.setattr("giemsa.training.symmetry_trial.IMAGES", 40)
    data = arrows(discs, RING, BLOCK)
    nothing = data.val.subset(np.empty(0, dtype=np.int64))
    told = []
    chosen, record = resolve_symmetry(
        dataclasses.replace(data, val=nothing, test=nothing),
        RECIPE,
        seed=0,
        compute=Compute(),
        progress=lambda *news: told.append(news),
    )
    assert record["images"] == 40 and record["chosen"] == chosen
    numbers = [news[0] for news in told]
    assert numbers == sorted(numbers) and {0, 6} <= set(numbers)
    assert {news[1:] for news in told} == {(6, "trial of symmetries")}


@pytest.mark.usefixtures("two_threads")
def test_trainings_side_by_side_give_what_they_give_one_after_the_other(discs, short):
    data = arrows(discs, RING, BLOCK)
    beside = try_symmetries(data, seed=0, compute=Compute()).losses
    with threads_of(1):
        alone = try_symmetries(data, seed=0, compute=Compute()).losses
    assert list(beside) == list(alone) == ["none", "mirror", "mirror and quarter turns"]
    for name, losses in alone.items():
        np.testing.assert_array_equal(beside[name], losses)


@pytest.mark.usefixtures("two_threads")
def test_what_trainings_side_by_side_set_for_the_whole_process_is_as_it_was(discs, monkeypatch):
    both = Barrier(2, timeout=30)

    def train(*_, **__):
        both.wait()  # passed only where two are trained at once
        torch.manual_seed(1)
        torch.backends.cudnn.deterministic = True  # so leaves it who found it set by another
        return SimpleNamespace(logits=lambda images: torch.zeros(len(images), 2))

    monkeypatch.setattr(symmetry_trial, "train_briefly", train)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    before = torch.get_rng_state()
    try_symmetries(arrows(discs, RING, BLOCK), seed=0, compute=Compute())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.backends.cudnn.deterministic is False
    assert torch.get_num_threads() == 2


@dataclass(frozen=True)
class Training:
    """What was asked of a brief training, which gives no information on any image."""

    data: ImageDataset
    places: np.ndarray
    seed: int
    symmetry: str

    def logits(self, images: np.ndarray) -> torch.Tensor:
        return torch.zeros(len(images), len(self.data.class_names))


@pytest.fixture
def trainings(monkeypatch) -> list[Training]:
    """Let nothing be trained, and return what would have been, in its order."""
    made: list[Training] = []

    def note(data, places, recipe, *, seed, compute, symmetry):
        made.append(Training(data, places, seed, symmetry))
        return made[-1]

    monkeypatch.setattr(symmetry_trial, "train_briefly", note)
    monkeypatch.setattr(symmetry_trial, "side_by_side", lambda *_: 1)
    return made


def test_each_symmetry_learns_from_either_half_and_the_seed_decides_which(discs, trainings, monkeypatch):
    monkeypatch.setattr(symmetry_trial, "IMAGES", 40)
    data = arrows(discs, RING, BLOCK)
    for seed in (0, 0, 1):
        try_symmetries(data, seed=seed, compute=Compute())
    first, again, other = trainings[:6], trainings[6:12], trainings[12:]
    kinds = ["none", "mirror", "mirror and quarter turns"]
    assert [one.symmetry for one in first] == [kind for kind in kinds for _ in range(2)]
    for one, two in zip(first[::2], first[1::2], strict=True):
        assert sorted([*one.places, *two.places]) == list(range(40))
        assert abs(len(one.places) - len(two.places)) <= 2
        assert len(one.data.val) == len(one.data.test) == 0
    assert [one.seed for one in trainings] == 12 * [0] + 6 * [1]
    whole = {image.tobytes() for image in data.train.images}
    assert {image.tobytes() for image in first[0].data.train.images} < whole
    np.testing.assert_array_equal(first[0].data.train.images, again[0].data.train.images)
    assert not np.array_equal(first[0].data.train.images, other[0].data.train.images)
    np.testing.assert_array_equal(first[0].places, again[0].places)
    assert not np.array_equal(first[0].places, other[0].places)


def test_a_patient_is_in_one_half(discs, trainings):
    data = arrows(discs, RING, BLOCK)
    patients = np.array([f"patient {number // 8}" for number in range(96)])
    data = dataclasses.replace(data, train=dataclasses.replace(data.train, groups=patients))
    try_symmetries(data, seed=0, compute=Compute())
    halves = [set(patients[one.places]) for one in trainings[:2]]
    assert len(halves[0]) + len(halves[1]) == 12
    assert not halves[0] & halves[1]


@pytest.mark.parametrize(("height", "width"), [(8, 15), (15, 8)])
def test_the_middle_is_looked_at(discs, trainings, height, width):
    data = arrows(discs, RING, BLOCK, height=height, width=width)
    try_symmetries(data, seed=0, compute=Compute())
    assert {one.symmetry for one in trainings} == {"none", "mirror"}
    middle = data.train.images[:, :, 3:11] if width > height else data.train.images[:, 3:11]
    np.testing.assert_array_equal(trainings[0].data.train.images, middle)


def test_large_images_are_shrunk(discs, trainings):
    try_symmetries(arrows(discs, RING, BLOCK, height=60, width=60), seed=0, compute=Compute())
    assert trainings[0].data.image_shape == (20, 20, 3)  # a third, the first part that is not above 24


def test_images_of_one_patient_judge_each_other(discs, short):
    data = arrows(discs, RING, BLOCK)
    train = dataclasses.replace(data.train, groups=np.array(["patient 1"] * 96))
    found = try_symmetries(dataclasses.replace(data, train=train), seed=0, compute=Compute())
    assert all(np.isfinite(each).all() for each in found.losses.values())


def test_what_the_card_or_the_recipe_says_needs_no_trial(discs):
    said = dataclasses.replace(discs, card=dataclasses.replace(discs.card, symmetry="mirror"))
    unsaid = dataclasses.replace(discs, card=dataclasses.replace(discs.card, symmetry=None))
    assert resolve_symmetry(said, RECIPE, seed=0, compute=Compute()) == ("mirror", None)
    by_recipe = RECIPE.replace(symmetry="none")
    assert resolve_symmetry(unsaid, by_recipe, seed=0, compute=Compute()) == ("none", None)


def test_a_network_of_ones_own_may_take_images_that_are_not_square(discs, short, tmp_path):
    data = arrows(discs, RING, BLOCK, height=8, width=14)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 14, 2))
    run = giemsa.train(data, RECIPE, model=module, out=tmp_path / "oblong")
    assert run.config["symmetry"] in ("none", "mirror")
    assert list(run.config["symmetry_trial"]["loss"]) == ["none", "mirror"]


@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 20)])
def test_of_images_too_small_for_the_trial_no_symmetry_is_taken(discs, height, width):
    tiny = dataclasses.replace(discs.train, images=discs.train.images[:, :height, :width])
    card = dataclasses.replace(discs.card, symmetry=None)
    data = dataclasses.replace(discs, card=card, train=tiny)
    assert resolve_symmetry(data, RECIPE, seed=0, compute=Compute()) == ("none", None)


def test_large_images_are_shrunk_without_a_copy_of_them_all(discs, monkeypatch):
    large = arrows(discs, RING, BLOCK, height=224, width=240)

    class Undecided:
        def logits(self, images):
            assert images.shape[1:] == (22, 22, 3)
            return torch.zeros(len(images), 2)

    monkeypatch.setattr("giemsa.training.symmetry_trial.train_briefly", lambda *_, **__: Undecided())
    tracemalloc.start()
    trial = try_symmetries(large, seed=0, compute=Compute())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert trial.to_json()["images"] == 96
    assert peak < large.train.images.nbytes / 2
