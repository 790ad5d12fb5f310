"""Comparing runs: two of them image by image, or several by the mean and spread of their scores."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from giemsa.errors import GiemsaError, PredictionError, RunError
from giemsa.evaluation.compared_predictions import COMPARED, Comparison, compare_predictions
from giemsa.evaluation.intervals import plain
from giemsa.evaluation.predictions import Predictions, check_predictions
from giemsa.evaluation.writing import EVALUATE_AGAIN, read_metrics

if TYPE_CHECKING:
    from giemsa.training.run import Run

TOLD = (*COMPARED, "ece")


def compare(first: Run | str | Path, second: Run | str | Path, *, seed: int = 0) -> Comparison:
    """Compare two runs on the test split that both were evaluated on.

    Parameters
    ----------
    first, second : runs on the same data, or their folders, both evaluated.
    seed : of the resamples.

    Returns
    -------
    Comparison : differences (second minus first) with their 95 % intervals, McNemar's exact test, and which images each
        gets right alone. Where the data names patients or other groups, intervals and test take groups as wholes.

    Raises
    ------
    PredictionError : the runs are not on the same data.
    RunError : a run has not been evaluated yet.

    Examples
    --------
    >>> import giemsa
    >>> comparison = giemsa.compare("runs/a", "runs/b")  # doctest: +SKIP
    """
    from giemsa.training.run import as_run

    runs = as_run(first), as_run(second)
    _refuse_other_data(*runs)
    groups, notes = _test_groups(runs[0])
    both = [_test_predictions(run, groups) for run in runs]
    names = _names(runs)
    found = compare_predictions(*both, generator=np.random.default_rng([seed, 8]), names=(names[0], names[1]))
    return dataclasses.replace(found, notes=notes)


@dataclass(frozen=True)
class SeedSummary:
    """One score over several runs: the mean and how far single runs lie from it.

    Parameters
    ----------
    name : of the score.
    values : one a run.
    """

    name: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over runs."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """Standard deviation between runs (n - 1); ``nan`` for one run."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else math.nan

    def to_json(self) -> dict[str, object]:
        """Return values, mean and standard deviation as a plain dict."""
        return {
            "values": [plain(value) for value in self.values],
            "mean": plain(self.mean),
            "sd": plain(self.deviation),
            "runs": len(self.values),
        }


def summarise_runs(runs: Sequence[Mapping[str, float]]) -> tuple[SeedSummary, ...]:
    """Return mean and standard deviation of each score that all runs have.

    Parameters
    ----------
    runs : for each run its scores by name.

    Examples
    --------
    >>> summarise_runs([{"accuracy": 0.9}, {"accuracy": 0.92}])[0].mean
    0.91
    """
    shared = [name for name in runs[0] if all(name in run for run in runs)] if runs else []
    return tuple(SeedSummary(name, tuple(float(run[name]) for run in runs)) for name in shared)


@dataclass(frozen=True)
class RunTable:
    """Several runs by their scores on test.

    Parameters
    ----------
    names : one a run.
    summaries : one a score: each run's value, the mean and the standard deviation between runs.
    """

    names: tuple[str, ...]
    summaries: tuple[SeedSummary, ...]

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict."""
        return {
            "runs": list(self.names),
            "scores": {summary.name: summary.to_json() for summary in self.summaries},
        }

    def __str__(self) -> str:
        width = max(len(name) for name in ("mean ± sd", *self.names))
        lines = [
            "".ljust(width) + "".join(f"  {summary.name.replace('_', ' '):>18}" for summary in self.summaries)
        ]
        for place, name in enumerate(self.names):
            cells = "".join(f"  {summary.values[place]:18.4f}" for summary in self.summaries)
            lines.append(name.ljust(width) + cells)
        means = "".join(f"  {f'{one.mean:.4f} ± {one.deviation:.4f}':>18}" for one in self.summaries)
        return "\n".join([*lines, "mean ± sd".ljust(width) + means])


def tabulate(runs: Sequence[Run]) -> RunTable:
    """Return the scores of several runs, such as one recipe under several seeds, with their mean and standard deviation.

    Raises
    ------
    PredictionError : the runs are not on the same data.
    RunError : a run has not been evaluated yet.
    """
    for run in runs[1:]:
        _refuse_other_data(runs[0], run)
    scores = [_test_scores(run) for run in runs]
    return RunTable(tuple(_names(runs)), summarise_runs(scores))


def _refuse_other_data(first: Run, second: Run) -> None:
    one, other = (run.config.get("data", {}) for run in (first, second))
    if one.get("sha256") == other.get("sha256"):
        return
    who = f"{first.folder} and {second.folder} were trained on different"
    if seeds := _split_seeds(one, other):
        raise PredictionError(
            f"{who} splits of {one.get('name')} (--split-seed {seeds[0]} and {seeds[1]}); compare runs on the same split"
        )
    raise PredictionError(
        f"{who} data ({one.get('name')} and {other.get('name')}, SHA-256 {str(one.get('sha256'))[:12]}… and "
        f"{str(other.get('sha256'))[:12]}…); compare runs on the same data"
    )


def _split_seeds(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the seeds of the two splits where they are all that differs in what was loaded."""
    sources = [dict(facts.get("source") or {}) for facts in (one, other)]
    first, second = (source.pop("seed", 0) for source in sources)
    return (first, second) if first != second and sources[0] == sources[1] else None


def _test_predictions(run: Run, groups: np.ndarray | None) -> Predictions:
    labels, probabilities = run.predictions("test")
    names = run.config.get("data", {}).get("class_names")
    return check_predictions(labels, probabilities, class_names=names, groups=groups)


def _test_groups(run: Run) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the groups of the test images, and a note where the data that names them is not at hand."""
    source = run.config.get("data", {}).get("source") or {}
    if source and not str(source.get("data")).lower().endswith(".csv"):
        return None, ()  # only manifests name groups, and data from memory: no other need be read
    try:
        return run.data().test.groups, ()
    except GiemsaError as trouble:
        note = "Images are taken to be independent, since the data, which may know their patients, is not at hand"
        return None, (f"{note}: {trouble}",)


def _test_scores(run: Run) -> Mapping[str, float]:
    scores = read_metrics(run.folder).get("test")
    if not scores:
        raise RunError(f"{run.folder / 'metrics.json'} holds no scores of test: {EVALUATE_AGAIN}")
    values = {name: scores[name]["value"] for name in TOLD if name in scores}
    return {name: value for name, value in values.items() if value is not None}


def _names(runs: Sequence[Run]) -> list[str]:
    """Return each run's folder name, or its whole path where two share one."""
    short = [run.folder.name for run in runs]
    return short if len(set(short)) == len(short) else [str(run.folder) for run in runs]
