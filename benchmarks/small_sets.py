"""What is right where images are few: smaller batches? known images skipped? And where a tenth of the labels is wrong?

    python benchmarks/small_sets.py [../shared/data/breastmnist.npz ...] [--seeds 3]

`fast` as it is, with batches of 128, and with known images skipped as in large sets, side by side in one run, learns from few
images, drawn from train and val; up to 1,500 others of them judge. Test is not looked at. The log loss is that of the best
temperature. Then a tenth of the labels is flipped: the same once more, and the audit's networks look for them: the average
precision of finding them.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from drawing import draw, train_alone
from machine import keep, summary, words
from sklearn.metrics import average_precision_score

import giemsa
from giemsa.auditing import out_of_fold
from giemsa.auditing.audit import EPOCHS, FOLDS
from giemsa.auditing.label_errors import find_label_errors
from giemsa.auditing.pool import Pool
from giemsa.data.dataset import ImageDataset, Split
from giemsa.temperature import log_losses_at_best
from giemsa.training.brief import train_briefly
from giemsa.training.device import choose_compute
from giemsa.training.recipes import RECIPES, Recipe

SIZES = {"bloodmnist": (100, 300, 1000), "breastmnist": (400,), "pneumoniamnist": (300,)}
FLIPPED = 0.1  # of the labels
JUDGES = 1500
FAST = RECIPES["fast"]
CHOICES = {
    "as it is": FAST,
    "batches of 128": FAST.replace(least_batch_size=128),
    "known images skipped": FAST.replace(skip_known_from=0),
}


def learn(data: ImageDataset, judges: Split, recipe: Recipe, seed: int) -> dict[str, float]:
    """Train, and return accuracy and log loss of the judging images, and seconds."""
    compute, everything = choose_compute(precision=recipe.precision), np.arange(len(data.train))
    start = time.perf_counter()
    classifier = train_briefly(data, everything, recipe, seed=seed, compute=compute)
    seconds = time.perf_counter() - start
    logits = classifier.logits(judges.images).numpy().astype(np.float64)
    accuracy = float((logits.argmax(axis=1) == judges.labels).mean())
    loss = float(log_losses_at_best(logits, judges.labels).mean())
    return {"accuracy": accuracy, "log loss": loss, "seconds": seconds}


def flip(data: ImageDataset, seed: int) -> tuple[ImageDataset, np.ndarray]:
    """Return the data with wrong labels here and there in train, and which ones are wrong ``(n,)``."""
    rng, n_classes = np.random.default_rng([seed, 1]), len(data.class_names)
    flipped = rng.random(len(data.train)) < FLIPPED
    moved = (data.train.labels + rng.integers(1, n_classes, len(flipped))) % n_classes
    train = dataclasses.replace(data.train, labels=np.where(flipped, moved, data.train.labels))
    return train_alone(data, train), flipped


def find_flipped(data: ImageDataset, flipped: np.ndarray, recipe: Recipe, seed: int) -> dict[str, float]:
    """Let the audit's networks doubt the labels; return the average precision of finding the flipped ones, and seconds."""
    pool = Pool(data)
    short = out_of_fold.short_recipe(EPOCHS["short"]).replace(least_batch_size=recipe.least_batch_size)
    start = time.perf_counter()
    with mock.patch.object(out_of_fold, "short_recipe", lambda epochs: short):
        asked = out_of_fold.predict_out_of_fold(pool, np.arange(len(pool)), folds=FOLDS, seed=seed)
    seconds = time.perf_counter() - start
    doubts = -find_label_errors(pool.labels, asked.probabilities).scores
    return {"average precision": average_precision_score(flipped, doubts), "seconds of the audit": seconds}


def measure(data: ImageDataset, n: int, seeds: range) -> dict[str, dict[str, Any]]:
    """Return a row for each choice, all seeds of all in turn."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CHOICES}
    for seed in seeds:
        train, others = draw(data, n, seed)
        part, judges = train_alone(data, train), others.subset(np.arange(len(others))[:JUDGES])
        wrong, flipped = flip(part, seed)
        for name, recipe in CHOICES.items():
            of_wrong = learn(wrong, judges, recipe, seed)
            found[name].append(
                learn(part, judges, recipe, seed)
                | {f"{key}, wrong labels": of_wrong[key] for key in ("accuracy", "log loss")}
                | find_flipped(wrong, flipped, recipe, seed)
            )
    rows = {}
    for name, results in found.items():
        row = {key: summary([result[key] for result in results]) for key in results[0]}
        rows[f"{data.name}, {n} images, {name}"] = row | {
            "batch size": CHOICES[name].for_images(n).batch_size
        }
        told = ", ".join(f"{key} {words(value)}" for key, value in row.items())
        print(f"{data.name}, {n} images, {name}: {told}", flush=True)
    return rows


def main() -> None:
    """Measure each set at each size; print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="*", type=Path, help="further sets")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in ("bloodmnist", *options.data):
        data = giemsa.load(name)
        for n in SIZES[data.name]:
            keep("small_sets", measure(data, n, range(options.seeds)))


if __name__ == "__main__":
    main()
