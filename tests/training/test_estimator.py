"""`ImageClassifier` keeps scikit-learn's contract: its own checks, and the tools that users hand it to."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.training import estimator
from giemsa.training.classifier import Classifier
from giemsa.training.estimator import ImageClassifier
from giemsa.training.recipes import RECIPES, Recipe

QUICK = RECIPES["fast"].replace(
    name="quick",
    epochs=12,
    batch_size=16,
    learning_rate=0.02,
    precision="float32",
    minimum_steps=0,
    shift_pixels=0,  # what stands in the pixels here are columns of a table
)


def linear(channels: int, n_classes: int) -> nn.Module:
    """One dense layer on the pixels of 6x6 images."""
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * 36, n_classes))


def blobs(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images of three classes: bright above, bright below, dark."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    images = rng.integers(0, 60, (n, 6, 6, 1), dtype=np.uint8)
    images[labels == 0, :3] += 150
    images[labels == 1, 3:] += 150
    return images, np.array(["above", "below", "dark"])[labels]


def quick(**changes: object) -> ImageClassifier:
    return ImageClassifier(recipe=QUICK, model=linear, **changes)


def test_it_learns_and_speaks_in_the_labels_it_was_given() -> None:
    images, labels = blobs(90)
    model = quick().fit(images, labels)
    assert model.classes_.tolist() == ["above", "below", "dark"]
    probabilities = model.predict_proba(images)
    assert probabilities.shape == (90, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (model.predict(images) == model.classes_[probabilities.argmax(axis=1)]).all()
    assert model.score(*blobs(30, seed=1)) == 1.0
    assert len(model.history_) == 12


def test_the_same_seed_gives_the_same_probabilities_and_none_does_not() -> None:
    images, labels = blobs(45)
    first, second = (quick(random_state=3).fit(images, labels).predict_proba(images) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    others = [quick(random_state=None).fit(images, labels).predict_proba(images) for _ in range(2)]
    assert not np.array_equal(*others)


@dataclass(frozen=True)
class Asked:
    """What was handed to the loop."""

    classifier: Classifier
    data: ImageDataset
    recipe: Recipe
    seed: int

    @property
    def first_weights(self) -> torch.Tensor:
        return next(self.classifier.parameters())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Let nothing be trained, and return what would have been."""
    made: list[Asked] = []

    def nothing(*arguments: Any, seed: int) -> Iterator[Any]:
        made.append(Asked(*arguments, seed))
        return iter(())

    monkeypatch.setattr(estimator, "fit", nothing)
    return made


def test_a_tenth_of_each_class_is_set_aside_by_the_seed(asked: list[Asked]) -> None:
    images, labels = blobs(90)
    for random_state in (0, 0, 1):
        quick(random_state=random_state).fit(images, labels)
    for one in asked:
        assert one.data.card.class_names == ("above", "below", "dark")
        assert [np.bincount(split.labels).tolist() for split in (one.data.train, one.data.val)] == [
            [27, 27, 27],
            [3, 3, 3],
        ]
        together = np.concatenate([one.data.train.images, one.data.val.images])
        assert {image.tobytes() for image in together} == {image.tobytes() for image in images}
    first, again, other = asked
    assert (first.seed, first.data.fingerprint) == (again.seed, again.data.fingerprint)
    assert first.seed != other.seed and first.data.fingerprint != other.data.fingerprint
    assert torch.equal(first.first_weights, again.first_weights)
    assert not torch.equal(first.first_weights, other.first_weights)


def test_no_class_loses_its_last_image_and_one_image_at_least_is_set_aside(asked: list[Asked]) -> None:
    images, _ = blobs(22)
    quick(val_fraction=0.9).fit(images, np.repeat([0, 1], [2, 20]))
    quick().fit(images[:5], [0, 0, 1, 1, 1])
    sizes = [
        [np.bincount(split.labels).tolist() for split in (one.data.train, one.data.val)] for one in asked
    ]
    assert sizes == [[[1, 2], [1, 18]], [[2, 2], [0, 1]]]


