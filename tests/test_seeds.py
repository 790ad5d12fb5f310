"""A seed for each purpose, from one that a user gives."""

from typing import Any

import numpy as np
import pytest

from giemsa.errors import GiemsaError
from giemsa.seeds import derive_seed, whole_seed


def test_each_purpose_and_number_has_its_own() -> None:
    seeds = {
        derive_seed(seed, word, *numbers) for seed in (0, 1) for word in "ab" for numbers in ((), (1,), (2,))
    }
    assert len(seeds) == 12
    assert derive_seed(np.int64(1), "a") in seeds


def test_a_seed_of_numpys_is_one_that_json_has() -> None:
    assert type(whole_seed(np.int64(3))) is int


@pytest.mark.parametrize("seed", [-1, 1.5, "7", None])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(GiemsaError, match="a whole number, at least 0, got"):
        derive_seed(seed, "training")
