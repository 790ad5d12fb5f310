"""May the probabilities of `fast` be believed? Calibration, prediction sets, handing over, foreign images, and averaged views.

    python benchmarks/evaluation.py [--seeds 5] [--runs FOLDER] [--data FOLDER]

Trains `fast` on BloodMNIST once a seed and evaluates it once, as `giemsa evaluate` does: the temperature comes from one half of
val, the prediction sets from the other. With `--runs`, run folders `seed-0`, `seed-1`, ... are kept in FOLDER, and taken from
there where they exist. The real foreign images are the test splits of BreastMNIST and PneumoniaMNIST, read from the `.npz` files
in `--data` or downloaded. A minute of training and twenty seconds of evaluation a seed on two cores. Results go to
`benchmarks/results/evaluation.json`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from machine import keep, summary, words

import giemsa
from giemsa.evaluation.evaluate import Evaluation, evaluate
from giemsa.training.run import Run

FOREIGN = ("breastmnist", "pneumoniamnist")
VIEWS = 8


def trained(folder: Path, seed: int) -> Run:
    """Return the run of this seed: the one in the folder, or a new one."""
    place = folder / f"seed-{seed}"
    if (place / "model.safetensors").exists():
        return giemsa.open_run(place)
    return giemsa.train("bloodmnist", recipe="fast", seed=seed, out=place)


def figures_of(evaluation: Evaluation) -> dict[str, float]:
    """Return the figures of one evaluation, by the words that the table has for them."""
    whole, calibration, novelty = evaluation.card.whole, evaluation.calibration, evaluation.novelty
    assert calibration is not None
    assert novelty is not None
    found = {
        "accuracy": whole["accuracy"].value,
        "AUC": whole["auc"].value,
        "temperature": calibration.temperature,
        "ECE before scaling, %": 100 * calibration.scores_before["ece"].value,
        "ECE, 15 bins of equal width, %": 100 * whole["ece"].value,
        "ECE, 15 bins of equal mass, %": 100 * whole["ece_equal_mass"].value,
        "log loss before scaling": calibration.scores_before["log_loss"].value,
        "log loss": whole["log_loss"].value,
        "Brier score": whole["brier"].value,
        "accuracy on the surest nine tenths": evaluation.selective.keep(0.1)[1].value,
        "familiar test images let pass": novelty.passed,
    }
    for sets in evaluation.sets:
        by_class = [score.value for score in sets.by_class]
        promise = f"{100 * sets.target:g} % sets"
        found[f"{promise}: coverage"] = sets.coverage.value
        found[f"{promise}: coverage of the worst class"] = min(by_class)
        found[f"{promise}: classes in a set"] = float(sets.sizes.mean())
    for test in novelty.tests:
        found[f"AUROC against {test.name}{' (made)' if test.made else ''}"] = test.auroc.value
    return found


def gain_of(run: Run) -> dict[str, float]:
    """Return what averaging the eight views gains on test, at the temperature of one view."""
    test = run.data().test
    answers = [run.classifier.probabilities(test.images, views=n).argmax(axis=1) for n in (1, VIEWS)]
    one, many = (float((answer == test.labels).mean()) for answer in answers)
    return {f"accuracy, {VIEWS} views": many, f"gain by {VIEWS} views": many - one}


def foreign_images(folder: Path | None) -> dict[str, np.ndarray]:
    """Return the test images of the foreign sets."""
    sources = {name: str(folder / f"{name}.npz") if folder else name for name in FOREIGN}
    return {name: giemsa.load(source).test.images for name, source in sources.items()}


def main() -> None:
    """Train or open, evaluate, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs; a temporary one if not given")
    parser.add_argument("--data", type=Path, help="folder of MedMNIST's .npz files")
    options = parser.parse_args()
    foreign = foreign_images(options.data)
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seeds):
            run = trained(options.runs or Path(temporary), seed)
            found = figures_of(evaluate(run, foreign=foreign)) | gain_of(run)
            for name, value in found.items():
                figures.setdefault(name, []).append(value)
            print(f"seed {seed} done", flush=True)
    rows = {name: summary(values) for name, values in figures.items()}
    for name, row in rows.items():
        print(f"{name:50} {words(row)}")
    keep("evaluation", rows)


if __name__ == "__main__":
    main()
