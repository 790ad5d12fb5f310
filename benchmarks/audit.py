"""Does the audit find planted faults, and who else does?

Plants faults of known place (`audit_faults.py`) in BloodMNIST and PneumoniaMNIST and sets `giemsa` beside imagehash, cleanvision
and cleanlab, which run in an environment of their own (`benchmarks/peers/audit-requirements.txt`). Pairs that were there before
planting count as neither right nor wrong.

    python benchmarks/audit.py --data bloodmnist FOLDER/pneumoniamnist.npz --peers PEERS/bin/python
    python benchmarks/audit.py labels seconds --levels short          (some parts only)

Parts: untouched, duplicates, labels, shortcuts, seconds, scaling. Each is kept in `benchmarks/results/audit.json` as soon as it
is there (labels after each training), beside what stands there already; label trainings that stand there are not repeated without
`--again`. On two cores, in minutes: untouched 2, duplicates 10, labels 6 a seed for both levels, shortcuts 1, seconds 3,
scaling 3. Only seconds and scaling need an idle machine; they look at the first set alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import machine
import numpy as np
from audit_faults import (
    flip,
    jpeg,
    most_confused,
    plant_duplicates,
    score_pairs,
    summary,
    tint,
    turned,
)
from sklearn.metrics import average_precision_score

import giemsa
from giemsa.auditing.audit import EPOCHS, FOLDS, audit
from giemsa.auditing.duplicates import exact_pairs, find_duplicates
from giemsa.auditing.label_errors import find_label_errors
from giemsa.auditing.out_of_fold import predict_out_of_fold
from giemsa.auditing.pool import Pool
from giemsa.auditing.shortcuts import check_shortcuts, strongest_tells
from giemsa.auditing.surroundings import border_features, colour_features
from giemsa.data.dataset import SPLITS, DataCard, ImageDataset, PackedAddresses, Split

OUT = Path(__file__).parent / "results" / "audit.json"
PEER_SEEDS = 1  # their hashes do not depend on chance, and take ten times as long
KINDS = ("random", "most confused")
SIZES = (12_500, 25_000, 50_000, 100_000, 200_000)


@dataclass(frozen=True)
class Bench:
    """What was asked for on the command line, and the file that results are kept in."""

    sets: tuple[ImageDataset, ...]
    seeds: range
    peers: str | None
    levels: tuple[str, ...]
    out: Path
    again: bool

    def kept(self, *keys: str) -> Any:
        """Return what stands under keys within keys; ``None`` where nothing does."""
        value = json.loads(self.out.read_text(encoding="utf-8")) if self.out.exists() else {}
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def keep(self, value: Any, *keys: str) -> None:
        """Write a value under keys within keys, with its day and code under ``measured``; all else stays."""
        content = self.kept() or {}
        measured = {"date": datetime.now(UTC).date().isoformat(), "code": machine.code()}
        content.setdefault("measured", {})[" / ".join(keys)] = measured
        inner = content
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[keys[-1]] = value
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# Parts -------------------------------------------------------------------------------------------------------------------------


def untouched(bench: Bench) -> None:
    """Audit the sets as they are, before anything is planted."""
    for data in bench.sets:
        report = audit(data, thorough=True)
        content = report.to_json()
        findings = [
            {key: finding[key] for key in ("severity", "kind", "title", "evidence") if key in finding}
            for finding in content["findings"]
        ]
        say(str(report))
        found = {"level": report.level, "images": len(report.pool), "findings": findings}
        bench.keep(found, "untouched", data.name)


def duplicates(bench: Bench) -> None:
    """Recall and precision by tool and fault, the mean and the worst over the seeds."""
    for data in bench.sets:
        images = pooled(data)
        rows: dict[str, dict[str, list]] = {}
        before = {"giemsa": find_duplicates(images).pairs}
        before |= {tool: np.array(found["pairs"]) for tool, found in ask_peers(bench.peers, images).items()}
        for seed in bench.seeds:
            copies, sources, faults = plant_duplicates(images, seed)
            everything = np.concatenate([images, copies])
            tools = {"giemsa": {"pairs": find_duplicates(everything, seed=seed).pairs.tolist()}}
            tools |= ask_peers(bench.peers if seed < PEER_SEEDS else None, everything)
            for tool, found in tools.items():
                known = set(map(tuple, before[tool].tolist()))
                for fault, scores in score_pairs(found["pairs"], known, sources, faults, len(images)).items():
                    rows.setdefault(tool, {}).setdefault(fault, []).append(scores)
                told = ", ".join(f"{f} {r[-1][0]:.3f}/{r[-1][1]:.3f}" for f, r in rows[tool].items())
                say(f"{data.name} seed {seed} {tool}: {told}")
        result = {tool: {f: summary(scores) for f, scores in by.items()} for tool, by in rows.items()}
        bench.keep(result, "duplicates", data.name)


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


def labels(bench: Bench) -> None:
    """Average precision of flipped labels, beside cleanlab on the same probabilities, with paired bootstrap intervals."""
    for data in bench.sets:
        truth = np.concatenate([split.labels for split in data.splits.values()])
        for level in bench.levels:
            groups = find_duplicates(pooled(data)).groups
            for seed in bench.seeds:
                for kind in KINDS if len(data.class_names) > 2 else KINDS[:1]:
                    where = ("labels", data.name, level, kind)
                    if bench.kept(*where, "by_seed", str(seed)) and not bench.again:
                        continue
                    towards = bench.kept("labels", data.name, level, "most confused classes")
                    rng = np.random.default_rng([seed, len(kind)])
                    random = kind == "random"
                    given, flipped = flip(
                        truth, len(data.class_names), None if random else np.array(towards), rng
                    )
                    outside = predict_out_of_fold(
                        Pool(relabelled(data, given)),
                        groups,
                        folds=FOLDS,
                        epochs=EPOCHS[level],
                        seed=seed,
                    ).probabilities
                    if random and (towards is None or bench.again):
                        found = most_confused(truth, outside).tolist()
                        bench.keep(found, "labels", data.name, level, "most confused classes")
                    score = score_labels(given, flipped, outside, bench.peers, rng)
                    bench.keep(score, *where, "by_seed", str(seed))
                    bench.keep(mean_of(bench.kept(*where, "by_seed")), *where, "mean")
                    say(json.dumps({"data": data.name, "level": level, "kind": kind, "seed": seed} | score))


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


def mean_of(by_seed: dict[str, dict]) -> dict:
    """Return mean and lowest average precision of each method over the seeds."""
    scores = [score["average_precision"] for score in by_seed.values()]
    return {
        method: {
            "mean": float(np.mean([score[method] for score in scores])),
            "lowest": float(min(score[method] for score in scores)),
            "seeds": len(scores),
        }
        for method in scores[0]
    }


def shortcuts(bench: Bench) -> None:
    """Tint the background of one class by 2 % and look whether the shortcut is claimed and named; then shuffle labels."""
    for data in bench.sets:
        images, truth = pooled(data), np.concatenate([split.labels for split in data.splits.values()])
        k = len(data.class_names)
        result = {
            "planted": [planted_shortcut(data, images, truth, where) for where in choose_tints(data, bench)],
            "claims_on_20_shuffled_labellings": shuffled_claims(images, truth, k),
        }
        say(f"{data.name}: {result}")
        bench.keep(result, "shortcuts", data.name)


def choose_tints(data: ImageDataset, bench: Bench) -> list[tuple[int, int, int]]:
    """Return a seed, a class and a channel for each seed; all differ."""
    k = len(data.class_names)
    choices = np.random.default_rng(0).permutation(k * data.image_shape[2]).tolist()
    return [(seed, choice % k, choice // k) for seed, choice in zip(bench.seeds, choices, strict=False)]


def planted_shortcut(
    data: ImageDataset, images: np.ndarray, truth: np.ndarray, where: tuple[int, int, int]
) -> dict:
    """Tint one class in one channel, and return what is claimed of its background."""
    seed, label, channel = where
    k = len(data.class_names)
    untinted = check_shortcuts(border_features(images), truth, k, seed=seed)
    check = check_shortcuts(border_features(tint(images, truth == label, channel)), truth, k, seed=seed)
    tell = next((tell for tell in strongest_tells(check.tells) if tell.label == label), None)
    return {
        "class": data.class_names[label],
        "channel": ("red", "green", "blue")[channel] if images.shape[-1] == 3 else "grey",
        "claimed": check.claimed,
        "named": tell.feature if tell else None,
        "background_named": bool(tell and tell.feature.startswith("background")),
        "auc": tell.auc if tell else None,
        "recall": float(check.recalls[label]),
        "recall_untouched": float(untinted.recalls[label]),
        "balanced_accuracy": check.balanced_accuracy,
        "balanced_accuracy_untouched": untinted.balanced_accuracy,
    }


def shuffled_claims(images: np.ndarray, truth: np.ndarray, k: int) -> dict[str, int]:
    """Return how often a shortcut is claimed on 20 shuffled labellings."""
    rng = np.random.default_rng(99)
    tables = {"background": border_features(images), "colour": colour_features(images)}
    return {
        where: sum(check_shortcuts(table, rng.permutation(truth), k, seed=i).claimed for i in range(20))
        for where, table in tables.items()
    }


def seconds(bench: Bench) -> None:
    """Wall-clock seconds of the exact search and of the whole audit at each level."""
    data = bench.sets[0]
    images = pooled(data)
    result: dict[str, Any] = {"machine": machine.describe()}
    result["exact"] = clock(lambda: exact_pairs(images))
    result["all duplicates"] = clock(lambda: find_duplicates(images))
    for level in ("quick", "short", "thorough"):
        how = {"quick": level == "quick", "thorough": level == "thorough"}
        result[level] = clock(lambda: audit(data, **how))  # noqa: B023
        say(f"{level}: {result[level]:.1f} s")
    bench.keep(result, "seconds", data.name)


def clock(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def scaling(bench: Bench) -> None:
    """Seconds, recall and peak memory by number of images, each size in a process of its own."""
    data = bench.sets[0]
    rows = []
    for n in SIZES:
        command = [sys.executable, __file__, "--one-size", str(n), "--data", str(data.source["given"])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        say(str(rows[-1]))
        bench.keep({"machine": machine.describe(), "rows": rows}, "scaling", data.name)


def one_size(data: ImageDataset, n: int) -> dict:
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
    ends = np.cumsum([len(split) for split in data.splits.values()])[:-1]
    parts = np.split(given, ends)
    splits = {
        name: dataclasses.replace(split, labels=part)
        for (name, split), part in zip(data.splits.items(), parts, strict=True)
    }
    return dataclasses.replace(data, **splits)


def read(given: str) -> ImageDataset:
    """Return a set by its name, or from an official MedMNIST file with the card of its name."""
    from giemsa.data.cards import CARDS

    if not given.endswith(".npz"):
        return dataclasses.replace(giemsa.load(given), source={"given": given})
    arrays, name, splits = np.load(given), Path(given).stem, {}
    for split in SPLITS:
        images, truth = arrays[f"{split}_images"], arrays[f"{split}_labels"].reshape(-1).astype(np.int64)
        images = images if images.ndim == 4 else images[..., None]
        splits[split] = Split(images, truth, PackedAddresses(name, split, len(truth)))
    card: DataCard = CARDS[name]
    return ImageDataset(card, **splits, source={"given": given})


def say(words: str) -> None:
    """Print a line at once."""
    print(words, flush=True)


PARTS = {part.__name__: part for part in (untouched, duplicates, labels, shortcuts, seconds, scaling)}


def main() -> None:
    """Run some parts, or all, and keep their results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--data", nargs="+", default=["bloodmnist"], help="names, or official .npz files")
    parser.add_argument("--peers", help="the peers' python")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--levels", nargs="+", choices=list(EPOCHS), default=list(EPOCHS), help="of labels")
    parser.add_argument("--again", action="store_true", help="repeat label trainings that are kept")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--one-size", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    sets = tuple(read(name) for name in given.data)
    if given.one_size:
        say(json.dumps(one_size(sets[0], given.one_size)))
        return
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    bench = Bench(sets, seeds, given.peers, tuple(given.levels), given.out, given.again)
    for name in given.parts or PARTS:
        start = time.perf_counter()
        PARTS[name](bench)
        say(f"{name}: {time.perf_counter() - start:.0f} s")
    bench.keep(machine.describe(), "machine")


if __name__ == "__main__":
    main()
