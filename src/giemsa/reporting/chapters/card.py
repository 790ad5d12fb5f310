"""The model card and the checklist: what the software knows is filled in, what only a person knows stays a visible blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from giemsa.evaluation.modelcard import fill_model_card
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Fact
from giemsa.reporting.words import isolated


@dataclass(frozen=True)
class CardChapter:
    """Known facts and open questions, section by section."""

    known: tuple[tuple[str, tuple[Fact, ...]], ...]
    blanks: tuple[Fact, ...]


def card_chapter(material: Material) -> CardChapter:
    """Return the model card of the run: the evaluation's own, or what can be known before it."""
    told = (material.evaluation or {}).get("model_card") or _before_evaluation(material)
    answered = [item for item in told if item["answer"]]
    sections = dict.fromkeys(str(item["section"]) for item in answered)
    return CardChapter(
        known=tuple((section, _facts(section, answered)) for section in sections),
        blanks=tuple(
            Fact(str(item["item"]), str(item["question"]), blank=True) for item in told if not item["answer"]
        ),
    )


def _facts(section: str, items: Iterable[Mapping[str, Any]]) -> tuple[Fact, ...]:
    return tuple(
        Fact(str(item["item"]), isolated(str(item["answer"]))) for item in items if item["section"] == section
    )


def _before_evaluation(material: Material) -> list[dict[str, Any]]:
    card = material.data.card if material.data is not None else None
    facts = {"Licence": card.licence, "Source": card.citation} if card is not None else {}
    return [item.to_json() for item in fill_model_card(material.config, facts, {})]
