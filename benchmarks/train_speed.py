"""One epoch of the tutorial's recipe, in giemsa and in Keras, one after the other in the same run.

    python -m venv keras && keras/bin/pip install -r benchmarks/peers/keras-requirements.txt
    python benchmarks/train_speed.py --peer-python keras/bin/python [--epochs 3]

Both train the same network on BloodMNIST with batch 32, rotation, flips and Adam 5e-5, and look at val after each epoch. The
first epoch of each is thrown away (Keras traces its graph in it). The share is that of the medians, so that an epoch that a
neighbour on the machine held up does not tell. Without `--peer-python` only giemsa is timed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
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


def time_giemsa(data: giemsa.ImageDataset, epochs: int, precision: str) -> list[float]:
    """Return the seconds of each epoch but the first."""
    recipe = RECIPES["tutorial"].replace(epochs=epochs + 1, precision=precision)
    classifier = build_classifier(data, recipe, seed=0, compute=Compute("cpu", precision))
    return [epoch.seconds for epoch in fit(classifier, data, recipe)][1:]


def time_keras(data: giemsa.ImageDataset, epochs: int, python: str) -> tuple[list[float], dict[str, Any]]:
    """Return the seconds of each of the peer's epochs but the first, and its versions and memory."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "bloodmnist.npz"
        np.savez(
            arrays,
            train_images=data.train.images,
            train_labels=data.train.labels,
            val_images=data.val.images,
            val_labels=data.val.labels,
        )
        command = [python, str(PEER), str(arrays), "--epochs", str(epochs + 1)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    facts = json.loads(answer.splitlines()[-1])
    return facts.pop("seconds")[1:], facts


def main() -> None:
    """Time both, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer-python", help="the interpreter of the environment that holds Keras")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs, after one that is not")
    options = parser.parse_args()
    data = giemsa.load("bloodmnist")
    rows: dict[str, Any] = {}
    if options.peer_python:
        seconds, facts = time_keras(data, options.epochs, options.peer_python)
        rows["Keras"] = {"seconds an epoch": summary(seconds), **facts}
    chosen = choose_compute("cpu").precision
    for precision in sorted({"float32", chosen}):
        seconds = time_giemsa(data, options.epochs, precision)
        rows[f"giemsa, {precision}"] = {"seconds an epoch": summary(seconds), "chosen": precision == chosen}
    reference = rows.get("Keras", {}).get("seconds an epoch", {}).get("values")
    print(f"{'tutorial recipe, an epoch':28} {'seconds':14} share of Keras")
    for name, row in rows.items():
        if reference:
            values = row["seconds an epoch"]["values"]
            row["share of Keras"] = statistics.median(values) / statistics.median(reference)
        share = f"{row['share of Keras']:.2f}" if reference else "-"
        print(f"{name:28} {words(row['seconds an epoch'], 2):14} {share}")
    keep("train_speed", rows)


if __name__ == "__main__":
    main()
