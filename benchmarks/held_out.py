"""One network and one set of choices, tried on many images held out of BloodMNIST's train and val; test is not read.

    python benchmarks/held_out.py 24,32/96,96/192,192 --epochs 20 --seed 0 --set shift_pixels=2 --save member0.npy
    python benchmarks/held_out.py --average member0.npy member1.npy

A network is told as channels after each convolution, with a stroke between resolutions. It trains on 9,659 images of train, in
bfloat16 where that is faster, and is tested on the other 2,300 and val: 4,012 images, of which one is a quarter of a thousandth.
One thread, so that trials can run side by side. A row is added to `benchmarks/results/held_out.json`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablation import score
from machine import RESULTS

import giemsa
from giemsa.models.convnet import Blocks, convnet_network
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES, Recipe

N_HELD_OUT = 2300  # of train; all of val is held out too


def hold_out() -> tuple[giemsa.ImageDataset, giemsa.Split]:
    """Return BloodMNIST with a smaller train, and what was taken from it together with val."""
    data = giemsa.load("bloodmnist")
    order = np.random.default_rng(7).permutation(len(data.train))
    taken, left = order[:N_HELD_OUT], np.sort(order[N_HELD_OUT:])
    parts = (data.train.subset(taken), data.val)
    held_out = giemsa.Split(
        images=np.concatenate([part.images for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        addresses=[address for part in parts for address in part.addresses],
    )
    return dataclasses.replace(data, train=data.train.subset(left)), held_out


def train(data: giemsa.ImageDataset, blocks: Blocks, recipe: Recipe, seed: int) -> giemsa.Classifier:
    """Return the network of these blocks, trained."""
    network = convnet_network(
        channels=3, n_classes=8, size=28, generator=torch.Generator().manual_seed(seed), blocks=blocks
    )
    compute = choose_compute("cpu", recipe.precision)
    classifier = build_classifier(data, recipe, seed=seed, compute=compute, network=network)
    for epoch in fit(classifier, data, recipe, seed=seed):
        print(
            f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, val accuracy {epoch.val_accuracy:.4f}", flush=True
        )
    return classifier


def scores(labels: np.ndarray, averaged: np.ndarray, single: np.ndarray | None) -> dict[str, float | None]:
    """Return accuracies and log losses of probabilities: averaged over the views, and, where there are any, of one view."""
    one = (None, None) if single is None else score(labels, single)
    eight = score(labels, averaged)
    return {
        "accuracy, one view": one[0],
        "accuracy, views averaged": eight[0],
        "log loss, one view": one[1],
        "log loss, views averaged": eight[1],
    }


def add(row: dict[str, Any]) -> None:
    """Print a row and keep it."""
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
    print(json.dumps(rounded))
    path = RESULTS / "held_out.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["rows"].append(rounded)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Train, test, print and keep; or average the probabilities of earlier trials."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", nargs="?", default="24,32/64/128,128", help="such as 24,32/64/128,128")
    parser.add_argument("--epochs", type=int, default=RECIPES["fast"].epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="fields of the recipe `fast`"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the averaged probabilities (.npy)")
    parser.add_argument(
        "--average", nargs="+", type=Path, metavar="FILE", help="members, as --save wrote them"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    data, held_out = hold_out()
    if options.average:
        mean = np.mean([np.load(path) for path in options.average], axis=0)
        names = f"{len(options.average)} members: {', '.join(path.stem for path in options.average)}"
        row = {"choices": names, "epochs": None, "seed": None, "processor seconds": None}
        add(row | scores(held_out.labels, mean, None))
        return
    changes = {name: json.loads(value) for name, value in (text.split("=", 1) for text in options.set)}
    recipe = RECIPES["fast"].replace(epochs=options.epochs, minimum_steps=0).replace(**changes)
    blocks = tuple(tuple(map(int, block.split(","))) for block in options.network.split("/"))
    start = time.process_time()
    classifier = train(data, blocks, recipe, options.seed)
    seconds = round(time.process_time() - start)
    single, averaged = (classifier.probabilities(held_out.images, views=views) for views in (1, 8))
    if options.save:
        np.save(options.save, averaged)
    said = "; ".join([options.network.replace(",", "-").replace("/", " / "), *options.set])
    row = {"choices": said, "epochs": options.epochs, "seed": options.seed, "processor seconds": seconds}
    add(row | scores(held_out.labels, averaged, single))


if __name__ == "__main__":
    main()
