"""One seed in, a separate seed for each purpose out.

Initialisation, shuffling, augmentation and maximisation each draw from a stream of their own, so that a change in one leaves the
others as they were. All are derived from the one ``--seed``; a split that giemsa makes has its own, ``--split-seed``.
"""

import zlib
from numbers import Integral

import numpy as np

from giemsa.errors import GiemsaError


def whole_seed(seed: int) -> int:
    """Return a seed as Python's whole number, as JSON has it too; NumPy's are taken.

    Raises
    ------
    GiemsaError : ``seed`` is below 0, or no whole number.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise GiemsaError(f"a seed must be a whole number, at least 0, got {seed!r}")
    return int(seed)


def derive_seed(seed: int, purpose: str, *numbers: int) -> int:
    """Return the seed, 0 to 2**32 - 1, that ``seed`` gives for ``purpose`` (and an epoch, a fold, ...).

    Raises
    ------
    GiemsaError : ``seed`` is below 0, or no whole number.

    Examples
    --------
    >>> derive_seed(0, "training", 1) == derive_seed(0, "training", 1) != derive_seed(0, "training", 2)
    True
    """
    sequence = np.random.SeedSequence([whole_seed(seed), zlib.crc32(purpose.encode()), *numbers])
    return int(sequence.generate_state(1)[0])
