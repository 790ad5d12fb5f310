"""Threads that wait for each other: what does it cost to wait asleep, and what beside another program not to?

    python benchmarks/waiting.py [--seconds 10] [--rounds 3]

PyTorch shares an operation among threads, and each waits for the others at its end. The library of threads that PyTorch brings on
Linux waits awake for a while, which saves waking up; but where another program holds a core, that takes the time from the very
thread that is waited for. giemsa lets threads sleep, unless the environment says otherwise. Steps of `fast` in batches of 32, as
of a small set, steps of the tutorial's recipe, and predictions, each alone and two such programs side by side; awake and asleep
in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import keep, summary, words

POLICIES = {
    "awake": "import torch, giemsa",
    "asleep": "import giemsa, torch",
}  # giemsa can only say it before torch comes
WORK = ("fast, batches of 32", "tutorial, batches of 32", "predictions, 128 images")


def work(name: str) -> Callable[[], Any]:
    """Return a call that does one piece of the work."""
    import torch
    import torch.nn.functional as F

    import giemsa
    from giemsa.training.building import build_classifier
    from giemsa.training.device import choose_compute
    from giemsa.training.optimisers import build_optimiser
    from giemsa.training.recipes import RECIPES

    data = giemsa.load("bloodmnist")
    recipe = RECIPES["tutorial" if name.startswith("tutorial") else "fast"]
    compute = choose_compute(precision=recipe.precision)
    classifier = build_classifier(data, recipe, seed=0, compute=compute)
    if name.startswith("predictions"):
        images = data.val.images[:128]
        return lambda: classifier.logits(images)
    optimiser = build_optimiser(classifier.train(), recipe)
    pixels = torch.rand(32, 3, 28, 28).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(32) % 8

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with compute.autocast():
            logits = classifier(pixels).float()
        F.cross_entropy(logits, labels).backward()
        optimiser.step()

    return step


def child(name: str, seconds: float) -> None:
    """Do the work for so long, and print the milliseconds that a piece of it took on average."""
    piece = work(name)
    for _ in range(3):
        piece()
    pieces, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        piece()
        pieces += 1
    print(json.dumps(1000 * (time.perf_counter() - start) / pieces))


def measure(name: str, policy: str, programs: int, seconds: float) -> float:
    """Return the milliseconds of a piece of the work, the mean of so many programs side by side."""
    code = f"{POLICIES[policy]}; import waiting; waiting.child({name!r}, {seconds})"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_"))}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
        for _ in range(programs)
    ]
    told = [process.communicate()[0] for process in started]
    return sum(map(json.loads, told)) / programs


def main() -> None:
    """Measure each kind of work, alone and side by side, both ways of waiting in turn; print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name in WORK:
        found: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for programs in (1, 2):
                for policy in POLICIES:
                    key = f"{policy}, {'alone' if programs == 1 else 'two side by side'}"
                    found.setdefault(key, []).append(measure(name, policy, programs, options.seconds))
        row = {key: summary(values) for key, values in found.items()}
        print(
            f"{name:24}", ", ".join(f"{key} {words(value, 1)} ms" for key, value in row.items()), flush=True
        )
        keep("waiting", {name: row})


if __name__ == "__main__":
    main()
