"""How much memory does a training take at its peak, the program and the images included?

    python benchmarks/memory.py [--epochs 4]

`giemsa train` runs in a process of its own on the set in the package, with two recipes for some epochs: memory does not grow with
them. The peak is what the operating system says of the process when it has ended. Keras's is in `results/train_speed.json`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import keep

REACH = {"fast": 600}


def peak_of_training(recipe: str, epochs: int) -> float:
    """Return the peak resident memory of `giemsa train`, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("giemsa")), "train", "--recipe", recipe]
        command += ["--epochs", str(epochs), "--minimum-steps", "0", "--out", str(Path(folder) / "run"), "-q"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Measure both recipes; print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    rows: dict[str, dict[str, Any]] = {}
    for recipe in ("fast", "tutorial"):
        peak = peak_of_training(recipe, options.epochs)
        rows[recipe] = {"epochs": options.epochs, "peak MB": round(peak), "reach": REACH.get(recipe)}
        print(f"{recipe:10} {peak:6.0f} MB", flush=True)
    keep("memory", rows)


if __name__ == "__main__":
    main()
