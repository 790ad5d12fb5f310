"""Write the tables of the README from the committed results, so that it says what was measured.

    python benchmarks/readme.py

`tests/test_readme.py` fails where the README says anything else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tables import MACHINES, elsewhere, spread

ROOT = Path(__file__).parents[1]
MARKS = ("<!-- {}: begin -->\n", "<!-- {}: end -->\n")
PUBLISHED = {
    "bloodmnist": "ResNet-18 .958 / .998",
    "breastmnist": "ResNet-18 .863 / .901",
    "pneumoniamnist": "ResNet-18 .854 / .944",
    "organamnist": "ResNet-18 .935 / .997",
}
TITLES = {
    "bloodmnist": "BloodMNIST",
    "breastmnist": "BreastMNIST",
    "pneumoniamnist": "PneumoniaMNIST",
    "organamnist": "OrganAMNIST",
}
KERAS = "the same in Keras: .880 / .988 after 708 s (one seed)"


def render(accuracy: dict[str, Any]) -> str:
    """Return the table of ``accuracy.json`` as Markdown."""
    lines = [
        "| recipe, 28x28 | data | training, s | test accuracy, one view | views averaged | AUC | accuracy / AUC elsewhere |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = _shown_rows(accuracy["rows"])
    lines += [_line(name, row) for name, row in rows.items()]
    seeds = sorted({row["test accuracy, one view"]["n"] for row in rows.values()})
    lines += [
        "",
        f"Mean ± sd over {_listed(list(map(str, seeds)), 'or')} seeds; {_places(rows)}; "
        f"torch {accuracy['machine']['versions']['torch'].split('+')[0]}. "
        "Chosen on validation, test read once a training. Published figures: MedMNIST's benchmark table. "
        "`python benchmarks/accuracy.py` measures, [the results](benchmarks/results/accuracy.json) are committed.",
        "",
        _other_machines(accuracy["rows"]),
    ]
    return "\n".join(lines) + "\n"


def _shown_rows(rows: dict[str, Any]) -> dict[str, Any]:
    """Return the rows of the machine that names none, and of data sets that were measured elsewhere only, by their names."""
    own = {name: row for name, row in rows.items() if not elsewhere(name)}
    others = {name.split(", ")[0]: row for name, row in rows.items() if elsewhere(name)}
    return own | {name: row for name, row in others.items() if name in TITLES and name not in own}


def _other_machines(rows: dict[str, Any]) -> str:
    """Say how long the trainings of the recipes take on other machines."""
    seconds = {
        machine: [
            f"{_shown(name.removesuffix(f', {machine}'))} {row['seconds']['mean']:.0f} s"
            for name, row in rows.items()
            if elsewhere(name) == machine and row["recipe"]["name"] in name.split(", ")[0]
        ]
        for machine in MACHINES
    }
    told = [f"{MACHINES[machine]}: {', '.join(each)}" for machine, each in seconds.items() if each]
    return f"On other machines: {'; '.join(told)}."


def _places(rows: dict[str, Any]) -> str:
    """Say what the rows were measured on: where most were, then which of them elsewhere."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, row in rows.items():
        place = row["measured on"].replace("(R)", "").replace(" Processor", "")
        names.setdefault((place, row["precision"]), []).append(name)
    most, *others = sorted(names, key=lambda place: -len(names[place]))
    elsewhere = [f"{_listed(names[other])} on {', '.join(other)}" for other in others]
    return "; ".join([", ".join(most), *elsewhere])


def _listed(names: list[str], word: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def _speed_words(row: dict[str, Any]) -> str:
    """Say what made the seconds fewer or more than on two cores with bfloat16."""
    if row["measured on"].startswith("one "):  # graphics card; a processor is told by its cores
        return " on a GPU"
    return "" if row["precision"] == "bfloat16" else " in float32"


def _shown(name: str) -> str:
    """Return the name of a row, a recipe's name as one types it."""
    recipe, *rest = name.split(" ", 1)
    return " ".join([f"`{recipe}`", *rest]) if recipe in ("fast", "best") or name == "tutorial" else name


def _line(name: str, row: dict[str, Any]) -> str:
    figures = [
        row[f"test {what}"] for what in ("accuracy, one view", "accuracy, views averaged", "AUC, one view")
    ]
    cells = [spread(figure, 4) for figure in figures]
    peer = KERAS if row["recipe"]["name"] == "tutorial" else PUBLISHED[row["data"]]
    seconds = (
        f"{row['seconds']['mean']:.0f}" if row["seconds"]["mean"] >= 10 else f"{row['seconds']['mean']:.1f}"
    )
    seconds += _speed_words(row)
    shown = "`fast`" if name in TITLES else _shown(name)
    return " | ".join(["", shown, TITLES[row["data"]], seconds, *cells, peer, ""]).strip()


def render_audit(audit: dict[str, Any]) -> str:
    """Return what the audit finds in the untouched BloodMNIST, as Markdown, from ``audit.json``."""
    found = audit["untouched"]["bloodmnist"]
    graves = [finding for finding in found["findings"] if finding["severity"] != "note"]
    notes = [finding["title"] for finding in found["findings"] if finding["severity"] == "note"]
    lines = [f"| in the {found['images']:,} images of BloodMNIST | evidence |", "|---|---|"]
    lines += [
        f"| {one['severity']}: {_lowered(one['title'])} | {_cells(one['evidence'])} |" for one in graves
    ]
    lines += ["", f"And to note: {'; '.join(map(_lowered, notes))}."] if notes else []
    lines += [
        "",
        "As it stands, before anything was planted or cleaned: `python benchmarks/audit.py untouched`, "
        "[the results](benchmarks/results/audit.json) are committed.",
        "",
        _planted(audit),
    ]
    return "\n".join(lines) + "\n"


def _planted(audit: dict[str, Any]) -> str:
    """Say what was found of the faults that were planted in BloodMNIST."""
    faults = audit["duplicates"]["bloodmnist"]["giemsa"]
    recall, precision = (
        min(one[f"{what}_worst"] for one in faults.values()) for what in ("recall", "precision")
    )
    labels = audit["labels"]["bloodmnist"]["thorough"]
    seeds = labels["random"]["mean"]["giemsa"]["seeds"]
    ours, peers = {}, {}
    for kind in ("random", "most confused"):
        mean = {method: found["mean"] for method, found in labels[kind]["mean"].items()}
        ours[kind] = mean.pop("giemsa")
        peers[kind] = max(mean.values())
    return (
        f"Of planted duplicates ({', '.join(faults)}) it finds {recall:.1%} at a precision of {precision:.1%}, the worst of "
        f"{seeds} seeds. A twentieth of wrong labels it ranks with an average precision of {ours['random']:.3f} where they are "
        f"spread evenly and {ours['most confused']:.3f} where they go to the class most often confused; the best of cleanlab's "
        f"scores, from the same probabilities, reach {peers['random']:.3f} and {peers['most confused']:.3f}. "
        "[All figures](benchmarks/README.md)."
    )


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]


def _cells(words: str) -> str:
    return words.split(" What gives away most")[0].replace("|", "\\|")


def written(readme: str, name: str, table: str) -> str:
    """Return the README with the table between the marks of that name."""
    begin, end = (mark.format(name) for mark in MARKS)
    before, rest = readme.split(begin)
    return before + begin + table + end + rest.split(end)[1]


def main() -> None:
    """Write the README anew."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, file, render_one in (("measured", "accuracy", render), ("audit", "audit", render_audit)):
        results = json.loads((ROOT / "benchmarks" / "results" / f"{file}.json").read_text(encoding="utf-8"))
        text = written(text, name, render_one(results))
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
