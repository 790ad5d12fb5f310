"""Does the audit find planted faults, and who else does?

Plants faults of known place in BloodMNIST and PneumoniaMNIST, five seeds, and sets `giemsa` beside imagehash, cleanvision and
cleanlab, which run in an environment of their own (`benchmarks/peers/audit-requirements.txt`). Pairs that were there before
planting count as neither right nor wrong.

    python benchmarks/audit.py duplicates --data DATA.npz --peers PEERS/bin/python
    python benchmarks/audit.py labels     --data DATA.npz --peers PEERS/bin/python
    python benchmarks/audit.py shortcuts  --data DATA.npz
    python benchmarks/audit.py seconds    --data DATA.npz        (the only part whose clock counts)
    python benchmarks/audit.py scaling    --data DATA.npz        (200,000 images)

Each part prints a table and writes its share of `benchmarks/results/audit.json`; `--seeds 1` for a quick look. On two cores:
duplicates 10 minutes, labels 8, shortcuts 1, seconds 3, scaling 3.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.metrics import average_precision_score

from giemsa.auditing.duplicates import exact_pairs, find_duplicates
from giemsa.auditing.label_errors import find_label_errors
from giemsa.auditing.shortcuts import check_shortcuts, strongest_tells
from giemsa.auditing.surroundings import border_features, colour_features
from giemsa.data.dataset import SPLITS, DataCard, ImageDataset, PackedAddresses, Split

OUT = Path(__file__).parent / "results" / "audit.json"
COPIES = 200
FLIPPED = 0.05
TINT = 0.98
PEER_SEEDS = 1  # their hashes do not depend on chance, and take ten times as long


# Faults ------------------------------------------------------------------------------------------------------------------------


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


# Parts -------------------------------------------------------------------------------------------------------------------------


def duplicates(data: ImageDataset, seeds: int, peers: str | None) -> dict:
    """Recall and precision by tool and fault, the mean and the worst over the seeds."""
    images = pooled(data)
    rows: dict[str, dict[str, list]] = {}
    before = {"giemsa": find_duplicates(images).pairs}
    before |= {tool: np.array(found["pairs"]) for tool, found in ask_peers(peers, images).items()}
    for seed in range(seeds):
        copies, sources, faults = plant_duplicates(images, seed)
        everything = np.concatenate([images, copies])
        start = time.perf_counter()
        tools = {"giemsa": {"pairs": find_duplicates(everything, seed=seed).pairs.tolist()}}
        tools["giemsa"]["seconds"] = time.perf_counter() - start
        tools |= ask_peers(peers if seed < PEER_SEEDS else None, everything)
        for tool, found in tools.items():
            known = set(map(tuple, before[tool].tolist()))
            for fault, scores in score_pairs(found["pairs"], known, sources, faults, len(images)).items():
                rows.setdefault(tool, {}).setdefault(fault, []).append(scores)
            say(
                f"seed {seed} {tool}: "
                + ", ".join(f"{f} {r[-1][0]:.3f}/{r[-1][1]:.3f}" for f, r in rows[tool].items())
            )
    return {tool: {fault: summary(scores) for fault, scores in by.items()} for tool, by in rows.items()}


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


def ask_peers(python: str | None, images: np.ndarray) -> dict:
    """Run the peers on images; nothing without their interpreter."""
    if python is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.json"
        np.savez(source, images=images)
        run_peer(python, "duplicates", source, target)
        return json.loads(target.read_text())


def run_peer(python: str, what: str, source: Path, target: Path) -> None:
    """Run the peers in their own environment."""
    script = Path(__file__).parent / "peers" / "audit_peers.py"
    done = subprocess.run(
        [python, str(script), what, str(source), str(target)], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"the peers failed: {done.stderr[-2000:]}")


def labels(data: ImageDataset, seeds: int, peers: str | None) -> dict:
    """Average precision of flipped labels, beside cleanlab on the same probabilities, with paired bootstrap intervals."""
    from giemsa.auditing.out_of_fold import predict_out_of_fold
    from giemsa.auditing.pool import Pool

    truth = np.concatenate([split.labels for split in data.splits.values()])
    groups = find_duplicates(pooled(data)).groups
    confused = np.zeros(len(data.class_names), dtype=np.int64)
    rows: dict[str, list] = {"random": [], "most confused": []}
    for seed in range(seeds):
        for kind, scores in rows.items():
            rng = np.random.default_rng([seed, len(kind)])
            given, flipped = flip(truth, len(data.class_names), None if kind == "random" else confused, rng)
            outside = predict_out_of_fold(Pool(relabelled(data, given)), groups, seed=seed).probabilities
            if kind == "random":
                confused = most_confused(truth, outside)
            scores.append(score_labels(given, flipped, outside, peers, rng))
            say(json.dumps({"seed": seed, "kind": kind} | scores[-1]))
    return {kind: {"by_seed": scores, "mean": mean_of(scores)} for kind, scores in rows.items()}


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


def score_labels(
    given: np.ndarray, flipped: np.ndarray, outside: np.ndarray, peers: str | None, rng: np.random.Generator
) -> dict:
    """Return average precision by method, and the gain over cleanlab's default and over its best, with 95 % intervals."""
    wrong = np.isin(np.arange(len(given)), flipped)
    errors = find_label_errors(given, outside)
    scores = {"giemsa": errors.scores} | cleanlab(peers, given, outside)
    precision = {method: float(average_precision_score(wrong, -score)) for method, score in scores.items()}
    result = {
        "average_precision": precision,
        "planted": len(flipped),
        "estimated": errors.estimated_count,
        "suspects": len(errors.suspects),
        "precision_of_suspects": float(wrong[errors.suspects].mean()) if len(errors.suspects) else 0.0,
        "recall_of_suspects": float(np.isin(flipped, errors.suspects).mean()),
    }
    best = max((m for m in scores if m != "giemsa"), key=lambda m: precision[m], default=None)
    for method in {"self_confidence", best} & set(scores):
        gains = []
        for _ in range(200):
            drawn = rng.integers(0, len(given), len(given))
            gains.append(
                average_precision_score(wrong[drawn], -scores["giemsa"][drawn])
                - average_precision_score(wrong[drawn], -scores[method][drawn])
            )
        result[f"gain over {method}"] = np.quantile(gains, [0.025, 0.5, 0.975]).tolist()
    return result


