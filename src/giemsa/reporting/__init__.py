"""Results to one self-contained HTML page."""

from giemsa.reporting.report import report

__all__ = ["report"]
