"""Where do the minutes of `giemsa run` go? The whole path on BloodMNIST, stage by stage.

    python benchmarks/whole.py [--repeats 1] [--beside] [--machine WORDS]

`giemsa run` in a process of its own, in an empty folder, as a user begins it. The seconds of the stages are those that the run
itself writes into `config.json`; the whole is told by the clock, start of the program included. With `--beside` another program
multiplies matrices on all cores meanwhile. `--machine` names the row of a second machine, which then stands beside the other.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from machine import keep, summary, words


def run_once(folder: Path) -> tuple[float, dict[str, float]]:
    """Return the seconds of the whole, and of each stage."""
    command = [str(Path(sys.executable).with_name("giemsa")), "run", "--out", str(folder / "run"), "--quiet"]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    config = json.loads((folder / "run" / "config.json").read_text(encoding="utf-8"))
    return seconds, config["stage_seconds"]


@contextmanager
def another_program() -> Iterator[None]:
    """Let another program multiply matrices on all cores for a while."""
    work = "import torch\na = torch.rand(1500, 1500)\nwhile True: a = (a @ a).clamp(0, 1)"
    with subprocess.Popen([sys.executable, "-c", work]) as other:
        try:
            yield
        finally:
            other.kill()


def main() -> None:
    """Run it; print and keep the seconds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--beside", action="store_true", help="another program works on all cores meanwhile")
    parser.add_argument("--machine", help="words that are added to the name of the row")
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder, another_program() if options.beside else nullcontext():
            seconds, stages = run_once(Path(folder))
        for name, value in {"in all": seconds, **stages}.items():
            found.setdefault(name, []).append(value)
    row: dict[str, Any] = {name: summary(values) for name, values in found.items()}
    for name, figure in row.items():
        print(f"{name:10} {words(figure, 1)} s")
    beside = "beside another program" if options.beside else None
    keep("whole", {", ".join(filter(None, ("giemsa run", beside, options.machine))): row})


if __name__ == "__main__":
    main()
