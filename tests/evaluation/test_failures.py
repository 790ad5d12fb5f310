"""Pairs, worst mistakes and groups."""

import math

import numpy as np
import pytest
from scipy import stats

from giemsa.evaluation.failures import (
    accuracy_of,
    by_column,
    by_quarter,
    confused_pairs,
    mark_differences,
    worst_mistakes,
)
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.subgroups import find_failures

TABLE = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.05, 0.15, 0.8], [0.0, 0.0, 1.0]])
PREDICTIONS = Predictions(np.array([0, 0, 0, 1, 2]), TABLE, ("a", "b", "c"))


def test_pairs_by_hand():
    pairs = confused_pairs(PREDICTIONS)
    assert [(p.true, p.predicted, p.count) for p in pairs] == [(0, 1, 1), (0, 2, 1), (1, 2, 1)]
    assert [p.share for p in pairs] == pytest.approx([1 / 3, 1 / 3, 1])
    assert len(confused_pairs(PREDICTIONS, most=1)) == 1


def test_worst_mistakes_by_hand():
    mistakes = worst_mistakes(PREDICTIONS)
    assert [m.index for m in mistakes] == [2, 3, 1]
    assert (mistakes[0].true, mistakes[0].predicted) == (0, 2)
    assert (mistakes[0].probability, mistakes[0].true_probability) == (0.7, 0.1)


def test_nothing_to_blame():
    perfect = PREDICTIONS.subset(np.array([0, 4]))
    assert confused_pairs(perfect) == worst_mistakes(perfect) == ()


def grouped(correct):
    table = np.where(np.asarray(correct)[:, None], [[0.9, 0.1]], [[0.1, 0.9]])
    return Predictions(np.zeros(len(table), dtype=int), table, ("a", "b"))


def test_a_bad_quarter_is_marked():
    values = np.arange(400.0)
    groups = by_quarter(grouped(values >= 100), values, ("lowest", "highest"))
    assert [round(group.accuracy.value, 2) for group in groups] == [0, 1, 1, 1]
    assert [group.accuracy.n for group in groups] == [100] * 4
    assert groups[0].name == "lowest quarter"
    marked = mark_differences({"value": groups})["value"]
    assert marked[0].differs
    table = [[0, 100], [300, 0]]
    assert groups[0].probability == pytest.approx(stats.fisher_exact(table).pvalue)
    assert marked[0].to_json() == groups[0].to_json() | {"differs": True}


def test_what_one_patient_does_is_not_marked():
    site = np.arange(400) // 100
    patients = np.where(site == 0, 99, np.arange(400) // 20)  # the bad site is one patient
    images = grouped(site > 0)
    known = Predictions(images.labels, images.probabilities, images.class_names, patients)

    def is_marked(predictions):
        return mark_differences({"site": by_column(predictions, site)})["site"][0].differs

    assert is_marked(images)
    assert not is_marked(known)
    assert math.isnan(by_column(known, site)[0].accuracy.low)
    many = Predictions(images.labels, images.probabilities, images.class_names, np.arange(400) // 10)
    assert is_marked(many)
    assert by_column(many, site)[1].accuracy.low < by_column(images, site)[1].accuracy.low


def test_chance_is_not_marked():
    rng = np.random.default_rng(0)
    groups = by_column(grouped(rng.random(300) < 0.9), rng.integers(0, 3, 300))
    assert not any(group.differs for group in mark_differences({"drawn": groups})["drawn"])


def test_groups_of_all_columns_are_tested_together():
    """One group that differs at p = .0009 in a column of four; beside twenty columns of chance that is what chance brings."""
    rng = np.random.default_rng(0)
    values = np.arange(400)
    right = np.ones(400, dtype=bool)
    right[[0, 25, 50, 75, 99]] = False
    metadata = {"dose": values}
    alone = find_failures(grouped(right), metadata=metadata).subgroups["dose"]
    assert [group.differs for group in alone] == [True, False, False, False]
    assert 0.0001 < alone[0].probability < 0.01 / 4
    many = {f"column {place}": rng.permutation(400) for place in range(20)}
    beside = find_failures(grouped(right), metadata=metadata | many).subgroups
    assert len(beside) == 21
    assert not any(group.differs for groups in beside.values() for group in groups)


def test_columns_that_say_nothing_or_too_much():
    one = grouped([True] * 20)
    assert by_column(one, np.full(20, "x")) == ()
    assert by_column(one, np.array([f"file{i}" for i in range(20)])) == ()
    assert len(by_column(one, np.arange(20))) == 4
    assert by_quarter(one, np.ones(20), ("low", "high")) == ()


def test_images_without_a_value_are_a_group_of_their_own():
    values = np.arange(16.0)
    values[:4] = np.nan
    images = grouped(np.arange(16) >= 4)
    quarters = by_quarter(images, values, ("lowest", "highest"))
    assert [(group.name, group.accuracy.n) for group in by_column(images, values)] == [
        (group.name, group.accuracy.n) for group in quarters
    ]
    assert [group.accuracy.n for group in quarters] == [3, 3, 3, 3, 4]
    assert [group.accuracy.value for group in quarters] == [1, 1, 1, 1, 0]
    assert quarters[-1].name == "not given"
    few = by_column(images, np.where(np.isnan(values), np.nan, values // 8 * 63 + 40))
    assert [group.name for group in few] == ["40", "103", "not given"]
    words = by_column(images, np.array(["", "a", "b", "a"] * 4))
    assert [group.name for group in words] == ["not given", "a", "b"]


def test_no_quarter_is_empty_where_many_share_the_highest_value():
    values = np.minimum(np.arange(40), 29)
    for turned in (values, -values):
        groups = by_quarter(grouped(values < 20), turned, ("lowest", "highest"))
        assert [group.name.split()[0] for group in groups] == ["lowest", "second", "third", "highest"]
        assert min(group.accuracy.n for group in groups) >= 8
        assert sum(group.accuracy.n for group in groups) == 40
    few = by_quarter(grouped([True] * 8), np.array([1, 1, 1, 1, 2, 3, 4, 5]), ("lowest", "highest"))
    assert [group.accuracy.n for group in few] == []
    some = by_quarter(grouped([True] * 8), np.array([0, 1, 1, 1, 2, 2, 4, 5]), ("lowest", "highest"))
    assert all(group.accuracy.n for group in some)
    both = np.clip(np.arange(40), 12, 28)
    assert by_quarter(grouped(values < 20), both, ("lowest", "highest")) == ()


def test_numbers_are_told_in_their_order():
    column = np.array([10, 2, 1, 2, 10, 1])
    assert [group.name for group in by_column(grouped([True] * 6), column)] == ["1", "2", "10"]
    assert [group.name for group in by_column(grouped([True] * 3), np.array(["b", "a", "b"]))] == ["a", "b"]


def test_no_image_in_a_group():
    assert math.isnan(accuracy_of(PREDICTIONS, "none", np.zeros(5, dtype=bool)).accuracy.value)
