"""The cores of a process: those that it is bound to, within the quota of its container, in both versions of control groups."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from giemsa.data import cores
from giemsa.data.cores import keep_to_quota, reading_threads, threads_allowed, usable_cores

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are not bound to cores")


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A machine of eight cores whose control groups are written by the test."""
    monkeypatch.setattr(cores, "bound_cores", lambda: 8)
    monkeypatch.setattr(cores, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(cores, "OWN_GROUPS", tmp_path / "own")

    def write(own, files):
        (tmp_path / "own").write_text(own)
        for name, words in files.items():
            path = tmp_path / "groups" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words)

    return write


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "1600000 100000\n"}, 8),
        ("0::/pod/own\n", {"pod/own/cpu.max": "max 100000\n", "pod/cpu.max": "300000 100000\n"}, 3),
        ("0::/../..\n", {"cpu.max": "400000 100000\n"}, 4),
        (
            "4:memory:/m\n2:cpu,cpuacct:/docker/1\n0::/\n",
            {"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "50000\n"},
            3,
        ),
        ("1:cpu:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ("3:cpuset:/\n", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ("0::/\n", {"cpu.max": "not what was expected\n"}, 8),
    ],
)
def test_a_quota_of_a_container_counts(groups, own, files, expected):
    groups(own, files)
    assert usable_cores() == expected


def test_without_control_groups_the_cores_of_the_process_count(groups):
    assert usable_cores() == 8


@pytest.mark.parametrize(("allowed", "computing"), [(1, 1), (3, 3), (20, 8)])
def test_a_user_may_allow_fewer_threads_for_a_while(groups, allowed, computing):
    before = usable_cores(), reading_threads()
    assert before == (8, 12)
    with threads_allowed(allowed), ThreadPoolExecutor(1) as pool:
        assert (usable_cores(), reading_threads()) == (computing, allowed)
        assert pool.submit(usable_cores).result() == computing  # in every thread
    assert (usable_cores(), reading_threads()) == before


@pytest.mark.parametrize("said", [None, "5"])
def test_libraries_loaded_meanwhile_are_told_how_many_threads_a_user_allows(monkeypatch, said):
    monkeypatch.delenv("OMP_NUM_THREADS")
    if said:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    with threads_allowed(3):
        assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ.get("OMP_NUM_THREADS") == said


@pytest.mark.parametrize(("said", "expected"), [(None, "2"), ("5", "5")])
def test_libraries_are_told_of_a_quota_where_the_user_says_nothing(groups, monkeypatch, said, expected):
    monkeypatch.delenv("OMP_NUM_THREADS")
    if said:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    groups("0::/\n", {"cpu.max": "200000 100000\n"})
    keep_to_quota()
    assert os.environ["OMP_NUM_THREADS"] == expected


def test_without_a_quota_libraries_decide_for_themselves(groups, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    groups("0::/\n", {"cpu.max": "max 100000\n"})
    keep_to_quota()
    assert "OMP_NUM_THREADS" not in os.environ


@LINUX
def test_a_process_bound_to_one_core_has_one():
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]);"
        "from giemsa.data.cores import usable_cores; print(usable_cores())"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert answer == "1\n"
