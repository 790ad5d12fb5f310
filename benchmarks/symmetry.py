"""Does the trial of symmetries find what is known?

    python benchmarks/symmetry.py ../shared/data/breastmnist.npz ../shared/data/pneumoniamnist.npz [--seeds 5]

Sets whose card says the symmetry, the word hidden, of several sizes; and sets with a planted answer: half of the X-rays, drawn
by lot, are turned upside down or mirrored, and whether one was is its label. Of `upside down` a mirror image keeps its label and
a turned one does not, of `mirrored` neither. Images come from train and val; test is not looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from drawing import draw, train_alone
from machine import keep, summary

import giemsa
from giemsa.data.dataset import ImageDataset, Split
from giemsa.training.device import choose_compute
from giemsa.training.symmetry_trial import try_symmetries

SIZES = {"bloodmnist": (100, 300, 1500, 6000), "breastmnist": (400,), "pneumoniamnist": (300, 2000)}
PLANTED = {"upside down": "mirror", "mirrored": "none"}
PLANTED_SIZES = (300, 1000)


def unsaid(data: ImageDataset, train: Split, name: str) -> ImageDataset:
    """Return a set of these training images alone, whose card does not say the symmetry."""
    card = dataclasses.replace(data.card, name=name, symmetry=None)
    return train_alone(dataclasses.replace(data, card=card), train)


def drawn(data: ImageDataset, n: int, seed: int) -> ImageDataset:
    """Draw ``n`` images from train and val."""
    return unsaid(data, draw(data, n, seed)[0], f"{data.name}, {n} images")


def planted(data: ImageDataset, kind: str, n: int, seed: int) -> ImageDataset:
    """Draw ``n`` images, turn half of them upside down or mirror them, and ask which."""
    split, _ = draw(data, n, seed)
    labels = np.random.default_rng([seed, 1]).integers(0, 2, n)
    images, flipped = split.images.copy(), labels == 1
    images[flipped] = images[flipped][:, ::-1] if kind == "upside down" else images[flipped][:, :, ::-1]
    split = dataclasses.replace(split, images=images, labels=labels.astype(np.int64))
    return unsaid(data, split, f"{kind}?, {n} images")


def measure(sets: list[ImageDataset], known: str) -> dict[str, Any]:
    """Let the trial choose for each of some drawings of one set."""
    compute = choose_compute()
    chosen, seconds = [], []
    losses: dict[str, list[float]] = {}
    for seed, data in enumerate(sets):
        start = time.perf_counter()
        found = try_symmetries(data, seed=seed, compute=compute).to_json()
        seconds.append(time.perf_counter() - start)
        chosen.append(found["chosen"])
        for name, loss in found["loss"].items():
            losses.setdefault(name, []).append(loss)
    told = Counter(chosen)
    print(f"{sets[0].name:34} known {known:26} chosen {dict(told)}, {np.mean(seconds):.1f} s", flush=True)
    return {
        "known": known,
        "chosen": dict(told),
        "seconds": summary(seconds),
        "loss": {name: summary(values) for name, values in losses.items()},
    }


def main() -> None:
    """Ask each set with each seed; print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "data", nargs="*", type=Path, help="further sets; planted answers need pneumoniamnist"
    )
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    seeds = range(options.seeds)
    for name in ("bloodmnist", *options.data):
        data = giemsa.load(name)
        for n in SIZES[data.name]:
            sets = [drawn(data, n, seed) for seed in seeds]
            keep("symmetry", {sets[0].name: measure(sets, str(data.card.symmetry))})
        if data.name != "pneumoniamnist":
            continue
        for kind, known in PLANTED.items():
            for n in PLANTED_SIZES:
                sets = [planted(data, kind, n, seed) for seed in seeds]
                keep("symmetry", {sets[0].name: measure(sets, known)})


if __name__ == "__main__":
    main()
