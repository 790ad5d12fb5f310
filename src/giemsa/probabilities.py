"""What keeps a table of numbers from being probabilities, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ROW_SUM_TOLERANCE = 1e-3  # files often hold four to six digits
RANGE_TOLERANCE = 1e-6  # a mean of probabilities in single precision may exceed 1 by a rounding


def row_faults(table: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each fault that a row of probabilities may have, and which rows of ``(n, classes)`` have it, ``(n,)`` booleans.

    Examples
    --------
    >>> table = np.array([[0.9, 0.1], [0.9, 0.2]])
    >>> [fault for fault, faulty in row_faults(table) if faulty.any()]
    ['does not sum to one']
    """
    yield "holds a value that is not a number", ~np.isfinite(table).all(axis=1)
    yield "lies outside 0 to 1", np.minimum(table, 1 - table).min(axis=1) < -RANGE_TOLERANCE
    yield "does not sum to one", np.abs(table.sum(axis=1) - 1) > ROW_SUM_TOLERANCE
