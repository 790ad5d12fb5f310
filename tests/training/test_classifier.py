"""A classifier's probabilities are those of the softmax, averaged over the views that its symmetry allows."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from giemsa.errors import ModelError
from giemsa.models.ensemble import Ensemble
from giemsa.training.classifier import Classes, Classifier, Preprocessing, copy_on_cpu, to_pixels
from giemsa.training.device import Compute


class _Corner(nn.Module):
    """Gives the two upper corners' values as logits: turned images are seen at once."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.stack([pixels[:, 0, 0, 0], pixels[:, 0, 0, -1]], dim=1)


def _classifier(network: nn.Module, *, temperature: float = 1.0, symmetry: str = "mirror") -> Classifier:
    preprocessing = Preprocessing((2, 2, 1), (0.2,), (0.4,))
    return Classifier(network, preprocessing, Classes(("a", "b"), ("a", "b"), temperature, symmetry))  # type: ignore[arg-type]


IMAGES = np.array([[[0, 51], [102, 255]], [[255, 0], [0, 0]]], dtype=np.uint8)[..., None]


def test_pixels_are_divided_by_255_without_float64() -> None:
    pixels = to_pixels(IMAGES)
    assert pixels.dtype == torch.float32
    np.testing.assert_allclose(pixels[0, 0].numpy(), [[0, 0.2], [0.4, 1.0]], rtol=1e-6)


def test_logits_are_of_standardised_pixels() -> None:
    np.testing.assert_allclose(_classifier(_Corner()).logits(IMAGES)[0].numpy(), [-0.5, 0.0], atol=1e-6)


def test_logits_of_images_standardised_each_by_itself_do_not_see_the_light() -> None:
    preprocessing = Preprocessing((2, 2, 1), (0.0,), (1.0,), each_image=True)
    classifier = Classifier(_Corner(), preprocessing, Classes(("a", "b")))
    darker = (IMAGES // 3).astype(np.uint8)
    np.testing.assert_allclose(classifier.logits(darker), classifier.logits(IMAGES), atol=5e-3)
    mean, sd = IMAGES[0].mean(), IMAGES[0].std()
    np.testing.assert_allclose(classifier.logits(IMAGES)[0], (IMAGES[0, 0, :, 0] - mean) / sd, rtol=1e-3)


def test_probabilities_are_the_softmax_at_the_temperature() -> None:
    logits = np.array([[-0.5, 0.0], [2.0, -0.5]]) / 2
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    probabilities = _classifier(_Corner(), temperature=2.0).probabilities(IMAGES)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, expected, rtol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)


def test_mirrored_views_average_to_evens() -> None:
    np.testing.assert_allclose(_classifier(_Corner()).probabilities(IMAGES, views=2), 0.5, rtol=1e-6)


def test_eight_views_do_not_see_how_an_image_lies() -> None:
    classifier = _classifier(_Corner(), symmetry="mirror and quarter turns")
    seen = classifier.probabilities(np.stack([np.rot90(IMAGES[0], k) for k in range(4)]), views=8)
    np.testing.assert_allclose(seen, np.tile(seen[0], (4, 1)), rtol=1e-6)


def test_views_that_the_symmetry_lacks_are_refused() -> None:
    with pytest.raises(ModelError, match="8 views are not possible: these images' symmetry is 'mirror'"):
        _classifier(_Corner()).probabilities(IMAGES, views=8)


@pytest.mark.parametrize("images", [IMAGES[:, :1], IMAGES.repeat(3, axis=3), IMAGES.astype(np.float32)])
def test_images_that_do_not_fit_are_refused(images: np.ndarray) -> None:
    with pytest.raises(ModelError, match="the network takes uint8 images of height, width, channels"):
        _classifier(_Corner()).probabilities(images)


def test_features_are_the_input_of_the_last_dense_layer() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    classifier = _classifier(network)
    expected = network[:3](classifier.standardize(to_pixels(IMAGES))).detach().numpy()
    np.testing.assert_allclose(classifier.features(IMAGES, batch_size=1), expected, rtol=1e-6)
    assert not network[3]._forward_pre_hooks


