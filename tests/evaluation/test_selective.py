"""Risk against coverage."""

import math

import numpy as np
import pytest

from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.selective import risk_coverage


def made(confidence, correct):
    confidence = np.asarray(confidence, dtype=float)
    table = np.stack([confidence, 1 - confidence], axis=1)
    return Predictions(np.where(correct, 0, 1), table, ("a", "b"))


def test_by_hand():
    found = risk_coverage(made([0.9, 0.8, 0.7, 0.6], [True, True, False, True]))
    assert found.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert found.risk == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert found.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)
    assert found.best_area == pytest.approx((1 / 4) / 4)
    threshold, accuracy = found.keep(0.5)
    assert (threshold, accuracy.value, accuracy.n) == (0.8, 1.0, 2)
    assert found.needed_for(0.99) == 0.5
    assert found.needed_for(0.75) == 0
    content = found.to_json()
    rows = [
        (row["asked"], row["handed_over"], row["least_certainty"], row["accuracy"]["value"])
        for row in content["table"]
    ]
    assert rows == [(0, 0, 0.6, 0.75)] + [(share, 0.25, 0.7, 2 / 3) for share in (0.01, 0.02, 0.05, 0.1, 0.2)]
    assert content["handed_over_for_99_percent"] == 0.5


def test_equal_certainties_stay_together():
    found = risk_coverage(made([0.9, 0.9, 0.9, 0.6], [True, False, True, True]))
    assert found.coverage.tolist() == [0.75, 1]
    assert found.risk == pytest.approx([1 / 3, 1 / 4])


def test_what_is_kept_of_few_patients_counts_as_patients():
    alone = made(np.linspace(0.6, 0.99, 100), np.ones(100, dtype=bool))
    known = Predictions(alone.labels, alone.probabilities, alone.class_names, np.arange(100) % 5)
    _, kept = risk_coverage(alone).keep(0.2)
    _, of_patients = risk_coverage(known).keep(0.2)
    assert (kept.n, of_patients.n) == (80, 80)
    assert (kept.low, of_patients.low) == (wilson(1.0, 80)[0], wilson(1.0, 5)[0])


def test_nothing_left():
    found = risk_coverage(made([0.9, 0.9], [False, False]))
    assert math.isnan(found.needed_for(0.99))
    assert found.area == 1
    _, accuracy = found.keep(0.5)
    assert accuracy.n == 0
    assert found.to_json()["handed_over_for_99_percent"] is None
    assert [row["least_certainty"] for row in found.to_json()["table"]] == [0.9] + [None] * 5
