"""Examples by hand."""

import numpy as np

from giemsa.interpretation.examples import class_examples, nearest_images, unit_rows


def test_nearest_by_direction_not_by_length():
    train = np.array([[10.0, 0.0], [0.0, 0.1], [1.0, 1.0]])
    found = nearest_images(train, np.array([[1.0, 0.0]]), count=3)
    assert found.indices.tolist() == [[0, 2, 1]]
    np.testing.assert_allclose(found.distances, [[0, 1 - 0.5**0.5, 1]], atol=1e-12)


def test_prototypes_and_oddest():
    features = np.array([[1.0, 0.0], [1.0, 0.1], [0.9, -0.1], [-1.0, 0.2], [0.0, 5.0]])
    found = class_examples(features, np.array([0, 0, 0, 0, 2]), 3, count=2)
    assert found[0].oddest[0] == 3
    assert 3 not in found[0].prototypes
    assert found[1].prototypes.size == 0
    assert found[2].prototypes.tolist() == [4]


def test_a_row_of_zeros():
    assert unit_rows(np.zeros((1, 3))).tolist() == [[0, 0, 0]]
