"""A classifier's probabilities are those of the softmax, averaged over the views that its symmetry allows."""

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.errors import ModelError
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
    with pytest.raises(ModelError, match="8 views are not to be had: these images' symmetry is 'mirror'"):
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


def test_a_network_without_dense_layer_has_no_features() -> None:
    with pytest.raises(ModelError, match="no dense layer"):
        _classifier(_Corner()).features(IMAGES)


def test_no_images_give_no_rows() -> None:
    assert _classifier(_Corner()).probabilities(IMAGES[:0]).shape == (0, 2)


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
