"""Write the table of the README from the committed results, so that it says what was measured.

    python benchmarks/readme.py

`tests/test_readme.py` fails where the README says anything else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
PUBLISHED = {
    "bloodmnist": "ResNet-18 .958 / .998",
    "breastmnist": "ResNet-18 .863 / .901",
    "pneumoniamnist": "ResNet-18 .854 / .944",
}
TITLES = {"bloodmnist": "BloodMNIST", "breastmnist": "BreastMNIST", "pneumoniamnist": "PneumoniaMNIST"}
KERAS = "the same in Keras: .880 / .988 after 708 s (one seed)"


def render(accuracy: dict[str, Any]) -> str:
    """Return the table of ``accuracy.json`` as Markdown."""
    lines = [
        "| recipe, 28x28 | data | training, s | test accuracy, one view | views averaged | AUC | accuracy / AUC elsewhere |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_line(name, row) for name, row in accuracy["rows"].items()]
    machine = accuracy["machine"]
    seeds = sorted({row["seconds"]["n"] for row in accuracy["rows"].values()})
    lines += [
        "",
        f"Mean ± sd over {' or '.join(map(str, seeds))} seeds; {machine['cores']} cores of an "
        f"{_plain(machine['processor'])}, no GPU, torch {machine['versions']['torch'].split('+')[0]}; "
        "other work ran on the machine, so the seconds are upper bounds. "
        "Chosen on validation, test read once a training. Published figures: MedMNIST's benchmark table. "
        "`python benchmarks/accuracy.py` measures, [the results](benchmarks/results/accuracy.json) are committed.",
    ]
    return "\n".join(lines) + "\n"


def _plain(processor: str) -> str:
    return processor.replace("(R)", "").replace(" Processor", "")


def _line(name: str, row: dict[str, Any]) -> str:
    figures = [
        row[f"test {what}"] for what in ("accuracy, one view", "accuracy, views averaged", "AUC, one view")
    ]
    cells = [f"{figure['mean']:.4f} ± {figure['sd']:.4f}" for figure in figures]
    elsewhere = KERAS if row["recipe"]["name"] == "tutorial" else PUBLISHED[row["data"]]
    seconds = (
        f"{row['seconds']['mean']:.0f}" if row["seconds"]["mean"] >= 10 else f"{row['seconds']['mean']:.1f}"
    )
    shown = f"`{name}`" if name in ("fast", "best", "tutorial") else name
    shown = "`fast`" if name in TITLES else shown
    return " | ".join(["", shown, TITLES[row["data"]], seconds, *cells, elsewhere, ""]).strip()


def written(readme: str, table: str) -> str:
    """Return the README with the table between its marks."""
    before, rest = readme.split(BEGIN)
    return before + BEGIN + table + END + rest.split(END)[1]


def main() -> None:
    """Write the README anew."""
    path = ROOT / "README.md"
    accuracy = json.loads((ROOT / "benchmarks" / "results" / "accuracy.json").read_text(encoding="utf-8"))
    path.write_text(written(path.read_text(encoding="utf-8"), render(accuracy)), encoding="utf-8")


if __name__ == "__main__":
    main()
