"""Write the tables of `benchmarks/README.md` from the JSON in `benchmarks/results`.

    python benchmarks/tables.py [--check]

A table stands between `<!-- NAME -->` and `<!-- end -->`. With `--check` nothing is written, and the exit status is 1 where the
page does not say what the JSON says.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scipy.stats import t

HERE = Path(__file__).parent
Rows = dict[str, dict[str, Any]]
MACHINES = {
    "Zen 4": "two cores of an AMD EPYC with bfloat16 but without a matrix extension (Zen 4)",
    "Zen 3": "two cores of one without bfloat16 (Zen 3)",
    "H200": "one NVIDIA H200",
}


def elsewhere(name: str) -> str | None:
    """Return which of ``MACHINES`` a row was measured on, as the end of its name says; ``None``: on that of the other rows.

    Examples
    --------
    >>> elsewhere("fast, Zen 4"), elsewhere("fast")
    ('Zen 4', None)
    """
    last = name.rpartition(", ")[2]
    return last if last in MACHINES else None


def spread(result: dict[str, Any] | None, digits: int) -> str:
    """Return ``mean ± sd`` of a summary, without a leading zero for shares."""
    if result is None:
        return ""
    text = f"{result['mean']:.{digits}f}"
    return text if result["sd"] is None else f"{text} ± {result['sd']:.{digits}f}"


def accuracy(rows: Rows) -> Iterator[list[str]]:
    """Recipes, seconds, and scores on test."""
    yield [
        "row",
        "seeds",
        "seconds",
        "ACC, one view",
        "ACC, views averaged",
        "AUC, one view",
        "to be reached",
    ]
    for name, row in rows.items():
        scores = [
            row["test accuracy, one view"],
            row["test accuracy, views averaged"],
            row["test AUC, one view"],
        ]
        seconds = row["seconds"]
        yield [
            name,
            str(scores[0]["n"]),
            spread(seconds, 1),
            *(spread(one, 4) for one in scores),
            row["reach"],
        ]


def train_speed(rows: Rows) -> Iterator[list[str]]:
    """Seconds of an epoch."""
    yield ["tutorial recipe", "seconds an epoch", "share of Keras"]
    for name, row in rows.items():
        yield [name, spread(row["seconds an epoch"], 2), f"{row.get('share of Keras', 1):.2f}"]


def inference(rows: Rows) -> Iterator[list[str]]:
    """Images a second."""
    yield ["", "images a second"]
    for name, row in rows.items():
        yield [name, spread(row["images a second"], 0)]


def scaling(rows: Rows) -> Iterator[list[str]]:
    """Seconds and memory of an epoch, and images predicted a second."""
    yield [
        "images, side, threads",
        "seconds",
        "nanoseconds a pixel",
        "predicted a second",
        "peak MB",
        "own memory at the end, MB",
    ]
    for name, row in rows.items():
        pixels = row["images"] * row["size"] ** 2
        own = f"{row['own MB']:.0f}" if row["own MB"] else ""
        cells = [
            f"{row['seconds'] / pixels * 1e9:.0f}",
            f"{row['predicted a second']:.0f}",
            f"{row['peak MB']:.0f}",
            own,
        ]
        yield [name, f"{row['seconds']:.2f}", *cells]


def whole(rows: Rows) -> Iterator[list[str]]:
    """Seconds of the stages of `giemsa run`."""
    columns = ("in all", "explore", "audit", "train", "evaluate", "interpret", "report")
    yield ["seconds of", *columns]
    for name, row in rows.items():
        yield [f"`giemsa run`{name.removeprefix('giemsa run')}", *(spread(row[one], 1) for one in columns)]


def memory(rows: Rows) -> Iterator[list[str]]:
    """Peak memory of `giemsa train`."""
    yield ["recipe", "peak MB", "to be reached"]
    for name, row in rows.items():
        yield [name, str(row["peak MB"]), str(row["reach"] or "")]


def waiting(rows: Rows) -> Iterator[list[str]]:
    """Milliseconds of a piece of work, alone and beside another program."""
    ways = ("a part a thread", "all threads, awake", "all threads, asleep")
    columns = [f"{way}, {place}" for place in ("alone", "two side by side") for way in ways]
    yield ["milliseconds of", *columns]
    for name, row in rows.items():
        yield [name, *(spread(row.get(column), 1) for column in columns)]


def ablation(rows: Rows) -> Iterator[list[str]]:
    """One change at a time."""
    scores = ["accuracy, one view", "accuracy, views averaged", "log loss, one view"]
    yield [
        "change", "processor seconds", "ACC, one view", "ACC, views averaged", "log loss, one view",
        "ACC, one view, against `fast`", "log loss, one view, against `fast`",
    ]  # fmt: skip
    for name, row in rows.items():
        against = [difference(row[score], rows["fast"][score], 4) for score in (scores[0], scores[2])]
        yield [
            name,
            spread(row["processor seconds"], 0),
            *(spread(row[score], 4) for score in scores),
            *(against if name != "fast" else ["", ""]),
        ]


def difference(one: dict[str, Any], other: dict[str, Any], digits: int) -> str:
    """Return the mean difference of two summaries, seed by seed, and half of its 95 % interval (Student's)."""
    differences = [mine - yours for mine, yours in zip(one["values"], other["values"], strict=True)]
    half = t.ppf(0.975, len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))
    return f"{statistics.fmean(differences):+z.{digits}f} ± {half:.{digits}f}"


