import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from giemsa.auditing.image_quality import (
    deviations,
    find_outliers,
    judge_images,
    measure_images,
    neighbour_distances,
)
from giemsa.auditing.surroundings import border_features, colour_features


@pytest.fixture
def plain() -> np.ndarray:
    rng = np.random.default_rng(0)
    noise = gaussian_filter(rng.normal(size=(200, 24, 24, 1)), (0, 1, 1, 0))
    grey = 130 + rng.normal(0, 4, (200, 1, 1, 1)) + noise / noise.std() * rng.uniform(25, 35, (200, 1, 1, 1))
    return np.clip(grey * [1.0, 0.9, 0.8], 0, 255).astype(np.uint8)


def test_nothing_is_wrong_with_images_of_one_kind(plain):
    assert {fault: len(places) for fault, places in judge_images(plain).faults.items() if len(places)} == {}


FAULTS = {
    "empty": lambda image: np.full_like(image, 90),
    "dark": lambda image: (image * 0.12).astype(np.uint8),
    "bright": lambda image: 255 - (image * 0.12).astype(np.uint8),
    "low contrast": lambda image: (130 + 0.15 * (image.astype(float) - 130)).astype(np.uint8),
    "blurred": lambda image: gaussian_filter(image.astype(float), (4, 4, 0)).astype(np.uint8),
    "odd colour": lambda image: image[:, :, ::-1],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_its_name(plain, fault):
    plain[17] = FAULTS[fault](plain[17])
    faults = judge_images(plain).faults
    assert faults[fault].tolist() == [17]
    assert {place for places in faults.values() for place in places.tolist()} == {17}


def test_a_set_of_dim_or_bright_images_is_no_set_of_faults(plain):
    dim = np.clip(8 + 0.15 * (plain.astype(float) - 117), 0, 255).astype(np.uint8)
    for images in (dim, 255 - dim):
        faults = judge_images(images).faults
        assert not len(faults["dark"])
        assert not len(faults["bright"])
    dim[5] = plain[5]
    dim[9] = 255 - dim[9]
    faults = judge_images(dim).faults
    assert set(faults["bright"].tolist()) == {5, 9}
    assert not len(faults["dark"])


def test_many_empty_images_do_not_hide_a_dark_one():
    rng = np.random.default_rng(0)
    noisy = np.linspace(8, 200, 40)[:, None, None, None] + rng.integers(-5, 6, (40, 9, 9, 1))
    images = np.concatenate([noisy.clip(0).astype(np.uint8), np.zeros((60, 9, 9, 1), dtype=np.uint8)])
    faults = judge_images(images).faults
    assert faults["dark"].tolist() == [0]
    assert faults["empty"].tolist() == list(range(40, 100))


@pytest.mark.parametrize("side", [40, 90])
def test_measures_do_not_depend_on_how_many_images_are_held_at_once(monkeypatch, side):
    images = np.random.default_rng(2).integers(0, 256, (30, side, side, 3), dtype=np.uint8)
    whole = measure_images(images), border_features(images), colour_features(images)

    def one_by_one(n, size):
        return (slice(place, place + 1) for place in range(n))

    for module in ("image_quality", "surroundings"):
        monkeypatch.setattr(f"giemsa.auditing.{module}.blocks", one_by_one)
    single = measure_images(images), border_features(images), colour_features(images)
    for expected, found in zip(whole, single, strict=True):
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-4, err_msg=name)


def test_measures_of_a_known_image():
    image = np.zeros((1, 5, 4, 3), dtype=np.uint8)
    image[0, :, 2:] = 100
    measures = measure_images(image)
    assert measures["brightness"][0] == pytest.approx(50, abs=1e-4)
    assert measures["contrast"][0] == pytest.approx(50, abs=1e-4)
    # twelve inner steps, four of them of 100 across the edge
    assert measures["sharpness"][0] == pytest.approx(np.log((100**2 / 3 + 0.05) / (50**2 + 1)), abs=1e-5)


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(5), np.array([3.0])])
def test_equal_or_missing_values_do_not_deviate(values):
    np.testing.assert_array_equal(deviations(values), np.zeros(len(values)))


def test_neighbour_distances_are_those_of_the_obvious_way():
    points = np.random.default_rng(4).normal(size=(40, 3))
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    apart = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    expected = np.sort(apart, axis=1)[:, 1:6].mean(axis=1)
    np.testing.assert_allclose(neighbour_distances(points, neighbours=5), expected, rtol=1e-4)


def test_neighbours_of_few_images_are_all_others():
    assert neighbour_distances(np.eye(2)).tolist() == [0, 0]
    np.testing.assert_allclose(
        neighbour_distances(np.array([[0.0], [1], [2]])), np.sqrt(1.5) * np.array([1.5, 1, 1.5])
    )


def test_an_image_far_from_all_others_is_an_outlier():
    points = np.random.default_rng(5).normal(size=(300, 8))
    points[42] = 30
    places, away = find_outliers(points)
    assert places.tolist() == [42]
    assert away.argmax() == 42


def test_equal_features_have_no_outlier():
    assert len(find_outliers(np.ones((20, 4)))[0]) == 0
