"""One seed in, a separate seed for each purpose out.

Initialisation, shuffling, augmentation and maximisation each draw from a stream of their own, so that a change in one leaves the
others as they were. All are derived from the one ``--seed``.
"""

import zlib

import numpy as np


def derive_seed(seed: int, purpose: str, *numbers: int) -> int:
    """Return the seed, 0 to 2**32 - 1, that ``seed`` gives for ``purpose`` (and an epoch, a fold, ...).

    Examples
    --------
    >>> derive_seed(0, "training", 1) == derive_seed(0, "training", 1) != derive_seed(0, "training", 2)
    True
    """
    sequence = np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *numbers])
    return int(sequence.generate_state(1)[0])
