"""Memory that is freed and wanted again stays with the program."""

import os
import subprocess
import sys

import pytest

GLIBC = "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {})

# prints the page faults of twenty blocks of 80 MB, each written to and freed before the next
BLOCKS = """
import resource
import numpy as np
from giemsa.training.allocator import freed_memory_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(80 * 2**20, dtype=np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = faults()
with freed_memory_kept():
    np.ones(80 * 2**20, dtype=np.uint8)
    with freed_memory_kept():
        pass
    kept = faults()
print(usual, kept, faults())
"""


@pytest.mark.skipif(not GLIBC, reason="another C library than glibc decides for itself")
def test_freed_blocks_are_used_again_until_the_outermost_context_ends() -> None:
    answer = subprocess.run([sys.executable, "-c", BLOCKS], check=True, capture_output=True, text=True).stdout
    usual, kept, after = map(int, answer.split())
    assert usual > 100 and after > 100  # a block is 20,480 pages, or 40 huge ones
    assert kept < usual / 10
