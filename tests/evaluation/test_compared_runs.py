"""Runs compared by what lies in their folders."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from giemsa.errors import DataError, PredictionError, RunError
from giemsa.evaluation.compared_runs import compare, summarise_runs, tabulate
from giemsa.evaluation.writing import read_metrics


def made_run(folder, name, sharpness, seed, sha="a" * 64, groups=None):
    rng = np.random.default_rng(seed)
    labels = np.arange(200) % 2
    right = rng.random(200) < sharpness
    table = np.where((labels[:, None] == np.arange(2)) == right[:, None], 0.9, 0.1)
    path = folder / name
    path.mkdir(parents=True)
    accuracy = {"value": float(right.mean()), "low": 0, "high": 1, "n": 200}
    (path / "metrics.json").write_text(
        json.dumps({"test": {"accuracy": accuracy, "auc": {"value": None, "n": 200}}})
    )
    split = SimpleNamespace(groups=groups)
    return SimpleNamespace(
        folder=path,
        config={"data": {"sha256": sha, "name": "cells", "class_names": ["a", "b"]}},
        predictions=lambda split: (labels, table),
        data=lambda: SimpleNamespace(test=split),
    )


def test_a_score_that_does_not_say_on_how_many_images_is_refused(tmp_path):
    (tmp_path / "metrics.json").write_text('{"test": {"accuracy": {"value": 0.5}}}', encoding="utf-8")
    with pytest.raises(RunError, match=r"metrics\.json was changed or damaged: test\.accuracy\.n is missing"):
        read_metrics(tmp_path)


def test_two_runs(tmp_path):
    found = compare(made_run(tmp_path, "old", 0.7, 0), made_run(tmp_path, "new", 0.95, 1))
    assert found.names == ("old", "new")
    assert found.scores["accuracy"][2].low > 0
    assert "new is more accurate than old" in str(found)
    assert "<pre>" in found._repr_html_()
    assert found.to_json()["n"] == 200


def test_runs_of_one_name_are_told_by_their_paths(tmp_path):
    found = compare(made_run(tmp_path / "a", "run", 0.7, 0), made_run(tmp_path / "b", "run", 0.95, 1))
    assert found.names == (str(tmp_path / "a" / "run"), str(tmp_path / "b" / "run"))


def test_patients_are_asked_of_data_that_may_name_them(tmp_path):
    patients = np.repeat(["anna", "berta"], 100)
    runs = [
        made_run(tmp_path, name, share, seed=share > 0.8, groups=patients)
        for name, share in (("a", 0.7), ("b", 0.95))
    ]
    found = compare(*runs)
    assert found.p_value == 0.5  # two patients, both better: two ways in four
    assert not found.told_apart
    assert found.notes == ()
    for run in runs:
        run.config["data"]["source"] = {"data": "bloodmnist"}
    assert compare(*runs).told_apart  # names no patients, and is not read


def test_where_the_data_is_gone_it_is_said(tmp_path):
    first, second = made_run(tmp_path, "old", 0.7, 0), made_run(tmp_path, "new", 0.95, 1)
    first.config["data"]["source"] = {"data": "/gone/cells.csv"}

    def gone():
        raise DataError("no data at /gone/cells.csv")

    first.data = gone
    found = compare(first, second)
    assert found.told_apart
    assert "is not at hand: no data at /gone/cells.csv" in str(found)
    assert found.to_json()["notes"] == list(found.notes)


def test_several_runs(tmp_path):
    runs = [made_run(tmp_path, f"seed{seed}", 0.9, seed) for seed in range(3)]
    table = tabulate(runs)
    values = table.to_json()["scores"]["accuracy"]["values"]
    assert list(table.to_json()["scores"]) == ["accuracy"]
    assert table.summaries[0].mean == pytest.approx(np.mean(values))
    assert "mean ± sd" in str(table)
    assert len(str(table).splitlines()) == 5


def test_other_data_and_missing_results_are_refused(tmp_path):
    first = made_run(tmp_path, "a", 0.9, 0)
    with pytest.raises(PredictionError, match="different data"):
        compare(first, made_run(tmp_path, "b", 0.9, 1, sha="b" * 64))
    second = made_run(tmp_path, "c", 0.9, 2)
    (second.folder / "metrics.json").unlink()
    with pytest.raises(RunError, match="giemsa evaluate"):
        tabulate([first, second])


def test_runs_on_two_splits_of_the_same_data_are_told_so(tmp_path):
    first, second = (made_run(tmp_path, seed, 0.9, 0, sha=seed * 64) for seed in "05")
    for run, seed in ((first, 0), (second, 5)):
        run.config["data"]["source"] = {"data": "/cells", "size": 28, "seed": seed}
    with pytest.raises(PredictionError, match=r"different splits of cells \(--split-seed 0 and 5\); compare"):
        compare(first, second)
    second.config["data"]["source"]["size"] = 64
    with pytest.raises(PredictionError, match="different data"):
        tabulate([first, second])


def test_seeds_are_summed_up():
    summary = summarise_runs([{"accuracy": 0.9, "auc": 0.99}, {"accuracy": 0.94}])
    assert len(summary) == 1
    assert summary[0].mean == pytest.approx(0.92)
    assert summary[0].deviation == pytest.approx(np.std([0.9, 0.94], ddof=1))
    assert summarise_runs([{"accuracy": 0.9}])[0].to_json()["sd"] is None
    assert summarise_runs([]) == ()
