"""Sentences and the printed table."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import classification_report as reference

from giemsa.evaluation.evaluate import score
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.scorecard import score_predictions
from giemsa.evaluation.words import (
    classification_report,
    percent,
    plain_sentences,
    results_in_words,
    spoken_names,
    with_interval,
)


def made(seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3))
    logits[np.arange(200), labels] += 2
    table = np.exp(logits)
    return Predictions(labels, table / table.sum(axis=1, keepdims=True), ("red", "white", "blue"))


def test_the_table_equals_scikit_learn():
    predictions = made()
    card = score_predictions(predictions, generator=np.random.default_rng(0), resamples=10)
    expected = reference(
        predictions.labels, predictions.predicted, target_names=predictions.class_names, digits=4
    )
    numbers = [line.split()[-4:] for line in classification_report(card).splitlines() if line.strip()][1:]
    wanted = [line.split()[-4:] for line in expected.splitlines() if line.strip()][1:]
    assert [row[-2:] for row in numbers] == [row[-2:] for row in wanted]
    assert numbers[:3] == wanted[:3]
    assert numbers[4:] == wanted[4:]
    assert len(numbers) == 6
    lines = [line for line in classification_report(card).splitlines() if line]
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines[1:]] == [line[: line.index(" ")] for line in lines[1:]]


def test_shares_are_exact_at_both_ends_only():
    shares = (0.9994, 0.99951, 0.0006, 0.0004)
    assert [percent(share) for share in shares] == ["99.9 %", "over 99.9 %", "0.1 %", "under 0.1 %"]


def test_a_share_with_its_interval_where_it_has_one():
    assert with_interval(Score(0.9, 0.8, 0.95, 1200)) == "90.0 % (95 % interval 80.0 % to 95.0 %, n = 1,200)"
    assert with_interval(Score(0.5, np.nan, np.nan, 3)) == "50.0 % (n = 3)"
    assert with_interval(Score(np.nan, np.nan, np.nan, 0)) == "undefined (n = 0)"


def test_three_sentences():
    predictions = made()
    card = score_predictions(predictions, generator=np.random.default_rng(0), resamples=10)
    first, second, third = plain_sentences(predictions, card, data="cells", unused=True)
    assert first.startswith(
        "The classifier was tested on 200 images of cells that neither training nor selection used"
    )
    assert "red, white and blue" in first
    with_copies, *_ = plain_sentences(predictions, card, data="cells", unused=True, copies=7)
    assert "used (but 7 of them have a copy, or nearly one, in train or val), and had to" in with_copies
    patients = dataclasses.replace(predictions, groups=np.arange(200) % 7)
    of_patients, *_ = plain_sentences(patients, card, data="cells", unused=True)
    assert "200 images of cells, from 7 patients or other groups, that neither" in of_patients
    assert percent(card.whole["accuracy"].value) in second
    assert "It fails most with" in third
    assert "most frequent mistake" in third


def test_no_mistake_is_no_boast():
    evaluation = score([0, 1], [[0.9, 0.1], [0.1, 0.9]])
    assert "does not mean" in evaluation.sentences[2]
    assert "100 %" in evaluation.sentences[1]


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (1.0, "100 %"),
        (0.9999, "over 99.9 %"),
        (0.0, "0 %"),
        (0.0001, "under 0.1 %"),
        (float("nan"), "undefined"),
    ],
)
def test_percent_is_never_rounder_than_it_is(fraction, words):
    assert percent(fraction) == words


def test_long_names_are_spoken_short():
    assert spoken_names(("a", "b" * 40), ("x", "y")) == ("a", "y")


def test_names_are_spoken_without_brackets():
    full = ("immature granulocytes(myelocytes and promyelocytes)", "(nameless)")
    assert spoken_names(full, ("immature gran.", "none")) == ("immature granulocytes", "(nameless)")


def test_the_table_names_a_class_as_it_is_spoken():
    long = "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)"
    evaluation = score([0, 1], [[0.9, 0.1], [0.1, 0.9]], class_names=[long, "monocyte"])
    _, table = str(evaluation).split("support")
    assert table.split()[:2] == ["immature", "granulocytes"]
    assert long not in table


def test_of_many_classes_the_card_tells_the_weakest():
    labels = np.repeat(np.arange(30), 2)
    probabilities = np.eye(30)[labels]
    probabilities[:2] = np.eye(30)[29]
    names = [f"kind {label:02d}" for label in range(30)]
    recalls = results_in_words(score(labels, probabilities, class_names=names))
    told = recalls["Recall of the 10 weakest classes"].split("; ")
    assert told[0].startswith("kind 00 0 % (95 % interval ")
    assert len(told) == 10
    few = results_in_words(score([0, 1], np.eye(2)))["Recall of each class"]
    assert few.count("n = 1") == 2