def cleanlab(python: str | None, given: np.ndarray, outside: np.ndarray) -> dict[str, np.ndarray]:
    """Return cleanlab's scores by method."""
    if python is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(source, labels=given, probabilities=outside)
        run_peer(python, "labels", source, target)
        return dict(np.load(target))


def mean_of(scores: list[dict]) -> dict:
    """Return the mean average precision of each method over the seeds."""
    methods = scores[0]["average_precision"]
    return {
        method: float(np.mean([score["average_precision"][method] for score in scores])) for method in methods
    }


def shortcuts(data: ImageDataset, seeds: int, peers: str | None) -> dict:
    """Tint the background of one class by 2 % and look whether the shortcut is claimed and named; then shuffle labels."""
    images, truth = pooled(data), np.concatenate([split.labels for split in data.splits.values()])
    k = len(data.class_names)
    untouched = check_shortcuts(border_features(images), truth, k)
    before = {(tell.feature, tell.label): tell.auc for tell in untouched.tells}
    planted = []
    choices = np.random.default_rng(0).permutation(k * images.shape[-1])
    for seed in range(seeds):
        channel, label = divmod(int(choices[seed]), k)
        check = check_shortcuts(border_features(tint(images, truth == label, channel)), truth, k, seed=seed)
        tell = next((tell for tell in strongest_tells(check.tells) if tell.label == label), None)
        planted.append(
            {
                "class": data.class_names[label],
                "channel": ("red", "green", "blue")[channel] if images.shape[-1] == 3 else "grey",
                "claimed": check.claimed,
                "named": tell.feature if tell else None,
                "background_named": bool(tell and tell.feature.startswith("background")),
                "auc": tell.auc if tell else None,
                "auc_untouched": before.get((tell.feature, label), 0.5) if tell else None,
                "recall": float(check.recalls[label]),
                "recall_untouched": float(untouched.recalls[label]),
                "balanced_accuracy": check.balanced_accuracy,
                "balanced_accuracy_untouched": untouched.balanced_accuracy,
            }
        )
        say(str(planted[-1]))
    rng = np.random.default_rng(99)
    tables = {"background": border_features(images), "colour": colour_features(images)}
    claims = {
        where: sum(check_shortcuts(table, rng.permutation(truth), k, seed=i).claimed for i in range(20))
        for where, table in tables.items()
    }
    say(f"claims on 20 shuffled labellings: {claims}")
    return {"planted": planted, "claims_on_20_shuffled_labellings": claims}


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