def test_what_is_given_reaches_the_training_and_pytorchs_generator_is_left_alone(asked: list[Asked]) -> None:
    before = torch.get_rng_state()
    recipe = RECIPES["fast"].replace(precision="bfloat16")
    ImageClassifier(recipe=recipe, epochs=2, learning_rate=0.5, model=linear, symmetry="mirror").fit(
        *blobs(12)
    )
    assert torch.equal(torch.get_rng_state(), before)
    (one,) = asked
    assert one.recipe == recipe.replace(epochs=2, minimum_steps=0, learning_rate=0.5)
    assert one.classifier.symmetry == "mirror"
    assert one.classifier.classes.compute.precision == "bfloat16"


def test_layers_that_learn_their_size_from_the_images_follow_the_seed_too() -> None:
    def lazy(channels: int, n_classes: int) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(n_classes))

    images, labels = blobs(12)
    found = []
    for number in range(2):
        torch.manual_seed(number)
        model = ImageClassifier(recipe=QUICK, model=lazy, epochs=1).fit(images, labels)
        assert torch.equal(torch.get_rng_state(), torch.Generator().manual_seed(number).get_state())
        found.append(model.predict_proba(images))
    np.testing.assert_array_equal(*found)


def test_the_weights_of_the_packages_network_follow_the_seed(asked: list[Asked]) -> None:
    images, labels = np.zeros((12, 8, 8, 1), np.uint8), np.arange(12) % 2
    for random_state in (0, 0, 1):
        ImageClassifier(random_state=random_state).fit(images, labels)
    first, again, other = (one.first_weights for one in asked)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_greyscale_without_a_channel_axis_is_the_same() -> None:
    images, labels = blobs(45)
    with_axis, without = quick().fit(images, labels), quick().fit(images[..., 0], labels)
    np.testing.assert_array_equal(with_axis.predict_proba(images), without.predict_proba(images[..., 0]))


def test_the_recipe_is_changed_by_name_and_averaged_views_agree_by_symmetry() -> None:
    images, labels = blobs(45)
    model = quick(epochs=2, learning_rate=0.01, symmetry="mirror", views=2).fit(images, labels)
    assert len(model.history_) == 2 and max(epoch.learning_rate for epoch in model.history_) <= 0.01
    np.testing.assert_allclose(
        model.predict_proba(images), model.predict_proba(images[:, :, ::-1]), atol=1e-6
    )


def test_the_package_network_is_the_default() -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (12, 28, 28, 3), dtype=np.uint8), np.arange(12) % 2
    model = ImageClassifier(epochs=1).fit(images, labels)
    assert model.image_shape_ == (28, 28, 3) and model.classifier_.class_names == ("0", "1")


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((4, 6, 6, 1)), [0, 1, 0, 1], "expected uint8 images"),
        (np.zeros((4, 36), np.uint8), [0, 1, 0, 1], "expected uint8 images"),
        (np.zeros((4, 6, 6, 2), np.uint8), [0, 1, 0, 1], "1 or 3 channels"),
        (np.zeros((0, 6, 6, 1), np.uint8), [], "at least one image"),
        (np.zeros((4, 6, 6, 1), np.uint8), [0, 1, 0], "4 images came with 3 labels"),
        (np.zeros((4, 6, 6, 1), np.uint8), [1, 1, 1, 1], "the labels hold 1 class"),
        (np.zeros((2, 6, 6, 1), np.uint8), [0, 1], "none could be set aside"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(images: np.ndarray, labels: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        quick().fit(images, labels)


def test_other_mistakes_are_refused() -> None:
    images, labels = blobs(12)
    with pytest.raises(NotFittedError):
        quick().predict(images)
    with pytest.raises(ValueError, match="fit was given"):
        quick(epochs=1).fit(images, labels).predict(images[:, :5])
    with pytest.raises(ValueError, match="val_fraction"):
        quick(val_fraction=1.0).fit(images, labels)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": "fastest"}, "did you mean fast"),
        ({"symmetry": "mirrored"}, "did you mean mirror"),
        ({"views": 8}, "8 views are not possible"),
        ({"device": "gpu"}, "no device is called 'gpu'"),
        ({"model": None}, "needs images of at least 8 pixels"),
        (
            {"model": linear(1, 3)},
            "must be a function from channels and number of classes .*, it is Sequential",
        ),
        ({"model": "tutorial"}, r"it is 'tutorial'; .* in the recipe: recipe\.replace"),
    ],
)
def test_an_argument_that_does_not_fit_is_a_value_error_before_any_training(
    changes: dict[str, Any], words: str
) -> None:
    model = ImageClassifier(**{"recipe": QUICK, "model": linear} | changes)
    with pytest.raises(ValueError, match=words) as caught:
        model.fit(*blobs(12))
    assert "\n" not in str(caught.value)
    assert not hasattr(model, "history_")


