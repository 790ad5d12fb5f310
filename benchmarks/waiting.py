"""Threads that wait for each other: what does that cost alone, and what beside another program?

    python benchmarks/waiting.py [--seconds 6] [--rounds 3]

PyTorch shares an operation among threads, and each waits for the others at its end. The library of threads that it brings on
Linux waits awake, which saves waking up; but where another program holds a core, that takes the time from the very thread that
is waited for. Where the network is of plain layers, giemsa lets each thread learn from its part of a batch, and predict a batch
of its own. Beside that: all threads at each operation, awake and (`OMP_WAIT_POLICY=PASSIVE`) asleep. Each alone and as two
programs of one kind side by side, all in turn.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import keep, summary, words

TOGETHER = "from unittest import mock; [mock.patch(f'giemsa.training.{m}.is_plain', lambda _: False).start() for m in M]; "
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "a part a thread": ("", {}),
    "all threads, awake": (TOGETHER, {}),
    "all threads, asleep": (TOGETHER, {"OMP_WAIT_POLICY": "PASSIVE"}),
}
WORK = ("`fast`, batches of 32", "`fast`, batches of 128", "`tutorial`, batches of 32", "1,024 predictions")


def child(name: str, seconds: float) -> None:
    """Do the work for so long, and print the milliseconds that a step, or all predictions, took on average."""
    import giemsa
    from giemsa.training.building import build_classifier
    from giemsa.training.device import choose_compute
    from giemsa.training.loop import fit
    from giemsa.training.recipes import RECIPES

    data = giemsa.load("bloodmnist")
    recipe = RECIPES["tutorial" if "tutorial" in name else "fast"]
    recipe = recipe.for_epochs(10**6).replace(batch_size=128 if "128" in name else 32, patience=None)
    data = dataclasses.replace(data, val=data.val.subset(np.arange(8)))
    classifier = build_classifier(data, recipe, seed=0, compute=choose_compute(precision=recipe.precision))
    moments: list[float] = []

    def note(*_: object) -> None:
        moments.append(time.perf_counter())
        if moments[-1] - moments[min(2, len(moments) - 1)] > seconds:  # the first steps are slower
            steps = len(moments) - 3
            print(json.dumps(1000 * (moments[-1] - moments[2]) / steps), flush=True)
            os._exit(0)

    if "predictions" in name:
        while True:
            classifier.logits(data.train.images[:1024])
            note()
    for _ in fit(classifier, data, recipe, progress=note):
        pass


def measure(name: str, way: str, programs: int, seconds: float) -> float:
    """Return the milliseconds of a piece of the work, the mean of so many programs side by side."""
    patch, says = WAYS[way]
    code = f"M = ('shards', 'classifier'); {patch}import waiting; waiting.child({name!r}, {seconds})"
    environment = {key: value for key, value in os.environ.items() if "OMP_" not in key}
    environment |= says | {"PYTHONPATH": str(Path(__file__).parent)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(programs)
    ]
    told = [process.communicate()[0] for process in started]
    return sum(map(json.loads, told)) / programs


def main() -> None:
    """Measure each kind of work, alone and side by side, all ways in turn; print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name in WORK:
        found: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for place, programs in (("alone", 1), ("two side by side", 2)):
                for way in WAYS:
                    found.setdefault(f"{way}, {place}", []).append(
                        measure(name, way, programs, options.seconds)
                    )
        row: dict[str, Any] = {key: summary(values) for key, values in found.items()}
        print(
            f"{name:26}", ", ".join(f"{key} {words(value, 1)} ms" for key, value in row.items()), flush=True
        )
        keep("waiting", {name: row})


if __name__ == "__main__":
    main()
