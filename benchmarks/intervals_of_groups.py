"""What do the 95 % intervals cover where images come in groups, such as patients?

The made classifier of `intervals.py`, with twenty images a patient. Of the noise in an image's scores a part is drawn once for
all images of a patient, so large that being right is correlated within patients as wanted (ICC). A single image is as it was
there, and so are the true scores. The sensitivity is that of the second class, a fifth of the images.

    python benchmarks/intervals_of_groups.py [--out benchmarks/results/intervals_of_groups.json] [--scale 1.0]
    python benchmarks/intervals_of_groups.py --differences [--out intervals_of_differences.json] [--scale 1.0]

`--scale 0.1` draws a tenth of the test sets, for a quick look. About six minutes on one core in full. `--differences` measures
what `giemsa compare` prints of two classifiers on the same patients, as good as each other, or the second with half the mistakes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from intervals import (
    FREQUENCIES,
    POPULATION,
    RESAMPLES,
    answer,
    draw,
    draw_noise,
    intervals,
    row_of,
    tune,
    write_rows,
)

from giemsa.evaluation.compared_predictions import COMPARED, compare_predictions
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import draw_weights, prepare
from giemsa.evaluation.shares import score_share

IMAGES = 20
PATIENTS = (2, 5, 10, 20, 50)
CORRELATIONS = (0.0, 0.1, 0.3, 0.6)
ACCURACIES = (0.7, 0.9, 0.98)
TEST_SETS = 300
ASKED = 1  # the class whose sensitivity is told
COMPARED_PATIENTS = (10, 20, 50)
ALIKE = 0.7  # correlation of the two classifiers' noise
Cell = tuple[
    dict[str, float], Callable[[int], list[dict[str, object]]]
]  # what it is of, and how its rows are counted


def tune_shared(separation: float, correlation: float) -> float:
    """Return the share of the noise's variance that makes being right so correlated within patients, by bisection."""
    low, high = 0.0, 1.0 if correlation else 0.0
    for _ in range(16):
        middle = (low + high) / 2
        pairs = np.arange(100_000) // 2
        right = draw(100_000, separation, np.random.default_rng(2), groups=pairs, shared=middle).correct
        reached = np.corrcoef(right[::2], right[1::2])[0, 1]
        low, high = (middle, high) if reached < correlation else (low, middle)
    return low


def true_scores(separation: float) -> dict[str, float]:
    """Return the made classifier's scores on so many images that chance hardly moves them."""
    many = prepare(draw(POPULATION, separation, np.random.default_rng(7)))
    overall, by_class = many.weigh(np.ones((POPULATION, 1)))
    scores = {name: float(value[0]) for name, value in overall.items()}
    return scores | {"sensitivity": float(by_class["recall"][0, ASKED])}