class _HeadFirst(nn.Module):
    """Its layers stand in another order than they work in, and one of them never does."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.body, self.idle = nn.Linear(3, 2), nn.Linear(4, 3), nn.Linear(9, 9)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(pixels.flatten(1)).relu())


def test_the_last_dense_layer_is_the_one_that_works_last() -> None:
    network = _HeadFirst()
    classifier = _classifier(network)
    expected = network.body(classifier.standardize(to_pixels(IMAGES)).flatten(1)).relu().detach().numpy()
    np.testing.assert_allclose(classifier.features(IMAGES), expected, rtol=1e-6)


def test_features_of_an_ensemble_are_those_of_all_members() -> None:
    members = [nn.Sequential(nn.Flatten(), nn.Linear(4, n), nn.Linear(n, 2)) for n in (3, 5)]
    classifier = _classifier(Ensemble(members))
    features = classifier.features(IMAGES)
    assert features.shape == (2, 8)
    for member, part in zip(members, (features[:, :3], features[:, 3:]), strict=True):
        np.testing.assert_array_equal(part, _classifier(member).features(IMAGES))


@pytest.mark.usefixtures("two_threads")
def test_features_come_in_the_order_of_the_images_from_several_threads() -> None:
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
    many = np.random.default_rng(0).integers(0, 256, (64, 2, 2, 1), dtype=np.uint8)
    shared = classifier.features(many, batch_size=2)
    alone = np.concatenate([classifier.features(one[None]) for one in many])
    assert len(np.unique(alone, axis=0)) > len(many) / 2
    np.testing.assert_allclose(shared, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("network", [_Corner(), nn.Sequential(_Corner(), nn.Identity())])
def test_a_network_without_dense_layer_has_no_features(network: nn.Module) -> None:
    with pytest.raises(ModelError, match="no dense layer"):
        _classifier(network).features(IMAGES)


def test_no_images_give_no_rows() -> None:
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    assert classifier.probabilities(IMAGES[:0]).shape == classifier.logits(IMAGES[:0]).shape == (0, 2)
    assert classifier.features(IMAGES[:0]).shape == (0, 4)


class _WithoutDoubles(TorchDispatchMode):
    """Stands in for a device that knows no double precision, as Apple's: an error until a tensor was brought to the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.at_home: list[torch.Tensor] = []

    def bring_home(self, tensor: torch.Tensor) -> torch.Tensor:
        self.at_home.append(tensor.clone())
        return self.at_home[-1]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        results = [one for one in tree_leaves(given) if isinstance(one, torch.Tensor)]
        if any(one is known for one in tree_leaves(args) for known in self.at_home):
            self.at_home += results
        elif any(one.dtype == torch.float64 for one in results):
            raise TypeError("the device knows no float64")
        return given


def test_the_device_is_never_asked_for_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    expected = classifier.probabilities(IMAGES, views=2)
    device = _WithoutDoubles()
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: device.bring_home(tensor))
    with device:
        with pytest.raises(TypeError, match="no float64"):
            torch.zeros(1).double()
        np.testing.assert_array_equal(classifier.probabilities(IMAGES, views=2), expected)
    assert device.at_home


def test_a_copy_for_the_cpu_computes_there_and_leaves_the_original_alone() -> None:
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    classifier.classes.compute = Compute("cuda", "bfloat16")
    copied = copy_on_cpu(classifier)
    assert copied.classes.compute == Compute("cpu", "float32")
    assert not copied.training
    assert classifier.classes.compute == Compute("cuda", "bfloat16")
    assert copied.probabilities(IMAGES[[0, 1, 1]]).shape == (3, 2)


def test_a_copy_of_what_is_on_the_cpu_keeps_its_precision() -> None:
    classifier = _classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    classifier.classes.compute = Compute("cpu", "bfloat16")
    assert copy_on_cpu(classifier).classes.compute == Compute("cpu", "bfloat16")
