"""The audit's result: findings, a table of flagged images, figures, JSON, words."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.auditing.duplicates import Duplicates
from giemsa.auditing.findings import Finding
from giemsa.auditing.image_quality import ImageQuality
from giemsa.auditing.label_errors import LabelErrors
from giemsa.auditing.learning_curve import LearningCurve
from giemsa.auditing.pool import Pool
from giemsa.auditing.shortcuts import ShortcutCheck
from giemsa.auditing.splits import SplitCheck
from giemsa.wording import count_words
from giemsa.writing import replacing

if TYPE_CHECKING:
    import pandas as pd

    from giemsa.plots.gallery import Picture


@dataclass(frozen=True, eq=False)
class Outliers:
    """Images like nothing else in the set.

    Parameters
    ----------
    places : ``(m,)`` in the pool, farthest first.
    deviations : ``(n,)``, of every image, in spreads of the set.
    space : words for what they were measured in.
    """

    places: np.ndarray
    deviations: np.ndarray
    space: str


@dataclass(frozen=True, eq=False)
class Labels:
    """What held-out networks say about the labels.

    Parameters
    ----------
    errors : what follows from the probabilities.
    probabilities : ``(n, classes)``.
    judged : ``(n,)`` of truth values: whether a network that may judge the image has seen others of its class.
    folds : number of folds.
    units_of_class : ``(classes,)``, how many units (copies, or images of one patient, are one) of train hold each class.
    """

    errors: LabelErrors
    probabilities: np.ndarray
    judged: np.ndarray
    folds: int
    units_of_class: np.ndarray


@dataclass(frozen=True, eq=False)
class AuditResults:
    """The results of every check; ``labels`` and ``curve`` are ``None`` where nothing was trained, and ``trouble`` says why."""

    duplicates: Duplicates
    quality: ImageQuality
    outliers: Outliers
    shortcuts: Mapping[str, ShortcutCheck]
    splits: SplitCheck
    labels: Labels | None
    curve: LearningCurve | None
    trouble: str = ""

    def network_accuracy(self, labels: np.ndarray) -> float | None:
        """Return the balanced accuracy of the held-out networks, to set shortcuts against."""
        if self.labels is None:
            return None
        labels, outside = labels[self.labels.judged], self.labels.probabilities[self.labels.judged]
        right = outside.argmax(axis=1) == labels
        return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What is wrong with a data set, worst first; made by :func:`giemsa.audit`.

    Parameters
    ----------
    pool : the images that were looked at.
    level : ``quick``, ``short`` or ``thorough``.
    findings : worst first.
    results : the arrays behind them.
    """

    pool: Pool
    level: str
    findings: tuple[Finding, ...]
    results: AuditResults

    @property
    def severe(self) -> bool:
        """Whether any finding is severe."""
        return any(finding.severity == "severe" for finding in self.findings)

    @cached_property
    def flagged(self) -> pd.DataFrame:
        """A row for each finding and image: split, index, address, class, finding, severity, score, suggested class, group."""
        import pandas as pd

        rows = [row for finding in self.findings for row in self._rows(finding)]
        columns = ["split", "index", "address", "class", "finding", "severity", "score", "suggested", "group"]
        return pd.DataFrame(rows, columns=columns)

    def _rows(self, finding: Finding) -> list[tuple[Any, ...]]:
        pool, labels = self.pool, self.results.labels
        suggests = finding.kind == "label-errors" and labels is not None
        grouped = finding.kind in ("leakage", "contradiction", "duplicates")
        rows = []
        for number, place in enumerate(finding.images.tolist()):
            suggested = pool.class_name(labels.errors.suggested[place]) if suggests and labels else ""
            rows.append(
                (
                    pool.split_name(place),
                    int(pool.index_in_split[place]),
                    pool.address(place),
                    pool.class_name(pool.labels[place]),
                    finding.kind,
                    finding.severity,
                    float(finding.score[number]) if len(finding.score) else float("nan"),
                    suggested,
                    int(self.results.duplicates.groups[place]) if grouped else -1,
                )
            )
        return rows

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was not looked at, and on how the data was made."""
        return tuple(note for note in (self.results.trouble, *self.pool.data.notes) if note)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``audit.json``."""
        from giemsa.auditing.report_json import describe

        return describe(self)

    def pictures(self) -> tuple[Picture, ...]:
        """Return the figures that there is something to draw for."""
        from giemsa.auditing.report_pictures import draw

        return draw(self)

    def save(self, folder: str | Path) -> None:
        """Write ``audit.json`` and ``figures/audit-*`` into a run folder."""
        from giemsa.plots.gallery import save_pictures

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        with replacing(folder / "audit.json") as beside:
            beside.write_text(
                text + "\n", encoding="utf-8", errors="backslashreplace"
            )  # names may be any bytes
        save_pictures(folder / "figures", self.pictures())

    def __str__(self) -> str:
        pool = self.pool
        lines = [
            f"Audit of {pool.data.name} ({self.level}): {count_words(len(pool), 'image')}, {self._summary()}"
        ]
        for number, finding in enumerate(self.findings, 1):
            lines += ["", f"{number}. {finding.severity.upper()}: {finding.title}", f"   {finding.evidence}"]
            lines += [f"   Why: {finding.why}", f"   Do:  {finding.advice}"]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    def _summary(self) -> str:
        counts = [
            (word, sum(f.severity == word for f in self.findings)) for word in ("severe", "warning", "note")
        ]
        told = [
            f"{count} {word if count == 1 or word == 'severe' else word + 's'}"
            for word, count in counts
            if count
        ]
        return ", ".join(told) or "nothing found"

    def __repr__(self) -> str:
        return f"AuditReport({self.pool.data.name}, {self.level}: {self._summary()})"

    def _repr_html_(self) -> str:
        cell = "<td style='text-align:left'>"  # Jupyter puts numbers and words of a table to the right
        rows = "".join(
            f"<tr><td>{finding.severity}</td>{cell}<b>{html.escape(finding.title)}</b><br>{html.escape(finding.evidence)}"
            f"<br><i>{html.escape(finding.why)} {html.escape(finding.advice)}</i></td></tr>"
            for finding in self.findings
        )
        return f"<p><b>{html.escape(repr(self))}</b></p><table>{rows}</table>"
