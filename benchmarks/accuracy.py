"""How accurate after how many seconds? Recipes on data sets, each over several seeds, on the test split.

    python benchmarks/accuracy.py [ROW ...] [--seeds 5] [--first-seed 0] [--data FOLDER] [--device cpu]

Without names all rows are made. Each training is a fixed schedule; its seconds run from the first batch to the final weights,
validation passes included. The test split is read once a training, after it. Sets other than BloodMNIST are read from FOLDER
where given, else downloaded. Results are added to `benchmarks/results/accuracy.json`; with `--first-seed`, further seeds join
the row that stands there.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from machine import keep, kept_rows, summary, words
from sklearn.metrics import roc_auc_score

import giemsa
from giemsa.data.cards import card_of
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES


@dataclass(frozen=True)
class Row:
    """One line of the table: a recipe with changes, a data set, and what was published or aimed at."""

    data: str = "bloodmnist"
    recipe: str = "fast"
    changes: dict[str, Any] = field(default_factory=dict)
    seeds: int = 5
    reach: str = ""


SHORT = {"minimum_steps": 0, "shift_pixels": 0}
ROWS = {
    "fast": Row(reach="60 s, .975, .978 with views averaged"),
    "fast without bfloat16": Row(changes={"precision": "float32"}),
    "best": Row(recipe="best", seeds=3, reach="1200 s, .982, .985 with views averaged"),
    "best without bfloat16": Row(recipe="best", changes={"precision": "float32"}, seeds=1),
    "best of 12 epochs without bfloat16": Row(
        recipe="best",
        changes={"precision": "float32", "epochs": 12},
        seeds=1,
    ),
    "tutorial": Row(
        recipe="tutorial", seeds=3, reach=".87, AUC .985 (Keras, one seed: 708 s, .880, AUC .988)"
    ),
    "tutorial network": Row(
        changes={"model": "tutorial", "learning_rate": 0.05, "epochs": 18}, reach="60 s, .968"
    ),
    "time to .958": Row(
        changes=SHORT
        | {"model": "convnet-light", "epochs": 3, "learning_rate": 0.2, "warmup": 0.05, "skip_known": 0.0},
        reach="12 s, .958",
    ),
    "time to .880": Row(
        changes=SHORT | {"model": "tutorial", "epochs": 1, "learning_rate": 0.05}, reach="5 s, .880"
    ),
    "breastmnist": Row(data="breastmnist", reach="ResNet-18: ACC .863, AUC .901"),
    "pneumoniamnist": Row(data="pneumoniamnist", reach="ResNet-18: ACC .854, AUC .944"),
    "organamnist": Row(data="organamnist", reach="ResNet-18: ACC .935, AUC .997"),
}


def measure(row: Row, seeds: range, folder: Path | None, device: str = "cpu") -> dict[str, Any]:
    """Train with each seed on that device; return the row's figures."""
    local = folder / f"{row.data}.npz" if folder and row.data != "bloodmnist" else None
    data = giemsa.load(str(local) if local else row.data)
    symmetry = card_of(row.data).symmetry
    recipe = RECIPES[row.recipe].replace(**row.changes)
    compute = choose_compute(device, recipe.precision)
    figures: dict[str, list[float]] = {}
    wrong: list[list[int]] = []
    for seed in seeds:
        classifier = build_classifier(data, recipe, seed=seed, compute=compute, symmetry=symmetry)
        start, busy = time.perf_counter(), time.process_time()
        epochs = [epoch.epoch for epoch in fit(classifier, data, recipe, seed=seed)]
        figures.setdefault("seconds", []).append(time.perf_counter() - start)
        figures.setdefault("processor seconds", []).append(time.process_time() - busy)
        views = {"none": 1, "mirror": 2}.get(classifier.symmetry, 8)
        for name, split in (("val", data.val), ("test", data.test)):
            for kind, n in (("one view", 1), ("views averaged", views)):
                probabilities = classifier.probabilities(split.images, views=n)
                accuracy, auc = score(split.labels, probabilities)
                figures.setdefault(f"{name} accuracy, {kind}", []).append(accuracy)
                figures.setdefault(f"{name} AUC, {kind}", []).append(auc)
        # of test with all views, the last that was judged
        wrong.append(np.flatnonzero(probabilities.argmax(axis=1) != split.labels).tolist())
    return {
        "data": row.data,
        "recipe": recipe.to_json(),
        "epochs": epochs[-1],
        "precision": compute.precision,
        "symmetry": classifier.symmetry,
        "parameters": sum(p.numel() for p in classifier.parameters()),
        "reach": row.reach,
        "wrong test images, views averaged": wrong,
    } | {name: summary(values) for name, values in figures.items()}


def join(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return ``new`` with the values of ``old`` before its own, where both are of one recipe."""
    if old is None or old["recipe"] != new["recipe"]:
        return new
    measured = {name for name, value in new.items() if isinstance(value, dict) and "values" in value}
    lists = {name: old.get(name, []) + value for name, value in new.items() if isinstance(value, list)}
    return new | lists | {name: summary(old[name]["values"] + new[name]["values"]) for name in measured}


def score(labels: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Return accuracy and the unweighted mean of one-vs-rest AUCs, as MedMNIST does."""
    accuracy = float((probabilities.argmax(axis=1) == labels).mean())
    if probabilities.shape[1] == 2:
        return accuracy, float(roc_auc_score(labels, probabilities[:, 1]))
    return accuracy, float(roc_auc_score(labels, probabilities, multi_class="ovr"))


def main() -> None:
    """Measure the rows that were asked for; print and keep them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(ROWS)}")
    parser.add_argument("--seeds", type=int, help="trainings a row; 5, for best and tutorial 3 or 1")
    parser.add_argument("--first-seed", type=int, default=0, help="above 0: join the row that stands")
    parser.add_argument("--data", type=Path, help="folder of MedMNIST's .npz files")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no row is called {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    print(f"{'row':33} {'seconds':15} {'test, one view':18} {'views averaged':18} {'AUC':18} reach")
    for name in options.rows or ROWS:
        first = options.first_seed
        seeds = range(first, first + (options.seeds or ROWS[name].seeds))
        figures = measure(ROWS[name], seeds, options.data, options.device)
        if first:
            figures = join(kept_rows("accuracy").get(name), figures)
        columns = [words(figures["seconds"], 1)]
        columns += [words(figures[f"test accuracy, {kind}"]) for kind in ("one view", "views averaged")]
        columns += [words(figures["test AUC, one view"])]
        widths = (15, 18, 18, 18)
        print(
            f"{name:33}",
            *(f"{text:{n}}" for text, n in zip(columns, widths, strict=True)),
            ROWS[name].reach,
            flush=True,
        )
        keep("accuracy", {name: figures}, options.device)


if __name__ == "__main__":
    main()
