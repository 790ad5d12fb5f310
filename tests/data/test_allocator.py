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
from giemsa.data.allocator import freed_memory_kept

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


# prints the heaps of the C library after two threads have held memory at once; malloc_stats(3) writes to standard error
HEAPS = """
import ctypes
import sys
from threading import Barrier, Thread
from giemsa.data.allocator import freed_memory_kept, settle_heaps

both = Barrier(2)

def hold():
    block = bytearray(100_000)
    both.wait()
    return block

with freed_memory_kept():
    settle_heaps((int(sys.argv[1]), 28, 100))
threads = [Thread(target=hold) for _ in range(2)]  # until the process ends
[thread.start() for thread in threads]
[thread.join() for thread in threads]
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(not GLIBC, reason="another C library than glibc decides for itself")
@pytest.mark.parametrize(("side", "own_heaps"), [(28, 2), (64, 2), (224, 0)])
def test_threads_have_heaps_of_their_own_unless_maps_outgrow_those(side: int, own_heaps: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", HEAPS, str(side)], check=True, capture_output=True, text=True
    )
    assert answer.stderr.count("Arena ") == 1 + own_heaps


# prints the MB that stay when four threads, one after the other, have held 48 MB; each lives on
READERS = """
import resource
import sys
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier, Lock, Thread
from giemsa.data.allocator import freed_memory_kept, memory_for_reading

turn, all_of_them = Lock(), Barrier(5)

def read():
    with turn:
        [b"x" * 2**24 for _ in range(3)]
    all_of_them.wait()
    all_of_them.wait()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20

with freed_memory_kept(), memory_for_reading([28]) if sys.argv[1:] else nullcontext():
    before = resident()
    threads = [Thread(target=read) for _ in range(4)]
    [thread.start() for thread in threads]
    all_of_them.wait()
    print(resident() - before)
    all_of_them.wait()
"""


@pytest.mark.skipif(not GLIBC, reason="another C library than glibc decides for itself")
def test_threads_that_read_keep_nothing_of_what_they_held() -> None:
    kept, returned = (
        int(subprocess.run([sys.executable, "-c", READERS, *words], check=True, capture_output=True).stdout)
        for words in ([], ["reading"])
    )
    assert kept > 100  # of 192
    assert returned < 20
