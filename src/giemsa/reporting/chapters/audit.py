"""The chapter on the audit: what is wrong with the data, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giemsa.data.addresses import find_by_address
from giemsa.data.dataset import ImageDataset
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Illustration, Missing, Thumbnail
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.thumbnails import thumbnail_address
from giemsa.reporting.words import sentence
from giemsa.wording import count_words

EXAMPLES = 6  # even, so that both images of a pair are shown
TONES = {"severe": "severe", "warning": "warning"}


@dataclass(frozen=True)
class Finding:
    """One finding: how bad, what, why it matters, what to do."""

    severity: str
    title: str
    evidence: str
    why: str
    advice: str
    tone: str
    thumbnails: tuple[Thumbnail, ...] = ()


@dataclass(frozen=True)
class AuditChapter:
    """The findings and their figures."""

    opening: str
    findings: tuple[Finding, ...]
    pictures: tuple[Illustration, ...]
    notes: tuple[str, ...]


def audit_chapter(material: Material) -> AuditChapter | Missing:
    """Tell what would make a result worthless."""
    if material.audit is None:
        return Missing(
            "Whether the data are fit to learn from has not been checked.",
            material.audit_command,
            material.command("report"),
        )
    told = material.audit.get("findings", ())
    places = _places(material, [address for entry in told for address in entry.get("examples", ())])
    findings = tuple(_finding(entry, material, places) for entry in told)
    return AuditChapter(
        opening=_opening(findings),
        findings=findings,
        pictures=illustrations(material.folder / "figures", material.index, "audit"),
        notes=tuple(sentence(note) for note in material.audit.get("notes", ())),
    )


def _places(material: Material, wanted: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return split and index of images by their addresses at the time of the audit."""
    splits = material.data.splits if material.data is not None else {}
    everywhere = [(name, place) for name, split in splits.items() for place in range(len(split))]
    found = find_by_address(wanted, [address for split in splits.values() for address in split.addresses])
    return {
        address: everywhere[place] for address, place in zip(wanted, found, strict=True) if place is not None
    }


def _thumbnail(data: ImageDataset, name: str, place: int) -> Thumbnail:
    split = data.splits[name]
    label = int(split.labels[place])
    return Thumbnail(
        address=thumbnail_address(np.asarray(split.images[place])),
        alt=f"{name} image {place}, {data.class_names[label]}",
        caption=data.short_names[label],
        detail=f"{name} {place}",
    )


def _finding(entry: Mapping[str, Any], material: Material, places: Mapping[str, tuple[str, int]]) -> Finding:
    severity = str(entry.get("severity", "note"))
    return Finding(
        severity=severity,
        title=sentence(str(entry.get("title", ""))).removesuffix("."),
        evidence=sentence(str(entry.get("evidence", ""))),
        why=sentence(str(entry.get("why", ""))),
        advice=sentence(str(entry.get("advice", ""))),
        tone=TONES.get(severity, "note"),
        thumbnails=tuple(
            _thumbnail(material.data, *places[address])
            for address in entry.get("examples", ())[:EXAMPLES]
            if material.data is not None and address in places
        ),
    )


def _opening(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "The audit found nothing to complain of."
    severe = sum(finding.severity == "severe" for finding in findings)
    if len(findings) == 1:
        return f"1 finding, which is {'severe' if severe else 'not severe'}."
    return (
        f"{count_words(len(findings), 'finding')}, {severe or 'none'} of them severe; the worst comes first."
    )
