"""An audit as plain values, the content of ``audit.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.auditing.duplicates import KINDS
from giemsa.auditing.label_errors import LabelErrors
from giemsa.auditing.learning_curve import LearningCurve
from giemsa.auditing.shortcuts import ShortcutCheck
from giemsa.auditing.splits import SplitCheck
from giemsa.auditing.telling_images import leaked_places
from giemsa.evaluation.intervals import plain

if TYPE_CHECKING:
    from giemsa.auditing.report import AuditReport

TELLS = 10


def describe(report: AuditReport) -> dict[str, Any]:
    """Return the report as a dict of JSON's values; what cannot be measured is ``None``."""
    pool, results = report.pool, report.results
    labels, curve = results.labels, results.curve
    return {
        "data": pool.data.name,
        "level": report.level,
        "images": len(pool),
        "findings": [finding.to_json(pool.address) for finding in report.findings],
        "notes": list(report.notes),
        "duplicates": _duplicates(report),
        "test_leaks": leaked_places(pool, results.duplicates, "test").tolist(),
        "val_leaks": leaked_places(pool, results.duplicates, "val").tolist(),
        "test_suspects": None if labels is None else pool.within("test", labels.errors.suspects).tolist(),
        "label_errors": None if labels is None else _labels(report, labels.errors),
        "network_balanced_accuracy": results.network_accuracy(pool.labels),
        "shortcuts": {where: _shortcut(report, check) for where, check in results.shortcuts.items()},
        "splits": _splits(results.splits),
        "learning_curve": None if curve is None else _curve(curve),
    }


def _duplicates(report: AuditReport) -> dict[str, Any]:
    duplicates, pool = report.results.duplicates, report.pool
    counts = np.bincount(duplicates.kinds, minlength=len(KINDS)).tolist()
    groups = [[pool.address(int(place)) for place in group] for group in duplicates.members()]
    return {"pairs": dict(zip(KINDS, counts, strict=True)), "groups": groups}


def _labels(report: AuditReport, errors: LabelErrors) -> dict[str, Any]:
    pool = report.pool
    return {
        "suspects": len(errors.suspects),
        "estimated": errors.estimated_count,
        "estimated_by_class": errors.estimated_by_class.tolist(),
        "joint": errors.joint.tolist(),
        "images": [
            {
                "address": pool.address(place),
                "label": int(pool.labels[place]),
                "suggested": int(errors.suggested[place]),
                "score": float(errors.scores[place]),
            }
            for place in errors.suspects.tolist()
        ],
    }


def _shortcut(report: AuditReport, check: ShortcutCheck) -> dict[str, Any]:
    names = report.pool.data.class_names
    return {
        "claimed": check.claimed,
        "features": list(check.features),
        "balanced_accuracy": plain(check.balanced_accuracy),
        "low": plain(check.low),
        "high": plain(check.high),
        "chance": plain(check.chance),
        "best_shuffled": plain(check.shuffled.max()) if len(check.shuffled) else None,
        "probability": check.probability,
        "recalls": [plain(recall) for recall in check.recalls],
        "tells": [asdict(tell) | {"class": names[tell.label]} for tell in check.tells[:TELLS]],
    }


def _splits(check: SplitCheck) -> dict[str, Any]:
    return {
        "counts": {split: counts.tolist() for split, counts in check.counts.items()},
        "recall_half_widths": check.half_widths.tolist(),
        "imbalance": plain(check.imbalance),
        "drifts": [asdict(drift) for drift in check.drifts],
    }


def _curve(curve: LearningCurve) -> dict[str, Any]:
    return {
        "sizes": curve.sizes.tolist(),
        "errors": curve.errors.tolist(),
        "held_out": curve.held_out,
        "now": curve.now,
        "target": curve.target,
        "error": {"value": curve.expected, "low": curve.low, "high": curve.high},
        "gain": {"value": curve.gain, "low": curve.gain_low, "high": curve.gain_high},
    }