def sensitivity(predictions: Predictions, generator: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Return the interval of one class's sensitivity by each method."""
    assert predictions.groups is not None
    own = predictions.labels == ASKED
    found = own & predictions.correct
    share = score_share(predictions.correct[own], predictions.groups[own])
    draws = draw_weights(
        len(predictions), resamples=RESAMPLES, generator=generator, groups=predictions.groups
    )
    with np.errstate(invalid="ignore"):
        replicates = np.concatenate([found @ weights / (own @ weights) for weights in draws])
    low, high = np.nanpercentile(replicates, [2.5, 97.5])
    return {"giemsa": (share.low, share.high), "percentile": (float(low), float(high))}


def measure(
    separation: float, truth: dict[str, float], patients: int, shared: float, test_sets: int
) -> list[dict[str, object]]:
    """Return a row for each score and method."""
    generator = np.random.default_rng([patients, round(1e6 * separation), round(1e6 * shared)])
    groups = np.repeat(np.arange(patients), IMAGES)
    limits: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(test_sets):
        predictions = draw(len(groups), separation, generator, groups=groups, shared=shared)
        told = intervals(predictions, prepare(predictions), generator)
        told["sensitivity"] = sensitivity(predictions, generator)
        for name, methods in told.items():
            for method, limit in methods.items():
                if not np.isnan(limit).any():  # a class of fewer than two patients has no interval
                    limits.setdefault((name, method), []).append(limit)
    return [
        row_of(name, method, np.array(given), truth[name]) | {"test_sets": len(given)}
        for (name, method), given in limits.items()
    ]


def measure_differences(
    separations: tuple[float, float],
    truth: dict[str, float],
    patients: int,
    shared: float,
    test_sets: int,
) -> list[dict[str, object]]:
    """Return a row for the difference of each score between two classifiers on the same images."""
    generator = np.random.default_rng([patients, *(round(1e6 * one) for one in (*separations, shared))])
    groups = np.repeat(np.arange(patients), IMAGES)
    limits: dict[str, list[tuple[float, float]]] = {name: [] for name in COMPARED}
    for _ in range(test_sets):
        labels = generator.choice(8, len(groups), p=FREQUENCIES)
        one, own = (draw_noise(labels, generator, groups=groups, shared=shared) for _ in range(2))
        both = (one, ALIKE * one + math.sqrt(1 - ALIKE**2) * own)
        said = [answer(labels, *pair, groups) for pair in zip(both, separations, strict=True)]
        found = compare_predictions(said[0], said[1], generator=generator, resamples=RESAMPLES)
        for name, (_, _, gap) in found.scores.items():
            if not np.isnan([gap.low, gap.high]).any():  # a class that no image has leaves the AUC undefined
                limits[name].append((gap.low, gap.high))
    return [
        row_of(name, "giemsa", np.array(given), truth[name]) | {"test_sets": len(given)}
        for name, given in limits.items()
    ]


def cells_of_differences() -> Iterator[Cell]:
    """Yield every cell of the measurement of differences."""
    for accuracy in ACCURACIES:
        for better in (accuracy, (1 + accuracy) / 2):
            separations = (tune(accuracy), tune(better))
            before, after = (true_scores(separation) for separation in separations)
            truth = {name: after[name] - before[name] for name in COMPARED}
            for correlation in CORRELATIONS:
                shared = tune_shared(separations[0], correlation)
                for patients in COMPARED_PATIENTS:
                    measured = partial(measure_differences, separations, truth, patients, shared)
                    facts = {"accuracy": accuracy, "better": better, "icc": correlation, "patients": patients}
                    yield facts, measured


def cells_of_scores() -> Iterator[Cell]:
    """Yield every cell of the measurement of single classifiers."""
    for accuracy in ACCURACIES:
        separation = tune(accuracy)
        truth = true_scores(separation)
        for correlation in CORRELATIONS:
            shared = tune_shared(separation, correlation)
            for patients in PATIENTS:
                measured = partial(measure, separation, truth, patients, shared)
                yield {"accuracy": accuracy, "icc": correlation, "patients": patients}, measured


def main() -> None:
    """Measure every cell, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--differences", action="store_true")
    options = parser.parse_args()
    kind = "intervals_of_differences" if options.differences else "intervals_of_groups"
    rows: list[dict[str, object]] = []
    test_sets = max(10, round(TEST_SETS * options.scale))
    print(f"{'accuracy':>8} {'ICC':>4} {'patients':>8} {'score':18} {'method':11} coverage  width")
    for facts, measured in cells_of_differences() if options.differences else cells_of_scores():
        for row in measured(test_sets):
            rows.append(facts | row)
            words = f"{row['score']:18} {row['method']:11} {100 * row['coverage']:5.1f} %"
            print(
                f"{facts['accuracy']:8} {facts['icc']:4} {facts['patients']:8} {words} {row['mean_width']:7.4f}",
                flush=True,
            )
    default = Path(__file__).parent / "results" / f"{kind}.json"
    write_rows(options.out or default, rows, {"images a patient": IMAGES})


if __name__ == "__main__":
    main()
