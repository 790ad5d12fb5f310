"""What a row of probabilities may not be, told of the first fault that it has."""

import numpy as np
import pytest

from giemsa.probabilities import row_faults


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ([0.5, np.nan, 0.5], "holds a value that is not a number"),
        ([np.inf, -np.inf, 1], "holds a value that is not a number"),
        ([1.2, -0.2, 0], "lies outside 0 to 1"),
        ([1.0001, -0.0001, 0], "lies outside 0 to 1"),
        ([float(np.full(10, 0.1, np.float32).cumsum()[-1]), 0, 0], None),  # a mean of ten networks, 1.0000001
        ([0.3, 0.3, 0.3], "does not sum to one"),
        ([0.333, 0.333, 0.333], None),  # the digits of a file
        ([0.332, 0.333, 0.333], "does not sum to one"),
    ],
)
def test_the_first_fault_of_a_row(row: list[float], fault: str | None) -> None:
    table = np.array([[0.2, 0.3, 0.5], row])
    found = next(((name, rows.tolist()) for name, rows in row_faults(table) if rows.any()), None)
    assert found == (None if fault is None else (fault, [False, True]))