def robustness(rows: Rows) -> Iterator[list[str]]:
    """Balanced accuracy under shifts."""
    shifts = ["darker", "brighter", "less contrast", "saturation", "paler", "stain shift"]
    yield ["training", "clean ACC", "all shifts", *shifts]
    for name, row in rows.items():
        yield [
            name,
            spread(row["clean accuracy"], 4),
            *(spread(row[one], 3) for one in ["all shifts", *shifts]),
        ]


def small_sets(rows: Rows) -> Iterator[list[str]]:
    """Ways to learn from few images, with right labels and with wrong ones."""
    yield [
        "`fast` on",
        "images a step",
        "seconds",
        "ACC",
        "log loss",
        "ACC, a tenth of the labels wrong",
        "log loss, a tenth wrong",
        "the audit: seconds",
        "average precision of wrong labels",
    ]
    scores = ["accuracy", "log loss", "accuracy, wrong labels", "log loss, wrong labels"]
    for name, row in rows.items():
        yield [
            name,
            str(row["batch size"]),
            spread(row["seconds"], 0),
            *(spread(row[score], 3) for score in scores),
            spread(row["seconds of the audit"], 0),
            spread(row["average precision"], 3),
        ]


def symmetry(rows: Rows) -> Iterator[list[str]]:
    """Choices of the trial of symmetries, and the losses that it chose by."""
    kinds = ("none", "mirror", "mirror and quarter turns")
    yield ["set", "its card, or what was planted", "chosen", *(f"loss, {kind}" for kind in kinds), "seconds"]
    for name, row in rows.items():
        chosen = ", ".join(f"{kind}: {row['chosen'][kind]}" for kind in kinds if kind in row["chosen"])
        losses = [spread(row["loss"][kind], 3) for kind in kinds]
        yield [name, row["known"], chosen, *losses, spread(row["seconds"], 0)]


def evaluation(rows: Rows) -> Iterator[list[str]]:
    """Calibration, prediction sets, foreign images."""
    yield ["on the test split", "seeds", "mean ± sd"]
    for name, row in rows.items():
        text = spread(row, 2 if name.endswith("%") else 4)
        yield [name, str(row["n"]), "over 0.9999" if text.startswith("1.0000") and row["mean"] < 1 else text]


