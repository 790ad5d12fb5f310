"""Every method by name, with one shape."""

import numpy as np
import pytest

from giemsa.errors import ModelError
from giemsa.interpretation.attribution import METHODS, attribute


def test_every_method_gives_one_map_an_image(pooling, pixels):
    assert len(METHODS) == 7
    for method in METHODS:
        found = attribute(pooling, pixels[:2, :, :12, :12], [0, 1], method)
        assert found.shape == (2, 12, 12)
        assert np.isfinite(found).all()


def test_an_unknown_method(tutorial, pixels):
    with pytest.raises(
        ModelError, match=r"no method of attribution is called 'gradcam'; did you mean grad_cam"
    ):
        attribute(tutorial, pixels, 0, "gradcam")
