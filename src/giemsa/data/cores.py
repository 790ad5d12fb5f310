"""How many processor cores are there for this process? Not always all that the machine has.

A process can be bound to some of them, a container can have a quota of time, of which libraries that compute do not know, and a
user can ask for fewer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")  # where Linux shows its control groups, of which containers are made
OWN_GROUPS = Path("/proc/self/cgroup")
WAITING_FOR_THE_DISK = 4  # threads beside those that keep the cores busy

_allowed: int | None = None  # threads, where a user says how many


@contextmanager
def threads_allowed(n: int) -> Iterator[None]:
    """Let this process read files, and libraries that it loads meanwhile compute, with no more than ``n`` threads for a while."""
    global _allowed
    before, said = _allowed, os.environ.get("OMP_NUM_THREADS")
    _allowed, os.environ["OMP_NUM_THREADS"] = n, str(n)
    try:
        yield
    finally:
        _allowed = before
        if said is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = said


def usable_cores() -> int:
    """Return how many cores this process can keep busy: those that it is bound to, or fewer if its container or its user allows.

    Part of a core does not count: of threads beyond the quota, all are halted until its next period.
    """
    cores = bound_cores()
    return max(1, min([cores, *map(int, _quotas()), _allowed or cores]))


def reading_threads() -> int:
    """Return how many threads read files: as many as a user allows, or more than there are cores, as they wait for the disk."""
    return _allowed or usable_cores() + WAITING_FOR_THE_DISK


def bound_cores() -> int:
    """Return on how many cores this process may run, as ``taskset`` and batch systems set it; where not on Linux, all."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def keep_to_quota() -> None:
    """Let libraries that are loaded from now on compute with no more threads than a quota allows.

    What the user has said (``OMP_NUM_THREADS``) stays.
    """
    cores = usable_cores()
    if cores < bound_cores():
        os.environ.setdefault("OMP_NUM_THREADS", str(cores))


def _quotas() -> Iterator[float]:
    """Yield how many cores each control group allows; one without a limit, ``max`` or -1, says nothing."""
    for folder in _groups():
        # of the second version, then of the first
        for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            try:
                words = " ".join((folder / name).read_text(encoding="ascii") for name in names)
                quota, period = map(int, words.split())
            except (OSError, ValueError):
                continue
            if quota > 0 and period > 0:
                yield quota / period


def _groups() -> Iterator[Path]:
    """Yield the folders of the control groups that may limit this process: its own, and those around it."""
    try:
        lines = OWN_GROUPS.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):  # not Linux
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = GROUPS / "cpu" if controllers else GROUPS
        own = root / place.lstrip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(root))
