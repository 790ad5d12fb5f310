"""The figures that the pages quote are those of the committed results, the version that of the constraints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
QUESTIONS = (ROOT / "docs/howto/questions.md").read_text(encoding="utf-8")
OWN_IMAGES = (ROOT / "docs/howto/own-images.md").read_text(encoding="utf-8")
WORDS = {1.5: "one and a half", 2: "two", 4: "four", 5: "five", 10: "ten", 11: "eleven", 12: "twelve"}


def rows(name: str) -> dict[str, Any]:
    return json.loads((ROOT / f"benchmarks/results/{name}.json").read_text(encoding="utf-8"))["rows"]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("page", ["README.md", "docs/howto/questions.md"])
def test_the_minutes_of_a_whole_run_are_those_that_were_measured(page: str) -> None:
    minutes = sorted(round(row["in all"]["mean"] / 30) / 2 for row in rows("whole").values())
    assert len(minutes) >= 2
    said = f"{WORDS[minutes[0]]} to {WORDS[minutes[-1]]} minutes"
    assert said in flat((ROOT / page).read_text(encoding="utf-8"))


def test_the_seconds_of_an_epoch_are_those_that_were_measured() -> None:
    measured = rows("scaling")
    seconds = {
        side: measured[f"1000 images, {side} pixels, 2 threads"]["seconds"] for side in (28, 64, 128, 224)
    }
    said = [f"{value:.0f} s at {side}" for side, value in seconds.items() if side > 28]
    assert f"takes {seconds[28]:.1f} s at 28 pixels a side, {said[0]}, {said[1]} and {said[2]};" in flat(
        QUESTIONS
    )
    times = WORDS[round(seconds[224] / seconds[64])]
    assert f"at 224 an epoch takes {times} times as long as at 64" in flat(OWN_IMAGES)


def test_what_remedies_bring_against_other_light_is_what_was_measured() -> None:
    measured = rows("robustness")
    before, by_image, slight, stronger = (
        f"{measured[f'convnet, 8 epochs, standardised by {how}']['all shifts']['mean']:.2f}"[1:]
        for how in (
            "data, colour jitter 0",
            "image, colour jitter 0",
            "data, colour jitter 0.05",
            "data, colour jitter 0.15",
        )
    )
    said = f"from {before} to {by_image} (the slight jitter to {slight}, the stronger one to {stronger})"
    assert said in flat(OWN_IMAGES)


def test_the_version_of_pytorch_is_that_of_the_constraints() -> None:
    said = re.findall(r"torch==[\d.]+", QUESTIONS)
    assert said
    assert set(said) <= set((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
