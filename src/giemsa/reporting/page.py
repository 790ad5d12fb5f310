"""The whole page as one value, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass

from giemsa.reporting.chapters.audit import AuditChapter, audit_chapter
from giemsa.reporting.chapters.card import CardChapter, card_chapter
from giemsa.reporting.chapters.data import DataChapter, data_chapter
from giemsa.reporting.chapters.evaluation import EvaluationChapter, evaluation_chapter
from giemsa.reporting.chapters.headline import Headline, headline
from giemsa.reporting.chapters.interpretation import InterpretationChapter, interpretation_chapter
from giemsa.reporting.chapters.repetition import RepetitionChapter, repetition_chapter
from giemsa.reporting.chapters.training import TrainingChapter, training_chapter
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Missing
from giemsa.reporting.thumbnails import LOSSLESS_SIDE

CHAPTERS = (
    ("result", "The result"),
    ("data", "The data"),
    ("audit", "Audit of the data"),
    ("training", "The training"),
    ("evaluation", "Evaluation"),
    ("interpretation", "What it has learnt"),
    ("card", "Model card and checklist"),
    ("repetition", "Repeat and cite"),
)


@dataclass(frozen=True)
class Page:
    """Every chapter; a stage that has not been run is a :class:`Missing`. ``smooth``: images are made smaller for the page."""

    chapters: tuple[tuple[str, str], ...]
    headline: Headline
    data: DataChapter
    audit: AuditChapter | Missing
    training: TrainingChapter
    evaluation: EvaluationChapter | Missing
    interpretation: InterpretationChapter | Missing
    card: CardChapter
    repetition: RepetitionChapter
    smooth: bool = False


def page(material: Material) -> Page:
    """Return everything that the page says."""
    return Page(
        chapters=CHAPTERS,
        headline=headline(material),
        data=data_chapter(material),
        audit=audit_chapter(material),
        training=training_chapter(material),
        evaluation=evaluation_chapter(material),
        interpretation=interpretation_chapter(material),
        card=card_chapter(material),
        repetition=repetition_chapter(material),
        smooth=material.data is not None and max(material.data.image_shape[:2]) > LOSSLESS_SIDE,
    )
