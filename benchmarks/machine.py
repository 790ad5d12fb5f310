"""What a figure was measured on, and the file that keeps it beside the figure."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import giemsa

RESULTS = Path(__file__).parent / "results"


def describe() -> dict[str, Any]:
    """Return the machine and the versions, as far as they move a figure."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "gflops": {name: round(_gflops(dtype), 1) for name, dtype in _TYPES.items()},
        "load_average": None if sys.platform == "win32" else round(os.getloadavg()[0], 1),
        "date": datetime.now(UTC).date().isoformat(),
        "code": code(),
        "versions": {
            "giemsa": version("giemsa"),
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def code() -> str | None:
    """Return the last commit that changed giemsa's source, and whether it was changed since; ``None`` outside of a clone."""
    source = Path(giemsa.__file__).parent
    try:
        commit = _git(source, "log", "-1", "--format=%h", "--abbrev=10", "--", ".")
        changed = _git(source, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}{' and changes' if changed else ''}" if commit else None


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", folder, *words], check=True, capture_output=True, encoding="utf-8"
    ).stdout.strip()


_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def _processor() -> str:
    """Return the name of the processor, and which of its instructions for bfloat16 it has, where Linux tells."""
    facts = Path("/proc/cpuinfo")
    if not facts.exists():
        return platform.processor() or platform.machine()
    lines = [line.split(":", 1) for line in facts.read_text(encoding="utf-8").splitlines() if ":" in line]
    told = {name.strip(): value.strip() for name, value in reversed(lines)}  # of the first processor
    name = told.get("model name") or platform.machine()
    has = [words for flag, words in _INSTRUCTIONS.items() if flag in told.get("flags", "").split()]
    return f"{name} with {has[0]}" if has else name


_INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16"}


def _gflops(dtype: torch.dtype) -> float:
    """Return the rate of a matrix product in 10^9 operations a second, the best of four; of a small one where it is slow."""
    rate = _rate(dtype, side=256)
    return rate if rate < _SLOW else _rate(dtype, side=2048)


_SLOW = 5.0  # GFLOP/s; a large product would take seconds, as in bfloat16 without its instructions


def _rate(dtype: torch.dtype, *, side: int) -> float:
    matrix = torch.ones(side, side, dtype=dtype)
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best / 1e9


def summary(values: list[float]) -> dict[str, Any]:
    """Return number, mean and standard deviation (of the sample) of some values, and the values."""
    spread = statistics.stdev(values) if len(values) > 1 else None
    return {"n": len(values), "mean": statistics.fmean(values), "sd": spread, "values": values}


def words(result: dict[str, Any] | None, digits: int = 4) -> str:
    """Return ``mean ± sd`` of a :func:`summary`."""
    if result is None:
        return "-"
    spread = "" if result["sd"] is None else f" ± {result['sd']:.{digits}f}"
    return f"{result['mean']:.{digits}f}{spread}"


def kept_rows(name: str) -> dict[str, Any]:
    """Return the rows of ``results/NAME.json``, none where it is missing."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else {}


def keep(name: str, rows: dict[str, Any], device: str = "cpu") -> Path:
    """Add rows to ``results/NAME.json``, each under its key; rows of other keys stay.

    The machine described in the file is that of the newest rows; each row bears the processor, or the graphics card, that it
    was measured on, the day, and the commit of the source.
    """
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    machine = describe()
    where = f"{machine['cores']} cores of {machine['processor']}"
    where = f"one {torch.cuda.get_device_name()}" if device == "cuda" else where
    place = {"measured on": where, "date": machine["date"], "code": machine["code"]}
    kept = {"machine": machine, "rows": kept_rows(name) | {key: row | place for key, row in rows.items()}}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
