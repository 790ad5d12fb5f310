"""One epoch of the tutorial's recipe, in giemsa and in Keras, in turn in the same run.

    python -m venv keras && keras/bin/pip install -r benchmarks/peers/keras-requirements.txt
    python benchmarks/train_speed.py --peer-python keras/bin/python [--epochs 12] [--machine WORDS]

Both train the same network on BloodMNIST with batch 32, rotation, flips and Adam 5e-5, and look at val after each epoch. They
take turns, an epoch each, so that slow minutes of the machine slow both; the first epoch of each is thrown away (Keras traces its
graph in it). The share is that of the medians, so that an epoch that a neighbour on the machine held up does not tell. Without
`--peer-python` only giemsa is timed. `--machine` names rows of a second machine, which then stand beside the others.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import keep, summary, words

import giemsa
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute, choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES

PEER = Path(__file__).parent / "peers" / "keras_tutorial.py"


def giemsa_epochs(data: giemsa.ImageDataset, epochs: int, precision: str) -> Iterator[float]:
    """Yield the seconds of each epoch."""
    recipe = RECIPES["tutorial"].replace(epochs=epochs, precision=precision)
    classifier = build_classifier(data, recipe, seed=0, compute=Compute("cpu", precision))
    for epoch in fit(classifier, data, recipe):
        yield epoch.seconds


class Keras:
    """The peer, in a process of its own: it makes an epoch each time it is asked."""

    def __init__(self, data: giemsa.ImageDataset, epochs: int, python: str, folder: Path) -> None:
        arrays = folder / "bloodmnist.npz"
        np.savez(
            arrays,
            train_images=data.train.images,
            train_labels=data.train.labels,
            val_images=data.val.images,
            val_labels=data.val.labels,
        )
        command = [python, str(PEER), str(arrays), "--epochs", str(epochs)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def epoch(self) -> float:
        """Make one epoch; return its seconds."""
        assert self.process.stdin
        print(file=self.process.stdin, flush=True)
        return self._facts()["seconds"]

    def end(self) -> dict[str, Any]:
        """Return versions and memory."""
        facts = self._facts()
        self.process.wait()
        return facts

    def _facts(self) -> dict[str, Any]:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit("the peer ended early; run it by hand to see why")


def measure(
    data: giemsa.ImageDataset, epochs: int, precisions: list[str], python: str | None
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Time rounds of an epoch of each, after one that is not timed; return the seconds of each, and the peer's facts."""
    with tempfile.TemporaryDirectory() as folder:
        own = {f"giemsa, {name}": giemsa_epochs(data, epochs + 1, name) for name in precisions}
        keras = Keras(data, epochs + 1, python, Path(folder)) if python else None
        seconds: dict[str, list[float]] = {"Keras": []} if keras else {}
        for _ in range(epochs + 1):
            if keras:
                seconds["Keras"].append(keras.epoch())
            for name, rounds in own.items():
                seconds.setdefault(name, []).append(next(rounds))
        facts = keras.end() if keras else {}
    return {name: values[1:] for name, values in seconds.items()}, facts


def main() -> None:
    """Time both, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer-python", help="the interpreter of the environment that holds Keras")
    parser.add_argument("--epochs", type=int, default=12, help="timed epochs, after one that is not")
    parser.add_argument("--machine", help="words that are added to the names of the rows")
    options = parser.parse_args()
    chosen = choose_compute("cpu").precision
    precisions = sorted({"float32", chosen})
    seconds, facts = measure(giemsa.load("bloodmnist"), options.epochs, precisions, options.peer_python)
    rows: dict[str, Any] = {}
    print(f"{'tutorial recipe, an epoch':28} {'seconds':14} share of Keras")
    for name, values in seconds.items():
        rows[name] = {"seconds an epoch": summary(values)}
        rows[name] |= facts if name == "Keras" else {"chosen": name.endswith(chosen)}
        share = "-"
        if "Keras" in seconds:
            rows[name]["share of Keras"] = statistics.median(values) / statistics.median(seconds["Keras"])
            share = f"{rows[name]['share of Keras']:.2f}"
        print(f"{name:28} {words(rows[name]['seconds an epoch'], 2):14} {share}")
    keep("train_speed", {", ".join(filter(None, (name, options.machine))): row for name, row in rows.items()})


if __name__ == "__main__":
    main()