def test_a_search_may_hand_over_numbers_of_numpy() -> None:
    search = GridSearchCV(quick(), {"epochs": np.arange(1, 3), "learning_rate": np.float32([0.02])}, cv=2)
    assert search.fit(*blobs(30)).best_params_["epochs"] in (1, 2)


def test_it_can_be_cloned_pickled_and_shown() -> None:
    images, labels = blobs(30)
    model = quick(epochs=1)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model.fit(images, labels)))
    np.testing.assert_array_equal(again.predict_proba(images), model.predict_proba(images))
    assert "ImageClassifier" in model._repr_html_()


def test_cross_validation_search_and_calibration_take_it() -> None:
    images, labels = blobs(60)
    assert cross_val_score(quick(), images, labels, cv=3).mean() > 0.9
    search = GridSearchCV(quick(), {"learning_rate": [1e-6, 0.02]}, cv=2).fit(images, labels)
    assert search.best_params_ == {"learning_rate": 0.02}
    calibrated = CalibratedClassifierCV(quick(), cv=2).fit(images, labels)
    assert calibrated.predict_proba(images).shape == (60, 3)
    assert calibrated.score(images, labels) > 0.8


class Tables(ImageClassifier):
    """Draws each row of a table as an image of bars, so that scikit-learn's checks, which hand over tables, can run."""

    def fit(self, X, y):
        return super().fit(_drawn(X), y)

    def predict_proba(self, X):
        return super().predict_proba(_drawn(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


def _drawn(X):
    """Each pixel shows one feature, in turn; what is no table of numbers is handed on as it is."""
    if issparse(X):
        return X
    rows = np.asarray(X)
    if (
        rows.ndim != 2
        or rows.dtype.kind not in "fiu"
        or not 0 < rows.shape[1] <= 36
        or not np.isfinite(rows).all()
    ):
        return rows
    pixels = rows[:, np.arange(36) % rows.shape[1]]
    return np.clip(128 + 30 * pixels, 0, 255).astype(np.uint8).reshape(-1, 6, 6, 1)


RULED_OUT = {
    "check_n_features_in": "images have a height, a width and channels in the place of features",
    "check_n_features_in_after_fitting": "as above",
    "check_fit2d_predict1d": "the advice to reshape to two dimensions would be wrong for images",
    "check_estimators_empty_data_messages": "the message asked for speaks of features",
    "check_complex_data": "uint8 is the only type of images; the message says so",
    "check_dtype_object": "as above: columns of objects are no pixels",
    "check_estimators_nan_inf": "uint8 has neither NaN nor infinity",
}


def test_scikit_learns_own_checks() -> None:
    estimator = Tables(recipe=QUICK, model=linear)
    results = check_estimator(estimator, expected_failed_checks=RULED_OUT, on_fail=None, on_skip=None)
    status = {result["check_name"]: result["status"] for result in results}
    assert len(results) > 50
    assert {name for name, word in status.items() if word == "xfail"} == set(RULED_OUT)
    assert {name for name, word in status.items() if word == "failed"} == set()
