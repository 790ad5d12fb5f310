"""The evaluation's tables beyond the scores: handing over, foreign images, worsened images, groups of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from giemsa.reporting.parts import Cell, Table
from giemsa.reporting.words import NARROW, count, decimal, interval, percent


def share(score: Mapping[str, Any] | None) -> Cell:
    """Return a share with its interval below."""
    return Cell(percent((score or {}).get("value")), interval(score, as_percent=True))


def prediction_sets(told: Sequence[Mapping[str, Any]]) -> Table | None:
    """Return what the prediction sets promised and what they held."""
    if not told:
        return None
    rows = tuple(
        (
            Cell(f"{100 * sets['target']:g}{NARROW}%"),
            share(sets["coverage"]),
            Cell("yes" if sets["held"] else "no", _bounds(sets["expected"])),
            Cell(decimal(sets["mean_size"], 2)),
        )
        for sets in told
    )
    return Table(
        caption="Prediction sets: the classes that cannot be ruled out",
        head=("promised", "held on test", "as expected", "classes in a set"),
        rows=rows,
        note=f"Calibrated on {count(told[0]['n_calibration'])} images of val. A set is right if the true class lies in it. "
        "As expected: the share held lies in the range below, as it should in 95 of 100 cases: val and test are samples, so it "
        "differs from what is promised by chance. The promise is for all images together, not for each class.",
    )


def _bounds(ends: Sequence[float]) -> str:
    low, high = ends
    return interval({"low": low, "high": high}, as_percent=True)


def handed_over(told: Mapping[str, Any] | None) -> Table | None:
    """Return the accuracy of the images kept when the least certain are handed to a person."""
    if not told:
        return None
    different = {row["handed_over"]: row for row in told["table"]}  # images of equal certainty go together
    rows = tuple(
        (Cell(percent(handed, 0)), share(row["accuracy"]), Cell(decimal(row["least_certainty"], 2)))
        for handed, row in different.items()
    )
    return Table(
        caption="When the least certain images are handed to a person",
        head=("handed over", "accuracy on the rest", "least certainty kept"),
        rows=rows,
    )


def novelty(told: Mapping[str, Any] | None) -> Table | None:
    """Return how well foreign images are told from familiar ones."""
    if not told:
        return None
    rows = tuple(
        (
            Cell(str(test["name"]).replace("_", " "), "artificial" if test.get("made") else "real images"),
            Cell(decimal(_value(test["auroc"])), interval(_score(test["auroc"]), as_percent=False)),
            Cell(percent(test["caught"])),
            Cell(percent(test["mean_confidence"])),
        )
        for test in told["tests"]
    )
    return Table(
        caption="Does it know when an image is foreign?",
        head=("foreign images", "AUROC", "caught", "mean certainty"),
        rows=rows,
        note=f"The score: {told['score']}. Its threshold lets {percent(told['accepted_on_val'], 0)} of val pass; "
        f"{percent(told['passed_on_test'])} of test passed it.",
    )


def robustness(told: Mapping[str, Any] | None) -> Table | None:
    """Return balanced accuracy under each corruption and severity."""
    if not told:
        return None
    rows = tuple(
        (Cell(name.replace("_", " ")), *(Cell(percent(value)) for value in values))
        for name, values in told["balanced_accuracy"].items()
    )
    return Table(
        caption="Balanced accuracy on worsened images, by severity",
        head=("corruption", *(str(severity) for severity in told["severities"])),
        rows=rows,
        note=f"On {count(told['n'])} of {count(told['of'])} test images; as they are {percent(told['clean'])}, "
        f"mean over all {percent(told['mean'])}. {told['suite']}.".replace("giemsa's", "Giemsa's"),
        folded=True,
    )


def subgroups(told: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table | None:
    """Return the accuracy of groups of images."""
    rows = tuple(
        (
            Cell(str(group["name"]), kind.replace("_", " ")),
            share(group["accuracy"]),
            Cell(count(group["accuracy"].get("n"))),
            Cell("yes" if group.get("differs") else "no"),
        )
        for kind, groups in told.items()
        for group in groups
    )
    if not rows:
        return None
    return Table(
        caption="Accuracy of groups of test images",
        head=("group", "accuracy", "images", "differs"),
        rows=rows,
        note="Differs: chance explains the distance to the other images badly (Fisher's exact test, p below .01 after "
        "Holm's correction for all groups of this table).",
        folded=True,
    )


def _score(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _value(score: Any) -> Any:
    return score.get("value") if isinstance(score, Mapping) else score
