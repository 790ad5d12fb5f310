"""Do the times of an epoch and of a prediction grow with images and with pixels, and does memory stay flat?

    python benchmarks/scaling.py [--images 1000 4000 16000 64000] [--sizes 28 64 128 224] [--threads 1 2]

Made images (noise, 8 classes) in a memory-mapped file on disk; the recipe `fast`, one epoch, after a shorter one that warms up.
Each cell runs in a process of its own, whose peak memory is its own. The peak holds pages of the mapped file too, which the
system drops when it needs them; memory of the process's own is told apart (Linux only). Freed memory is kept, as the command line
does it; one more cell of the largest images, in the same run, shows what that is worth. `benchmarks/curves.py` draws the figures.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from machine import keep

import giemsa
from giemsa.data import allocator
from giemsa.data.allocator import freed_memory_kept
from giemsa.data.cards import card_of
from giemsa.data.dataset import ImageDataset, PackedAddresses, Split
from giemsa.training.building import build_classifier
from giemsa.training.device import choose_compute
from giemsa.training.loop import fit
from giemsa.training.recipes import RECIPES


def make_images(path: Path, n: int, size: int) -> None:
    """Write ``n`` noise images ``(n, size, size, 3)`` to a ``.npy`` file, a thousand at a time."""
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(n, size, size, 3))
    generator = np.random.default_rng(0)
    for start in range(0, n, 1000):
        images[start : start + 1000] = generator.integers(0, 256, images[start : start + 1000].shape)
    images.flush()


def time_epoch(path: Path, threads: int) -> dict[str, float | None]:
    """Time one epoch over the images in ``path``, then a prediction; memory is that of this process, in MB."""
    torch.set_num_threads(threads)
    images = np.load(path, mmap_mode="r")
    card = card_of("bloodmnist")
    data = make_dataset(images, card)
    recipe = RECIPES["fast"].for_epochs(1)
    classifier = build_classifier(data, recipe, seed=0, compute=choose_compute("cpu"))
    for _ in fit(classifier, make_dataset(images[:512], card), recipe):
        pass
    (epoch,) = fit(classifier, data, recipe)
    peak = memory("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    own = memory("RssAnon")
    start = time.perf_counter()
    classifier.logits(images[:1000])
    predicted = min(len(images), 1000) / (time.perf_counter() - start)
    return {"seconds": epoch.seconds, "predicted a second": predicted, "peak MB": peak, "own MB": own}


def memory(kind: str) -> float | None:
    """Return what Linux says of this process, in MB: ``VmHWM`` its peak, ``RssAnon`` its memory without mapped files.

    Elsewhere it is ``None``. (The peak that ``getrusage`` gives may be that of the program that began this one.)
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(kind)), None)


def make_dataset(images: np.ndarray, card: giemsa.DataCard) -> ImageDataset:
    """Return the images as a train split with eight classes in turn; val and test are a few of them."""
    few = images[:64]
    train, val, test = (
        Split(one, np.arange(len(one)) % 8, PackedAddresses("made", name, len(one)))
        for name, one in (("train", images), ("val", few), ("test", few))
    )
    return ImageDataset(card, train, val, test)


def main() -> None:
    """Time every cell, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 4000, 16000, 64000])
    parser.add_argument("--sizes", type=int, nargs="+", default=[28, 64, 128, 224])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cell", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        path, threads, kept = options.cell
        with freed_memory_kept() if kept == "True" else patch.object(allocator, "_set"):
            print(json.dumps(time_epoch(Path(path), int(threads))))
        return
    few, threads = min(options.images), max(options.threads)
    cells = [(n, 28, threads, True) for n in options.images]
    cells += [(few, size, threads, True) for size in options.sizes[1:]]
    cells += [(few, max(options.sizes), threads, False)]
    cells += [(few, 28, one, True) for one in options.threads if one != threads]
    rows: dict[str, Any] = {}
    print(
        f"{'images':>7} {'size':>5} {'threads':>7} {'memory kept':>11} {'seconds':>8} {'ns a pixel':>10} {'predicted/s':>11} "
        f"{'peak MB':>8} {'own MB':>8}"
    )
    for n, size, count, kept in cells:
        row = measure(n, size, count, kept)
        given = "" if kept else ", freed memory handed back"
        rows[f"{n} images, {size} pixels, {count} threads{given}"] = row
        nanoseconds, peak = row["seconds"] / n / size**2 * 1e9, row["peak MB"]
        print(
            f"{n:7} {size:5} {count:7} {kept!s:>11} {row['seconds']:8.2f} {nanoseconds:10.0f} "
            f"{row['predicted a second']:11.0f} {peak:8.0f} {row['own MB'] or 0:8.0f}",
            flush=True,
        )
    keep("scaling", rows)


def measure(n: int, size: int, threads: int, kept: bool) -> dict[str, Any]:
    """Time one cell in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        make_images(path, n, size)
        command = [sys.executable, __file__, "--cell", str(path), str(threads), str(kept)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(answer.splitlines()[-1])
    return found | {"images": n, "size": size, "threads": threads, "freed memory kept": kept}


if __name__ == "__main__":
    main()
