"""The chapter on the audit: what is wrong with the data, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from giemsa.reporting.material import Material
from giemsa.reporting.parts import Illustration, Missing, Thumbnail
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.words import sentence

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
            "Whether the data are fit to learn from has not been checked.", f"giemsa audit {material.source}"
        )
    findings = tuple(_finding(entry) for entry in material.audit.get("findings", ()))
    return AuditChapter(
        opening=_opening(findings),
        findings=findings,
        pictures=illustrations(material.folder / "figures", material.index, "audit"),
        notes=tuple(sentence(note) for note in material.audit.get("notes", ())),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    severity = str(entry.get("severity", "note"))
    return Finding(
        severity=severity,
        title=sentence(str(entry.get("title", ""))).removesuffix("."),
        evidence=sentence(str(entry.get("evidence", ""))),
        why=sentence(str(entry.get("why", ""))),
        advice=sentence(str(entry.get("advice", ""))),
        tone=TONES.get(severity, "note"),
    )


def _opening(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "The audit found nothing to complain of."
    severe = sum(finding.severity == "severe" for finding in findings)
    if severe:
        return f"{len(findings)} findings, {severe} of them severe; the worst comes first."
    return f"{len(findings)} findings, none of them severe; the worst comes first."