def intervals(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Coverage of the 95 % intervals."""
    yield ["accuracy", "images", "test sets", "score", "giemsa, %", "percentile bootstrap, %"]
    both = {(row["accuracy"], row["n"], row["score"], row["method"]): row for row in rows}
    for accuracy, n, score, method in both:
        if method == "giemsa":
            shown = [both[accuracy, n, score, one] for one in ("giemsa", "percentile")]
            covered = [f"{100 * one['coverage']:.1f} ± {100 * one['standard_error']:.1f}" for one in shown]
            name = score.replace("_", " ")
            yield [str(accuracy), str(n), str(shown[0]["test_sets"]), name, *covered]


def intervals_of_groups(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Coverage of the 95 % intervals by the number of patients, over accuracies and correlations within patients."""
    kinds = {"giemsa": "giemsa", "percentile": "percentile bootstrap"}
    yield [
        "patients",
        "score",
        *(f"{kind}, {part}" for kind in kinds.values() for part in ("lowest, mean %", "width")),
    ]
    cells: dict[tuple[int, str], dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        cells.setdefault((row["patients"], row["score"]), {}).setdefault(row["method"], []).append(row)
    for (patients, score), methods in cells.items():
        line = [str(patients), score.replace("_", " ")]
        for kind in kinds:
            covered = [100 * row["coverage"] for row in methods[kind]]
            width = statistics.fmean(row["mean_width"] for row in methods[kind])
            line += [f"{min(covered):.1f}, {statistics.fmean(covered):.1f}", f"{width:.3f}"]
        yield line


def interpretation(rows: Rows) -> Iterator[list[str]]:
    """Made images, maps and their checks, each beside a peer."""
    yield ["what", "giemsa", "peer or chance", "to be reached"]
    if "maximisation" in rows:
        tools = rows["maximisation"]["tools"]
        seconds = {
            name: f"{tools[name]['seconds for all classes']:.1f} s"
            for name in tools
            if name != "times as fast"
        }
        yield [
            "an image made for each of 8 classes, 200 steps",
            seconds["giemsa"],
            f"tf-keras-vis {seconds.get('tf-keras-vis', 'not run')}",
            "ten times as fast",
        ]
    for pair, found in rows.get("transfer", {}).get("median", {}).items():
        least = min(found["second network"].values())
        raw = min(found["second, no temperature"].values())
        yield [
            f"probability that a second network gives, the least of 8 classes ({pair})",
            f"{least:.3f} ({raw:.3f} without temperature)",
            "",
            ".95",
        ]
    if "pointing" in rows:
        scores = rows["pointing"]["scores"]
        for name in [one for one in scores if one not in ("random", "centre")]:
            low, high = scores[name]["low"], scores[name]["high"]
            chance = f"random {scores['random']['value']:.3f}, centre {scores['centre']['value']:.3f}"
            value = f"{scores[name]['value']:.3f} [{low:.3f}, {high:.3f}]"
            yield [f"pointing game, {name.replace('_', ' ')}", value, chance, ".80, the best method"]
    if "completeness" in rows:
        ours, theirs = rows["completeness"]["gap as a fraction of the difference"].values()
        floored = "largest, of 0.1 where the difference is less"
        shown = (("", ours), ("captum, 50 steps: ", theirs))
        yield [
            "integrated gradients, largest gap as a share of the difference, or of 0.1 logits where that is less"
            " (of any difference)",
            *(f"{who}{one[floored]:.2%} ({one['largest']:.2%})" for who, one in shown),
            "1 %",
        ]
    if "grad-cam" in rows:
        seconds = rows["grad-cam"]["seconds"]
        yield [
            "Grad-CAM of 1,000 images",
            f"{seconds['giemsa']:.2f} s",
            f"captum {seconds['captum']:.2f} s",
            "3 s",
        ]


def audit_duplicates(content: Rows) -> Iterator[list[str]]:
    """Planted duplicates by tool and fault: recall and precision, the worst seed."""
    sets = content["duplicates"]
    faults = list(next(iter(sets.values()))["giemsa"])
    yield ["set", "tool", *faults]
    for data, tools in sets.items():
        for tool, found in tools.items():
            cells = [
                f"{found[one]['recall_worst']:.3f} / {found[one]['precision_worst']:.3f}" for one in faults
            ]
            yield [data, tool, *cells]


def audit_labels(content: Rows) -> Iterator[list[str]]:
    """Average precision of flipped labels, giemsa beside the best of cleanlab's methods."""
    yield [
        "set",
        "level",
        "labels flipped to",
        "seeds",
        "giemsa, mean (lowest)",
        "cleanlab, its best",
        "self-confidence",
    ]
    for data, levels in content["labels"].items():
        for level, kinds in levels.items():
            for kind, named in (("random", "any other class"), ("most confused", "the class most confused")):
                if kind not in kinds:
                    continue
                mean = kinds[kind]["mean"]
                peers = {method: found for method, found in mean.items() if method != "giemsa"}
                best = max(peers, key=lambda method: peers[method]["mean"])
                yield [
                    data,
                    level,
                    named,
                    str(mean["giemsa"]["seeds"]),
                    f"{mean['giemsa']['mean']:.3f} ({mean['giemsa']['lowest']:.3f})",
                    f"{peers[best]['mean']:.3f}, {best.replace('_', ' ')}",
                    f"{peers['self_confidence']['mean']:.3f}",
                ]


def audit_shortcuts(content: Rows) -> Iterator[list[str]]:
    """Planted tints, found and named; claims on shuffled labels."""
    yield [
        "set",
        "tinted",
        "claimed",
        "background named",
        "claims on 20 shuffled labellings: background, colour",
    ]
    for data, found in content["shortcuts"].items():
        planted, claims = found["planted"], found["claims_on_20_shuffled_labellings"]
        yield [
            data,
            str(len(planted)),
            str(sum(one["claimed"] for one in planted)),
            str(sum(one["background_named"] for one in planted)),
            f"{claims['background']}, {claims['colour']}",
        ]


def audit_seconds(content: Rows) -> Iterator[list[str]]:
    """Seconds of the searches and of the audit at each level."""
    yield ["set", "what", "seconds", "to be reached"]
    reach = {"exact": "2", "quick": "30", "short": "35", "thorough": "120"}
    for data, found in content["seconds"].items():
        for name, seconds in found.items():
            if name != "machine":
                yield [data, name, f"{seconds:.1f}", reach.get(name, "")]


def audit_scaling(content: Rows) -> Iterator[list[str]]:
    """Seconds and memory by number of images."""
    yield ["images", "processor seconds", "microseconds an image and doubling", "recall", "peak MB"]
    for found in content["scaling"].values():
        for row in found["rows"]:
            n = row["images"]
            unit = row["processor_seconds"] / (n * math.log2(n)) * 1e6
            cells = [f"{row['processor_seconds']:.1f}", f"{unit:.1f}", f"{row['recall']:.3f}"]
            yield [f"{n:,}", *cells, f"{row['peak_megabytes']:.0f}"]


def tried(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Prototypes."""
    yield ["network", "choices", "epochs", "ACC, one view", "views averaged", "log loss, one view"]
    for row in rows:
        scores = [f"{row[f'accuracy, {kind}']:.4f}" for kind in ("one view", "views averaged")]
        yield [
            row["network"],
            row["choices"],
            str(row["epochs"]),
            *scores,
            f"{row['log loss, one view']:.4f}",
        ]


def held_out(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Later prototypes, on more images held out."""
    yield [
        "choices",
        "epochs",
        "processor seconds",
        "ACC, one view",
        "views averaged",
        "log loss, views averaged",
    ]
    for row in rows:
        seconds = row["processor seconds"]
        found = [row[f"accuracy, {kind}"] for kind in ("one view", "views averaged")]
        scores = ["" if one is None else f"{one:.4f}" for one in found]
        log_loss = f"{row['log loss, views averaged']:.4f}"
        yield [row["choices"], str(row["epochs"]), f"{seconds:.0f}" if seconds else "", *scores, log_loss]


def folds(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Trials in which every image of train and val is held out once."""
    yield ["choices", "epochs", "seeds", "ACC, one view", "wrong of 13,671", "log loss, views averaged"]
    for row in rows:
        accuracy, loss = row["accuracy, one view"], row["log loss, views averaged"]
        yield [
            row["choices"],
            str(row["epochs"] or ""),
            str(row.get("seeds", 1)),
            "" if accuracy is None else f"{accuracy:.4f}",
            f"{row['wrong, views averaged']:.0f}",
            "" if loss is None else f"{loss:.4f}",
        ]


def built_in_symmetry(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    """Networks that answer alike in every view, beside those that learn to."""
    scores = ("accuracy, one view", "accuracy, views averaged", "accuracy, views built in")
    losses = ("log loss, views averaged", "log loss, views built in")
    yield ["network", "epochs", "judging images", "seeds", *scores, *losses]
    for row in rows:
        cells = ["" if row[name] is None else f"{row[name]:.4f}" for name in scores + losses]
        yield [
            row["network"],
            str(row["epochs"] or ""),
            f"{row['judging images']:,}",
            str(row["seeds"]),
            *cells,
        ]


TABLES: dict[str, Callable[..., Iterator[list[str]]]] = {
    "accuracy": accuracy,
    "train_speed": train_speed,
    "inference": inference,
    "scaling": scaling,
    "memory": memory,
    "whole": whole,
    "waiting": waiting,
    "ablation": ablation,
    "robustness": robustness,
    "small_sets": small_sets,
    "symmetry": symmetry,
    "evaluation": evaluation,
    "intervals": intervals,
    "intervals_of_groups": intervals_of_groups,
    "interpretation": interpretation,
    "tried": tried,
    "held_out": held_out,
    "folds": folds,
    "built_in_symmetry": built_in_symmetry,
    "audit_duplicates": audit_duplicates,
    "audit_labels": audit_labels,
    "audit_shortcuts": audit_shortcuts,
    "audit_seconds": audit_seconds,
    "audit_scaling": audit_scaling,
}


def render(name: str) -> str:
    """Return the table ``name`` in Markdown, empty where it was not measured."""
    path = HERE / "results" / f"{'audit' if name.startswith('audit') else name}.json"
    if not path.exists():
        return "Not measured yet.\n"
    content = json.loads(path.read_text(encoding="utf-8"))
    head, *lines = TABLES[name](content.get("rows", content))
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * len(head), *lines])


def fill(page: str) -> str:
    """Return the page with every table written anew."""
    for name in TABLES:
        opening = f"<!-- {name} -->\n"
        before, found, rest = page.partition(opening)
        if found:
            page = before + opening + render(name) + "<!-- end -->" + rest.partition("<!-- end -->")[2]
    return page


def main() -> None:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where stale")
    options = parser.parse_args()
    path = HERE / "README.md"
    page = path.read_text(encoding="utf-8")
    if options.check:
        sys.exit(int(fill(page) != page))
    path.write_text(fill(page), encoding="utf-8")


if __name__ == "__main__":
    main()
