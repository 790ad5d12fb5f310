import numpy as np

from giemsa.auditing.surroundings import border_features, colour_features, fact_features


def test_the_background_ignores_the_object_and_what_reaches_into_the_border():
    rng = np.random.default_rng(0)
    images = np.full((12, 30, 30, 3), (230, 220, 210), dtype=np.uint8)
    images[:, 8:22, 8:22] = 40  # the object
    for image in images:
        image[: rng.integers(5, 12), :10] = 90  # a neighbour at the border
    features = border_features(images)
    for name, value in (("red", 230), ("green", 220), ("blue", 210)):
        np.testing.assert_allclose(features[f"background {name}"], value)
    expected = np.log(231) - (np.log(221) + np.log(211)) / 2
    np.testing.assert_allclose(features["background tint red"], expected, rtol=1e-5)
    assert features["border red"].std() > 1
    assert "border tint red" not in features


def test_the_border_is_a_twelfth_of_the_shorter_side_all_around():
    image = np.full((30, 20), 77, dtype=np.uint8)
    border = np.ones((30, 20), dtype=bool)
    border[2:-2, 2:-2] = False
    image[border] = np.random.default_rng(0).integers(0, 100, border.sum())
    image[:, -2:] = 200  # 60 of 184 pixels, more than the brightest quarter
    features = border_features(image[None, :, :, None])
    np.testing.assert_allclose(features["border grey"], image[border].mean(), rtol=1e-6)
    np.testing.assert_allclose(features["border unrest"], image[border].std(), rtol=1e-5)
    np.testing.assert_allclose(features["background grey"], 200)


def test_a_dark_background_is_found_as_well():
    images = np.full((6, 30, 30, 1), 10, dtype=np.uint8)
    for number, image in enumerate(images):
        image[: 3 + number] = 150 + 20 * number
    np.testing.assert_allclose(border_features(images)["background grey"], 10)


def test_means_and_spreads_are_those_of_numpy():
    images = np.random.default_rng(1).integers(0, 256, (5, 9, 7, 3), dtype=np.uint8)
    features = colour_features(images)
    np.testing.assert_allclose(features["mean green"], images[..., 1].mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(features["spread of blue"], images[..., 2].std(axis=(1, 2)), rtol=1e-4)


def test_columns_become_numbers_or_one_column_a_word():
    features = fact_features(
        {
            "bytes": np.array([10, 20, 20, 40]),
            "width": np.array([5, 5, 5, 5]),
            "site": np.array(["a", "b", "a", "b"]),
            "file": np.array(["1.png", "2.png", "3.png", "4.png"]),
            "age": np.array([np.nan, 30.0, 50.0, 40.0]),
        }
    )
    assert sorted(features) == ["age", "bytes", "site = a", "site = b"]
    assert features["age"].tolist() == [40, 30, 50, 40]
    assert features["site = b"].tolist() == [0, 1, 0, 1]


def test_of_many_words_the_most_frequent_are_taken():
    words = np.repeat([f"site {number:02}" for number in range(25)], np.arange(1, 26))
    assert list(fact_features({"site": words})) == [f"site = site {number:02}" for number in range(5, 25)]
