"""Other light, other camera, other stain: balanced accuracy under shifts, of networks trained in ways that prepare for them.

    python benchmarks/robustness.py [--standardize data image] [--jitter 0 0.15] [--seeds 5]
    python benchmarks/robustness.py --standardize none --jitter 0 --model convnet-ensemble --epochs 8 --seeds 1

BloodMNIST, recipe `fast` with `standardize` and `colour_jitter` changed, each with each, and with another network or number of
epochs where one is given; the corruptions of `giemsa evaluate --thorough` that change colours, five severities each, on the
validation split. Clean accuracy is that of one view, the mean over the eight. The test split is not read.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import Any

import numpy as np
from machine import keep, summary, words
from sklearn.metrics import balanced_accuracy_score
from views import probabilities_of_views

import giemsa
from giemsa.evaluation.corruptions import SEVERITIES, corrupt
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import CHOICES, RECIPES, Recipe

SHIFTS = ("darker", "brighter", "less contrast", "saturation", "paler", "stain shift")


def shifted_scores(classifier: Classifier, split: giemsa.Split) -> dict[str, list[float]]:
    """Return the balanced accuracy of each shift at each severity."""
    scores: dict[str, list[float]] = {}
    for shift in SHIFTS:
        for severity in SEVERITIES:
            images = corrupt(split.images, shift, severity, generator=np.random.default_rng(severity))
            predicted = classifier.probabilities(images).argmax(axis=1)
            scores.setdefault(shift, []).append(float(balanced_accuracy_score(split.labels, predicted)))
    return scores


def accuracy_of_views(classifier: Classifier, split: giemsa.Split) -> float:
    """Return the accuracy with one view, the mean over all that the symmetry has: less noise than that of the first alone."""
    predicted = probabilities_of_views(classifier, split.images).argmax(axis=2)
    return float((predicted == split.labels).mean())


def measure(recipe: Recipe, seeds: int) -> dict[str, Any]:
    """Train with each seed; return clean accuracy and, for each shift, the mean over severities."""
    data = giemsa.load("bloodmnist")
    compute = choose_compute("cpu", recipe.precision)
    figures: dict[str, list[float]] = {}
    tables = []
    for seed in range(seeds):
        classifier = build_classifier(data, recipe, seed=seed, compute=compute)
        for _ in fit(classifier, data, recipe, seed=seed):
            pass
        figures.setdefault("clean accuracy", []).append(accuracy_of_views(classifier, data.val))
        tables.append(shifted_scores(classifier, data.val))
        for shift in SHIFTS:
            figures.setdefault(shift, []).append(float(np.mean(tables[-1][shift])))
        figures.setdefault("all shifts", []).append(float(np.mean(list(tables[-1].values()))))
    return {name: summary(values) for name, values in figures.items()} | {"by severity": tables}


def main() -> None:
    """Measure, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--standardize", nargs="+", default=["data", "image"], choices=CHOICES["standardize"])
    parser.add_argument("--jitter", type=float, nargs="+", default=[0.0, 0.15])
    parser.add_argument("--model", default=RECIPES["fast"].model, help="the network")
    parser.add_argument("--epochs", type=int, default=RECIPES["fast"].epochs)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    columns = ("clean accuracy", "all shifts", *SHIFTS)
    print(f"{'training':70}", *(f"{name:>16}" for name in columns))
    for standardize, jitter in product(options.standardize, options.jitter):
        recipe = RECIPES["fast"].replace(model=options.model, epochs=options.epochs)
        row = measure(recipe.replace(standardize=standardize, colour_jitter=jitter), options.seeds)
        name = f"{options.model}, {options.epochs} epochs, standardised by {standardize}, colour jitter {jitter:g}"
        print(f"{name:70}", *(f"{words(row[column], 4):>16}" for column in columns), flush=True)
        keep("robustness", {name: row})


if __name__ == "__main__":
    main()
