"""What the page reads of each stage's file; a stage that has not been run has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from giemsa.evaluation.writing import AUDIT_AGAIN, EVALUATE_AGAIN, Place, ScoreEntry
from giemsa.reading import read_json

INTERPRET_AGAIN = "run `giemsa interpret` again"
Number = float | None


class FindingEntry(TypedDict, total=False):
    """A finding of the audit; ``examples`` are addresses of images."""

    severity: str
    title: str
    evidence: str
    why: str
    advice: str
    examples: list[str]


class AuditPage(TypedDict, total=False):
    """``audit.json``."""

    findings: list[FindingEntry]
    notes: list[str]
    test_leaks: list[Place]
    label_errors: Any  # of which the page asks no more than whether there is anything


class SetsEntry(TypedDict):
    """Prediction sets of one coverage."""

    target: float
    coverage: ScoreEntry
    held: bool
    expected: tuple[float, float]
    mean_size: float
    n_calibration: Place


class HandedOverEntry(TypedDict):
    """The accuracy of the images kept where a share is handed over."""

    handed_over: float
    accuracy: ScoreEntry
    least_certainty: Number


class SelectiveEntry(TypedDict):
    """What is won by handing over the least certain."""

    table: list[HandedOverEntry]


class NoveltyTestEntry(TypedDict):
    """How well one kind of foreign images is told."""

    name: str
    made: NotRequired[bool]
    auroc: ScoreEntry | Number
    caught: Number
    mean_confidence: Number


class NoveltyEntry(TypedDict):
    """The score for foreign images."""

    score: str
    accepted_on_val: Number
    passed_on_test: Number
    tests: list[NoveltyTestEntry]


class RobustnessEntry(TypedDict):
    """Balanced accuracy by corruption and severity."""

    suite: str
    clean: Number
    mean: Number
    severities: list[int]
    balanced_accuracy: dict[str, list[Number]]
    n: Place
    of: Place


class SubgroupEntry(TypedDict):
    """The accuracy of a group of images."""

    name: str
    accuracy: ScoreEntry
    differs: NotRequired[bool | None]


class WithoutLeaksEntry(TypedDict):
    """The accuracy without the test images that have a copy."""

    accuracy: ScoreEntry


class FailuresEntry(TypedDict, total=False):
    """Where it fails."""

    subgroups: dict[str, list[SubgroupEntry]]
    without_leaks: WithoutLeaksEntry | None
    suspect_mistakes: list[Place] | None


class CalibrationEntry(TypedDict):
    """The temperature, and on how many images it was found."""

    temperature: float
    n_fit: Place


class GainEntry(TypedDict):
    """What averaging views gained."""

    sentence: str


class CardEntry(TypedDict):
    """A line of the model card."""

    section: str
    item: str
    answer: str | None
    question: str


class EvaluationPage(TypedDict, total=False):
    """``evaluation/evaluation.json``."""

    n: Place
    sentences: list[str]
    notes: list[str]
    facts: dict[str, str]
    methods: dict[str, str]
    classes: list[dict[str, ScoreEntry | Number | str]]
    calibration: CalibrationEntry | None
    prediction_sets: list[SetsEntry] | None
    selective: SelectiveEntry | None
    novelty: NoveltyEntry | None
    robustness: RobustnessEntry | None
    failures: FailuresEntry | None
    views_gain: GainEntry | None
    model_card: list[CardEntry] | None


class TrustEntry(TypedDict, total=False):
    """What the checks found for one method of attribution."""

    method: str
    title: str
    verdict: str
    sentence: str
    randomisation_similarity: ScoreEntry | None
    insertion_deletion_gain: ScoreEntry | None
    pointing: ScoreEntry | None
    stability: ScoreEntry | None


class LayerEntry(TypedDict):
    """A layer of the network."""

    name: str
    kind: str
    output_shape: list[int]
    parameters: Place


class MapEntry(TypedDict):
    """The map of the features; lists of one length, but for ``explained``."""

    title: NotRequired[str]
    split: Literal["train", "val", "test"]
    indices: list[Place]
    labels: list[Place]
    predicted: list[Place]
    positions: list[tuple[float, float]]
    pca: list[tuple[float, float]]
    explained: list[float]


class InterpretationPage(TypedDict, total=False):
    """``interpretation/interpretation.json``; without a version, of the first."""

    version: Place
    sentences: list[str]
    notes: list[str]
    trust: list[TrustEntry] | None
    pointing_baselines: dict[str, ScoreEntry | None] | None
    gain_of_centre: ScoreEntry | None
    layers: list[LayerEntry] | None
    parameters: Place
    map: MapEntry | None


FILES: dict[str, tuple[str, Any, str]] = {
    "audit": ("audit.json", AuditPage, AUDIT_AGAIN),
    "evaluation": ("evaluation/evaluation.json", EvaluationPage, EVALUATE_AGAIN),
    "interpretation": ("interpretation/interpretation.json", InterpretationPage, INTERPRET_AGAIN),
}


def read_stage(folder: Path, stage: str) -> dict[str, Any] | None:
    """Return what a stage's file says; ``None`` where the stage has not been run.

    Raises
    ------
    RunError : the file is damaged; the text names the field, and the stage to run again.
    """
    name, kind, mend = FILES[stage]
    path = folder / name
    return read_json(path, kind, mend=mend) if path.exists() else None