def seconds(data: ImageDataset, seeds: int, peers: str | None) -> dict:
    """Wall-clock seconds of the exact search and of the whole audit at each level."""
    from giemsa.auditing.audit import audit

    images = pooled(data)
    result = {
        "exact": clock(lambda: exact_pairs(images)),
        "all duplicates": clock(lambda: find_duplicates(images)),
    }
    for level in ("quick", "short", "thorough"):
        result[level] = clock(lambda: audit(data, quick=level == "quick", thorough=level == "thorough"))  # noqa: B023
        say(f"{level}: {result[level]:.1f} s")
    return result


def clock(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def scaling(data: ImageDataset, seeds: int, peers: str | None) -> dict:
    """Seconds, recall and peak memory by number of images, each size in a process of its own."""
    rows = []
    for n in (12_500, 25_000, 50_000, 100_000, 200_000):
        done = subprocess.run(
            [sys.executable, __file__, "one-size", "--data", str(data.source["data"]), "--seeds", str(n)],
            capture_output=True,
            text=True,
            check=True,
        )
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        say(str(rows[-1]))
    return {"rows": rows}


def one_size(data: ImageDataset, n: int, peers: str | None) -> dict:
    """Search ``n`` made images, blends of two real ones, with 500 planted near copies."""
    rng = np.random.default_rng(n)
    images = pooled(data)
    made = np.empty((n, *images.shape[1:]), dtype=np.uint8)
    for start in range(0, n, 4096):
        size = min(4096, n - start)
        left, right = (images[rng.integers(0, len(images), size)] for _ in range(2))
        made[start : start + size] = (left.astype(np.uint16) + np.rot90(right, axes=(1, 2))) // 2
    sources = rng.choice(n - 500, 500, replace=False)
    for place, source in zip(range(n - 500, n), sources, strict=True):
        made[place] = turned(jpeg(made[source], rng), int(rng.integers(8)))
    del images
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    processor = time.process_time()
    found = find_duplicates(made)
    return {
        "images": n,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "recall": float((found.groups[sources] == found.groups[n - 500 :]).mean()),
        "pairs": len(found.pairs),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "megabytes_before": before / 1024,
    }


# Frame -------------------------------------------------------------------------------------------------------------------------


def pooled(data: ImageDataset) -> np.ndarray:
    """Return the images of all splits."""
    return np.concatenate([split.images for split in data.splits.values()])


def relabelled(data: ImageDataset, given: np.ndarray) -> ImageDataset:
    """Return the data with other labels, in the order of the pool."""
    import dataclasses

    ends = np.cumsum([len(split) for split in data.splits.values()])[:-1]
    parts = np.split(given, ends)
    splits = {
        name: dataclasses.replace(split, labels=part)
        for (name, split), part in zip(data.splits.items(), parts, strict=True)
    }
    return dataclasses.replace(data, **splits)


def read(path: str) -> ImageDataset:
    """Read an official MedMNIST file with the card of its name."""
    from giemsa.data.cards import CARDS

    arrays, name, splits = np.load(path), Path(path).stem, {}
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"].reshape(-1).astype(np.int64)
        images = images if images.ndim == 4 else images[..., None]
        splits[split] = Split(images, labels, PackedAddresses(name, split, len(labels)))
    card: DataCard = CARDS[name]
    return ImageDataset(card, **splits, source={"data": path})


def say(words: str) -> None:
    """Print a line at once."""
    print(words, flush=True)


PARTS = {
    part.__name__.replace("_", "-"): part
    for part in (duplicates, labels, shortcuts, seconds, scaling, one_size)
}


def main() -> None:
    """Run one part and keep its result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--data", required=True)
    parser.add_argument("--peers", help="the peers' python")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    data = read(given.data)
    result = PARTS[given.part](data, given.seeds, given.peers)
    if given.part == "one-size":
        say(json.dumps(result))
        return
    content = json.loads(given.out.read_text()) if given.out.exists() else {}
    content.setdefault(given.part, {})[data.name] = result
    content["machine"] = f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
