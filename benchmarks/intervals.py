"""What do the 95 % intervals cover?

Draws many test sets from a made classifier whose true scores are known (measured once on 600,000 images), computes the intervals
that `giemsa evaluate` prints and the plain percentile bootstrap beside them, and counts how often each holds the truth.

The made classifier tells eight classes with the frequencies of BloodMNIST: each image has a Gaussian score for each class, raised
for its own and, less, for one class that resembles it; probabilities are a softmax of them. The separation is tuned to the
accuracy wanted.

    python benchmarks/intervals.py [--out benchmarks/results/intervals.json] [--scale 1.0]

`--scale 0.1` draws a tenth of the test sets, for a quick look. About four minutes on one core in full.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import WeightedScores, draw_weights, prepare
from giemsa.evaluation.scorecard import interval_of

FREQUENCIES = np.array([852, 2181, 1085, 2026, 849, 993, 2330, 1643]) / 11959
NAMES = tuple(f"class {label}" for label in range(8))
SCORES = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")
TEST_SETS = {150: 2000, 600: 1200, 3400: 800}
ACCURACIES = (0.85, 0.97)
RESAMPLES = 400
POPULATION = 600_000


def draw(
    n: int,
    separation: float,
    generator: np.random.Generator,
    *,
    groups: np.ndarray | None = None,
    shared: float = 0.0,
) -> Predictions:
    """Return the made classifier's predictions for ``n`` new images; those of a group share that part of their noise."""
    labels = generator.choice(8, n, p=FREQUENCIES)
    return answer(labels, draw_noise(labels, generator, groups=groups, shared=shared), separation, groups)


def draw_noise(
    labels: np.ndarray, generator: np.random.Generator, *, groups: np.ndarray | None, shared: float
) -> np.ndarray:
    """Return each image's noise in the score of each class, ``(n, 8)``."""
    noise = generator.standard_normal((len(labels), 8))
    if groups is None:
        return noise
    common = generator.standard_normal((groups.max() + 1, 8))
    places = (np.arange(8) - labels[:, None]) % 8  # alike for images of different classes
    return math.sqrt(1 - shared) * noise + math.sqrt(shared) * common[groups[:, None], places]


def answer(
    labels: np.ndarray, noise: np.ndarray, separation: float, groups: np.ndarray | None
) -> Predictions:
    """Return what a classifier of this separation says of images whose scores have this noise ``(n, 8)``."""
    logits, places = noise.copy(), np.arange(len(labels))
    logits[places, labels] += separation
    logits[places, (labels + 1) % 8] += 0.35 * separation
    raised = np.exp(1.04 * separation * (logits - logits.max(axis=1, keepdims=True)))
    return Predictions(labels, raised / raised.sum(axis=1, keepdims=True), NAMES, groups)


def tune(accuracy: float) -> float:
    """Return the separation that gives this accuracy, by bisection."""
    low, high = 0.5, 12.0
    for _ in range(25):
        middle = (low + high) / 2
        reached = draw(100_000, middle, np.random.default_rng(1)).correct.mean()
        low, high = (middle, high) if reached < accuracy else (low, middle)
    return low


def intervals(
    predictions: Predictions, prepared: WeightedScores, generator: np.random.Generator
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return for each score the interval of each method."""
    n = len(predictions)
    value = {name: float(one[0]) for name, one in prepared.whole(np.ones((n, 1))).items()}
    draws = draw_weights(n, resamples=RESAMPLES, generator=generator, groups=predictions.groups)
    chunks = [prepared.whole(weights) for weights in draws]
    found = {}
    for name in SCORES:
        replicates = np.concatenate([chunk[name] for chunk in chunks])
        chosen = interval_of(name, value[name], replicates, predictions, prepared)
        low, high = np.nanpercentile(replicates, [2.5, 97.5])
        found[name] = {"giemsa": chosen, "percentile": (float(low), float(high))}
    return found


def true_scores(separation: float) -> dict[str, float]:
    """Return the made classifier's scores on so many images that chance hardly moves them."""
    many = prepare(draw(POPULATION, separation, np.random.default_rng(7)))
    return {name: float(one[0]) for name, one in many.whole(np.ones((POPULATION, 1))).items()}


def measure(separation: float, truth: dict[str, float], n: int, test_sets: int) -> list[dict[str, object]]:
    """Return a row for each score and method."""
    generator = np.random.default_rng(3)
    limits: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(test_sets):
        predictions = draw(n, separation, generator)
        for name, methods in intervals(predictions, prepare(predictions), generator).items():
            for method, limit in methods.items():
                limits.setdefault((name, method), []).append(limit)
    return [
        row_of(name, method, np.array(given), truth[name]) | {"n": n, "test_sets": test_sets}
        for (name, method), given in limits.items()
    ]


def row_of(name: str, method: str, limits: np.ndarray, truth: float) -> dict[str, object]:
    """Count how often the truth lies inside, below and above."""
    low, high = limits.T
    covered = float(((low <= truth) & (truth <= high)).mean())
    return {
        "score": name,
        "method": method,
        "truth": truth,
        "coverage": covered,
        "standard_error": math.sqrt(covered * (1 - covered) / len(limits)),
        "truth_below": float((truth < low).mean()),
        "truth_above": float((truth > high).mean()),
        "mean_width": float((high - low).mean()),
    }


def write_rows(path: Path, rows: list[dict[str, object]], facts: Mapping[str, object] | None = None) -> None:
    """Write the rows, and beside them the facts and what they were computed with."""
    told = dict(facts or {}) | {
        "resamples": RESAMPLES,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "machine": f"{platform.system()} {platform.machine()}",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"facts": told, "rows": rows}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure every cell, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "intervals.json")
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    print(f"{'accuracy':>8} {'n':>5} {'score':18} {'method':11} coverage  width")
    for accuracy in ACCURACIES:
        separation = tune(accuracy)
        truth = true_scores(separation)
        for n, test_sets in TEST_SETS.items():
            for row in measure(separation, truth, n, max(10, round(test_sets * options.scale))):
                rows.append({"accuracy": accuracy} | row)
                covered = f"{100 * row['coverage']:5.1f} % {row['mean_width']:7.4f}"
                print(f"{accuracy:8} {n:5} {row['score']:18} {row['method']:11} {covered}", flush=True)
    write_rows(options.out, rows)


if __name__ == "__main__":
    main()
