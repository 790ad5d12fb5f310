"""The chapter on the evaluation: how good the network is, on what, and where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from giemsa.reporting import evaluation_tables as tables
from giemsa.reporting.confusion import Matrix, Outcome, confusion_matrix, worst_mistakes
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Illustration, Missing, Section, Table, Thumbnail
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.scores import class_tables, score_table
from giemsa.reporting.words import count, interval, percent, sentence
from giemsa.wording import count_words

LAST = "All scores"
SECTIONS = {
    "Class by class": ("evaluate-classes", "evaluate-roc", "evaluate-precision"),
    "Calibration": ("evaluate-reliability",),
    "When it is not certain": ("evaluate-risk", "evaluate-sets"),
    "Images of another kind": ("evaluate-novelty",),
    "Robustness": ("evaluate-robustness",),
    "Groups of images": ("evaluate-subgroups",),
    LAST: (),
}
MISTAKES = "evaluate-mistakes"
TOLD_OTHERWISE = frozenset({"evaluate-confusion", MISTAKES})


@dataclass(frozen=True)
class EvaluationChapter:
    """Sentences, matrix, mistakes, figures and tables of the evaluation."""

    sentences: tuple[str, ...]
    remarks: tuple[str, ...]
    matrix: Matrix
    mistakes: tuple[Thumbnail, ...]
    drawn_mistakes: tuple[Illustration, ...]
    mistakes_note: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def evaluation_chapter(material: Material) -> EvaluationChapter | Missing:
    """Tell how good the network is."""
    if material.test is None:
        return Missing(
            "How good the network is on images it has never seen has not been measured yet.",
            material.command("evaluate"),
            material.command("report"),
        )
    outcome = Outcome(
        labels=material.test[0],
        probabilities=material.test[1],
        names=material.class_names,
        short_names=material.short_names,
        images=material.data.test.images if material.data is not None else None,
    )
    told = material.evaluation or {}
    mistakes = worst_mistakes(outcome)
    pictures = illustrations(
        material.folder / "figures",
        material.index,
        "evaluate",
        without=TOLD_OTHERWISE if outcome.images is not None else TOLD_OTHERWISE - {MISTAKES},
    )
    drawn = tuple(picture for picture in pictures if picture.name == MISTAKES)
    return EvaluationChapter(
        sentences=tuple(sentence(text) for text in told.get("sentences", ())),
        remarks=_remarks(told),
        matrix=confusion_matrix(outcome),
        mistakes=mistakes,
        drawn_mistakes=drawn,
        mistakes_note=_mistakes_note(outcome, len(mistakes), drawn=bool(drawn)),
        sections=_sections(material, told, pictures),
        notes=tuple(sentence(note) for note in told.get("notes", ())),
    )


def _sections(
    material: Material, told: Mapping[str, Any], pictures: tuple[Illustration, ...]
) -> tuple[Section, ...]:
    """Return the figures with the tables that belong to them; what belongs nowhere comes last."""
    of_section = _tables(material, told)
    known = TOLD_OTHERWISE.union(*SECTIONS.values())
    sections = []
    for title, names in SECTIONS.items():
        here = tuple(
            one for one in pictures if one.name in names or (title == LAST and one.name not in known)
        )
        tables = tuple(table for table in of_section.get(title, ()) if table is not None)
        if here or tables:
            sections.append(Section(title, here, tables))
    return tuple(sections)


def _tables(material: Material, told: Mapping[str, Any]) -> dict[str, tuple[Table | None, ...]]:
    splits = {name: material.metrics[name] for name in ("test", "val") if name in material.metrics}
    groups = (told.get("failures") or {}).get("subgroups") or {}
    return {
        "Class by class": class_tables(told.get("classes", ()), material.short_names),
        "When it is not certain": (
            tables.handed_over(told.get("selective")),
            tables.prediction_sets(told.get("prediction_sets") or ()),
        ),
        "Images of another kind": (tables.novelty(told.get("novelty")),),
        "Robustness": (tables.robustness(told.get("robustness")),),
        "Groups of images": (tables.subgroups(groups),),
        LAST: (score_table(splits, told.get("methods")),),
    }


def _remarks(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what puts the headline numbers in their place: leaks, doubtful labels, views."""
    failures = told.get("failures") or {}
    remarks = []
    apart = (failures.get("without_leaks") or {}).get("accuracy")
    if apart and apart["n"] == told.get("n"):
        remarks.append("The audit found no test image that has a copy, or nearly one, in train or val.")
    elif apart and not apart["n"]:
        remarks.append(
            "Every test image has a copy, or nearly one, in train or val: the scores say nothing about new images."
        )
    elif apart:
        bounds = interval(apart, as_percent=True)
        remarks.append(
            f"Without the test images that have a copy in train or val, accuracy is {percent(apart['value'])}"
            f"{f' ({bounds})' if bounds else ''} on {count_words(apart['n'], 'image')}."
        )
    suspects = failures.get("suspect_mistakes")
    if suspects is not None:
        remarks.append(
            f"Among the mistakes, {count(len(suspects))} {'has' if len(suspects) == 1 else 'have'} a label that the audit doubts."
        )
    if told.get("views_gain"):
        remarks.append(sentence(str(told["views_gain"]["sentence"])))
    return tuple(remarks)


def _mistakes_note(outcome: Outcome, shown: int, *, drawn: bool) -> str:
    wrong = int((outcome.labels != outcome.predicted).sum())
    if not wrong:
        return "No test image was wrongly named."
    were, each = ("was", "it") if wrong == 1 else ("were", "each")
    told = f"{count(wrong)} of {count_words(len(outcome.labels), 'test image')} {were} wrongly named"
    if drawn:
        return f"{told}."
    if outcome.images is None:
        return f"{told}; the images are not at hand."
    chosen = f"; here are the {shown} whose true class got the least probability" if shown < wrong else ""
    return f"{told}{chosen}. Below {each} the true class, what it was taken for, and how certainly."
