"""What is each ingredient of the recipe `fast` worth? One change at a time, on the validation split of BloodMNIST.

    python benchmarks/ablation.py [CHANGE ...] [--seeds 5] [--epochs 8]

Without names all changes are made. The scores of one view are the mean over all eight, which is less noisy than the first alone.
What a change is worth is told by pairs of one seed each, with it and without. The test split is not read. Results are added to
`benchmarks/results/ablation.json`.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from machine import keep, summary, words
from views import probabilities_of_views

import giemsa
from giemsa.temperature import log_losses_at_best
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES

CHANGES: dict[str, dict[str, Any]] = {
    "fast": {},
    "AdamW for every weight": {
        "optimiser": "adamw", "learning_rate": 4e-3, "schedule": "one-cycle", "warmup": 0.25,
    },
    "the tutorial's network": {"model": "tutorial", "learning_rate": 0.05},
    "one convolution a resolution": {"model": "convnet-light"},
    "the network of a member of `best`": {"model": "convnet-wide"},
    "no flips and turns": {"symmetry": "none"},
    "no image skipped": {"skip_known": 0.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "cosine instead of a line": {"schedule": "one-cycle"},
    "half the learning rate": {"learning_rate": 0.05},
    "twice the learning rate": {"learning_rate": 0.2},
    "no rise of the rate at first": {"warmup": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "batches of 64": {"batch_size": 64},
    "batches of 256": {"batch_size": 256},
    "no shifts": {"shift_pixels": 0},
    "averaged weights": {"selection": "average", "average_decay": 0.98},
    "pixels not standardised": {"standardize": "none"},
    "colour jitter 0.3": {"colour_jitter": 0.3},
}  # fmt: skip


def measure(changes: dict[str, Any], seeds: int, epochs: int) -> dict[str, Any]:
    """Train with each seed; return accuracy and log loss on val, and the seconds of all threads."""
    data = giemsa.load("bloodmnist")
    recipe = RECIPES["fast"].for_epochs(epochs).replace(**changes)
    compute = choose_compute("cpu", recipe.precision)
    figures: dict[str, list[float]] = {}
    for seed in range(seeds):
        classifier = build_classifier(data, recipe, seed=seed, compute=compute)
        start = time.process_time()
        for _ in fit(classifier, data, recipe, seed=seed):
            pass
        figures.setdefault("processor seconds", []).append(time.process_time() - start)
        probabilities = probabilities_of_views(classifier, data.val.images)
        for kind, said in (("one view", probabilities), ("views averaged", probabilities.mean(axis=0)[None])):
            accuracy, loss = score(data.val.labels, said)
            figures.setdefault(f"accuracy, {kind}", []).append(accuracy)
            figures.setdefault(f"log loss, {kind}", []).append(loss)
    return {"changes": changes, "epochs": epochs} | {name: summary(v) for name, v in figures.items()}


def score(labels: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Return accuracy, and log loss at the best temperature, so that label smoothing does not count.

    Both of ``probabilities`` ``(views, n, n_classes)``, the mean over views.
    """
    accuracy = float((probabilities.argmax(axis=2) == labels).mean())
    logarithms = np.log(np.clip(probabilities, 1e-12, 1)).reshape(-1, probabilities.shape[2])
    return accuracy, float(log_losses_at_best(logarithms, np.tile(labels, len(probabilities))).mean())


def main() -> None:
    """Measure the changes that were asked for; print and keep them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("changes", nargs="*", metavar="CHANGE", help=f"of: {', '.join(CHANGES)}")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=RECIPES["fast"].epochs)
    options = parser.parse_args()
    if unknown := set(options.changes) - set(CHANGES):
        parser.error(f"no change is called {', '.join(sorted(unknown))}; there are {', '.join(CHANGES)}")
    columns = ("processor seconds", "accuracy, one view", "accuracy, views averaged", "log loss, one view")
    print(f"{'change':26}", *(f"{name:25}" for name in columns))
    for name in options.changes or CHANGES:
        figures = measure(CHANGES[name], options.seeds, options.epochs)
        texts = [words(figures[column], 1 if column == "processor seconds" else 4) for column in columns]
        print(f"{name:26}", *(f"{text:25}" for text in texts), flush=True)
        keep("ablation", {name: figures})


if __name__ == "__main__":
    main()
