"""One network and one set of choices, tried on many images held out of BloodMNIST's train and val; test is not read.

    python benchmarks/held_out.py 24,32/96,96/192,192 --epochs 20 --seed 0 --set shift_pixels=2 --save member0.npy
    python benchmarks/held_out.py 24,32/96,96/192,192 --entrance "each channel" --folds 4 --device cuda
    python benchmarks/held_out.py --average member0.npy member1.npy [--folds 4]

A network is told as channels after each convolution, with a stroke between resolutions; it may begin as a member of `best` does.
It trains on 9,659 images of train, in bfloat16 where that is faster, and is tested on the other 2,300 and val: 4,012 images, of
which one is a quarter of a thousandth. With `--folds 4` it is trained four times, each time on three quarters of train and val
together, and every one of their 13,671 images is tested once: half the noise for four times the work. On a CPU one thread, so
that trials can run side by side. A row is added to `benchmarks/results/held_out.json`, or to `folds.json` beside it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablation import score
from drawing import join
from machine import RESULTS
from torch import nn

import giemsa
from giemsa.models.convnet import Blocks, convnet_network
from giemsa.models.ensemble import ENTRANCES, convnet_member
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES, Recipe

N_HELD_OUT = 2300  # of train; all of val is held out too


def parts(folds: int) -> Iterator[tuple[giemsa.ImageDataset, giemsa.Split]]:
    """Yield BloodMNIST with a smaller train, and what is held out: once, or in so many folds of train and val."""
    data = giemsa.load("bloodmnist")
    generator = np.random.default_rng(7)
    if not folds:
        order = generator.permutation(len(data.train))
        taken, left = order[:N_HELD_OUT], np.sort(order[N_HELD_OUT:])
        held_out = join(data.train.subset(taken), data.val)
        yield dataclasses.replace(data, train=data.train.subset(left)), held_out
        return
    both = join(data.train, data.val)
    order = generator.permutation(len(both))
    for fold in np.array_split(order, folds):
        held_out = both.subset(np.sort(fold))
        yield dataclasses.replace(data, train=both.subset(np.setdiff1d(order, fold)), val=held_out), held_out


def build(blocks: Blocks, begins: str | None, seed: int) -> nn.Module:
    """Return the network of these blocks, after the entrance of a member of `best` where one is named."""
    facts = {"channels": 3, "n_classes": 8, "size": 28, "blocks": blocks}
    generator = torch.Generator().manual_seed(seed)
    if begins is None:
        return convnet_network(**facts, generator=generator)
    return convnet_member(begins, **facts, generator=generator)


def train(
    data: giemsa.ImageDataset, network: nn.Module, recipe: Recipe, *, seed: int, device: str
) -> giemsa.Classifier:
    """Return the network, trained."""
    compute = choose_compute(device, recipe.precision)
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


def add(name: str, row: dict[str, Any]) -> None:
    """Print a row and keep it in ``results/NAME.json``."""
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
    print(json.dumps(rounded))
    path = RESULTS / f"{name}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["rows"].append(rounded)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def keep(row: dict[str, Any], found: dict[str, float | None], folds: int, n_images: int) -> None:
    """Keep what was found about the choices in a row; of folds, the number of wrong images says more than a share."""
    if not folds:
        add("held_out", row | found)
        return
    shown = {key: row[key] for key in ("choices", "epochs", "seed")}
    shown["wrong, views averaged"] = round((1 - (found["accuracy, views averaged"] or 0)) * n_images)
    add("folds", shown | {key: found[key] for key in ("accuracy, one view", "log loss, views averaged")})


def average(members: list[Path], folds: int) -> None:
    """Judge the mean of what earlier trials saved."""
    labels = np.concatenate([held_out.labels for _, held_out in parts(folds)])
    mean = np.mean([np.load(path) for path in members], axis=0)
    names = f"{len(members)} members: {', '.join(path.stem for path in members)}"
    row = {"choices": names, "epochs": None, "seed": None, "processor seconds": None}
    keep(row, scores(labels, mean, None), folds, len(labels))


def try_out(options: argparse.Namespace) -> None:
    """Train and test with the choices that were asked for."""
    changes = {name: json.loads(value) for name, value in (text.split("=", 1) for text in options.set)}
    if options.entrance:
        changes = {"standardize": "none"} | changes
    recipe = RECIPES["fast"].for_epochs(options.epochs).replace(**changes)
    blocks = tuple(tuple(map(int, block.split(","))) for block in options.network.split("/"))
    start = time.process_time()
    found: dict[str, list[np.ndarray]] = {"labels": [], "averaged": [], "single": []}
    for data, held_out in parts(options.folds):
        network = build(blocks, options.entrance, options.seed)
        classifier = train(data, network, recipe, seed=options.seed, device=options.device)
        found["labels"].append(held_out.labels)
        found["averaged"].append(classifier.probabilities(held_out.images, views=8))
        found["single"].append(classifier.probabilities(held_out.images))
    seconds = round(time.process_time() - start)
    labels, averaged, single = map(np.concatenate, found.values())
    if options.save:
        np.save(options.save, averaged)
    said = [options.network.replace(",", "-").replace("/", " / "), options.entrance, *options.set]
    row = {
        "choices": "; ".join(word for word in said if word),
        "epochs": options.epochs,
        "seed": options.seed,
        "processor seconds": seconds,
    }
    keep(row, scores(labels, averaged, single), options.folds, len(labels))


def main() -> None:
    """Train, test, print and keep; or average the probabilities of earlier trials."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", nargs="?", default="24,32/64/128,128", help="such as 24,32/64/128,128")
    parser.add_argument("--entrance", choices=ENTRANCES, help="the beginning of a member of `best`")
    parser.add_argument("--epochs", type=int, default=RECIPES["fast"].epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--folds", type=int, choices=(0, 4), default=0, help="of train and val; 0: one part held out"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="fields of the recipe `fast`"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the averaged probabilities (.npy)")
    parser.add_argument(
        "--average", nargs="+", type=Path, metavar="FILE", help="members, as --save wrote them"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.average:
        average(options.average, options.folds)
    else:
        try_out(options)


if __name__ == "__main__":
    main()
