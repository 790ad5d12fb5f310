"""Made images are judged by real ones."""

import numpy as np

from giemsa.interpretation.transfer import judge_made_images


def test_a_real_image_is_at_distance_zero(pooling, pixels):
    real = pixels[:, :, :12, :12]
    labels = np.array([0, 0, 1, 1, 1, 0])
    found = judge_made_images(
        pooling, real[[2]], np.array([1]), real=real, real_labels=labels, second=pooling
    )
    assert found.nearest.tolist() == [2]
    np.testing.assert_allclose(found.distance, 0, atol=1e-6)
    np.testing.assert_array_equal(found.second, found.own)
    far = (real[[3, 4]] - real[2]).square().mean((1, 2, 3)).sqrt()
    assert found.typical[0] <= far.max()


def test_a_class_without_real_images(pooling, pixels):
    found = judge_made_images(
        pooling, pixels[:1, :, :8, :8], np.array([3]), real=pixels[:, :, :8, :8], real_labels=np.zeros(6)
    )
    assert np.isnan(found.distance[0])
    assert found.nearest.tolist() == [-1]
