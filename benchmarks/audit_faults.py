"""Faults of known place, planted in images and labels, and what counts as found; used by `benchmarks/audit.py`."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

COPIES = 200
FLIPPED = 0.05
TINT = 0.98


def turned(image: np.ndarray, view: int) -> np.ndarray:
    """Return the view 0 to 7: quarter turns, and mirrored from 4 on."""
    image = np.rot90(image, view % 4)
    return image[:, ::-1] if view >= 4 else image


def picture(image: np.ndarray) -> Image.Image:
    """Return an image for PIL."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def jpeg(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Save as JPEG of quality 50 to 90 and read again."""
    buffer = io.BytesIO()
    picture(image).save(buffer, "JPEG", quality=int(rng.integers(50, 91)))
    return np.asarray(Image.open(buffer)).reshape(image.shape)


def brightness(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Multiply by 0.9 to 1.1."""
    return np.clip(np.rint(image * rng.uniform(0.9, 1.1)), 0, 255).astype(np.uint8)


def rescaled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bring to 18 to 25 pixels and back, bilinear."""
    side, bilinear = int(rng.integers(18, 26)), Image.Resampling.BILINEAR
    small = picture(image).resize((side, side), bilinear)
    return np.asarray(small.resize(image.shape[1::-1], bilinear)).reshape(image.shape)


def shifted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift by up to two pixels in each direction, at least one in all; edges repeated."""
    rows = columns = 0
    while rows == columns == 0:
        rows, columns = rng.integers(-2, 3, 2)
    height, width = image.shape[:2]
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge")
    return padded[2 + rows : 2 + rows + height, 2 + columns : 2 + columns + width]


def same(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change nothing."""
    return image


# name: change, lowest and highest view it is turned to afterwards
FAULTS: dict[str, tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], int, int]] = {
    "exact": (same, 0, 0),
    "turned or mirrored": (same, 1, 7),
    "JPEG": (jpeg, 0, 7),
    "brightness": (brightness, 0, 7),
    "rescaled": (rescaled, 0, 7),
    "shifted": (shifted, 0, 0),
}


def plant_duplicates(images: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return copies ``(m, h, w, c)``, the places of their sources, and the number of the fault of each."""
    rng = np.random.default_rng(seed)
    sources = rng.choice(len(images), COPIES * len(FAULTS), replace=False)
    faults = np.repeat(np.arange(len(FAULTS)), COPIES)
    copies = []
    for source, fault in zip(sources, faults, strict=True):
        change, low, high = list(FAULTS.values())[fault]
        copies.append(turned(change(images[source], rng), int(rng.integers(low, high + 1))))
    return np.stack(copies), sources, faults


def score_pairs(
    pairs: list, known: set, sources: np.ndarray, faults: np.ndarray, n: int
) -> dict[str, tuple[float, float]]:
    """Return recall and precision of each fault.

    A planted copy is found if it is in one group with its source. Wrong is a pair of a copy with an image that is neither its
    source, nor another copy of that source, nor one of the images that were held to be copies of it before planting.
    """
    kin: dict[int, set[int]] = {}
    for left, right in known:
        kin.setdefault(left, {left}).add(right)
        kin.setdefault(right, {right}).add(left)
    original = np.concatenate([np.arange(n), sources])
    group = union(pairs, n + len(sources))
    right, wrong = np.zeros(len(FAULTS)), np.zeros(len(FAULTS))
    for left, other in pairs:
        a, b = int(original[left]), int(original[other])
        if other < n or (a != b and b in kin.get(a, ())):
            continue
        (right if a == b else wrong)[faults[other - n]] += 1
    result = {}
    for number, fault in enumerate(FAULTS):
        mine = faults == number
        recall = float(np.mean([group[n + i] == group[sources[i]] for i in np.flatnonzero(mine)]))
        total = right[number] + wrong[number]
        result[fault] = (recall, float(right[number] / total) if total else 1.0)
    return result


def union(pairs: list, n: int) -> list[int]:
    """Return the root of each of ``n`` images by a plain union-find, so as not to lean on what is measured."""
    root = list(range(n))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for left, right in pairs:
        root[find(right)] = find(left)
    return [find(i) for i in range(n)]


def summary(scores: list[tuple[float, float]]) -> dict:
    """Return mean and worst recall and precision over the seeds."""
    recalls, precisions = np.array(scores).T
    return {
        "recall": float(recalls.mean()),
        "recall_worst": float(recalls.min()),
        "precision": float(precisions.mean()),
        "precision_worst": float(precisions.min()),
        "seeds": len(scores),
    }


def flip(
    truth: np.ndarray, k: int, towards: np.ndarray | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of which 5 % are wrong, and where: a random other class, or the one that ``towards`` names."""
    flipped = np.sort(rng.choice(len(truth), round(FLIPPED * len(truth)), replace=False))
    given = truth.copy()
    random = (truth[flipped] + rng.integers(1, k, len(flipped))) % k
    given[flipped] = random if towards is None else towards[truth[flipped]]
    return given, flipped


def most_confused(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return for each class the other class that the networks most often take it for."""
    confusion = np.zeros((probabilities.shape[1],) * 2)
    np.add.at(confusion, truth, probabilities)
    np.fill_diagonal(confusion, -1)
    return confusion.argmax(axis=1)


def tint(images: np.ndarray, chosen: np.ndarray, channel: int) -> np.ndarray:
    """Multiply one channel of the background, the brightest 40 % of an image, by 0.98 in the chosen images."""
    result = images.copy()
    part = result[chosen].astype(np.float64)
    grey = part.mean(axis=-1)
    limit = np.quantile(grey.reshape(len(grey), -1), 0.6, axis=1)
    background = grey > limit[:, None, None]
    part[..., channel] = np.where(background, np.rint(part[..., channel] * TINT), part[..., channel])
    result[chosen] = part.astype(np.uint8)
    return result
