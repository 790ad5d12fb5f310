"""Sentences and the printed table."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import classification_report as reference

from giemsa.evaluation.evaluate import score
from giemsa.evaluation.failures import Subgroup
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.robustness import Robustness
from giemsa.evaluation.scorecard import score_predictions
from giemsa.evaluation.words import (
    classification_report,
    plain_sentences,
    results_in_words,
    spoken_names,
    with_interval,
)
from giemsa.wording import percent


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
    with_one, *_ = plain_sentences(predictions, card, unused=True, copies=1)
    assert "used (but 1 of them has a copy, or nearly one, in train or val), and" in with_one
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
    assert told[0].startswith("kind 00: 0 % (95 % interval ")
    assert len(told) == 10
    few = results_in_words(score([0, 1], np.eye(2)))["Recall of each class"]
    assert few.count("n = 1") == 2


def answered(labels, said, *, n_classes=2, certainty=0.8, groups=None):
    """Return predictions that give ``certainty`` to the class said and share the rest."""
    table = np.full((len(labels), n_classes), (1 - certainty) / (n_classes - 1))
    table[np.arange(len(labels)), said] = certainty
    names = ("red", "white", *map(str, range(2, n_classes)))[:n_classes]
    return Predictions(np.array(labels), table, names, groups)


LABELS, SAID = [0] * 6 + [1] * 4, [0] * 6 + [1, 1, 1, 0]
RED = "red: 100 % (95 % interval 61.0 % to 100 %, n = 6)"  # Wilson
WHITE = "75.0 % (95 % interval 30.1 % to 95.4 %, n = 4)"
ALL = "90.0 % (95 % interval 59.6 % to 98.2 %, n = 10)"


def sentences(predictions, **options):
    card = score_predictions(predictions, generator=np.random.default_rng(0), resamples=10)
    return card, plain_sentences(predictions, card, **options)


def test_the_sentences_word_by_word():
    card, told = sentences(answered(LABELS, SAID))
    balanced = card.whole["balanced_accuracy"]
    limits = f"{percent(balanced.low)} to {percent(balanced.high)}"
    assert told == (
        "The classifier was tested on 10 images and had to tell 2 classes apart: red and white.",
        "It named 90.0 % of them correctly (95 % interval 59.6 % to 98.2 %); with every class counted alike it is 87.5 % "
        f"({limits}).",
        f"It fails most with white, of which it finds {WHITE}; its most frequent mistake is to take white for red (1 of 4 "
        "images).",
    )


def test_of_equals_none_is_called_the_worst():
    _, told = sentences(answered([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 2], n_classes=3))
    assert told[2].startswith(
        "One of the classes with which it fails most is red, of which it finds 50.0 % ("
    )
    assert told[2].endswith("; one of its most frequent mistakes is to take red for white (1 of 2 images).")
    _, told = sentences(answered([0, 0, 0, 1, 1, 2], [0, 1, 1, 2, 2, 2], n_classes=3))
    assert told[2].startswith("It fails most with white, of which it finds 0 % (")
    assert told[2].endswith("; one of its most frequent mistakes is to take red for white (2 of 3 images).")


def test_of_one_patient_the_sentences_give_no_interval():
    _, told = sentences(answered(LABELS, SAID, groups=np.zeros(10, dtype=int)), unused=True)
    assert told[0].startswith(
        "The classifier was tested on 10 images that neither training nor selection used,"
    )
    assert told[1] == (
        "It named 90.0 % of them correctly; with every class counted alike it is 87.5 %. All images are of one group, which "
        "says nothing about others: there is no interval."
    )
    assert "it finds 75.0 % (n = 4);" in told[2]


@pytest.mark.parametrize(("n_classes", "end"), [(12, ", 9, 10 and 11."), (13, "apart: red to 12.")])
def test_of_many_classes_the_first_and_the_last_are_named(n_classes, end):
    _, told = sentences(answered(range(n_classes), range(n_classes), n_classes=n_classes))
    assert f"had to tell {n_classes} classes" in told[0]
    assert told[0].endswith(end)


@pytest.mark.parametrize(
    ("n_classes", "end"),
    [
        (3, "2 classes apart: red and white; of 2 there is no image."),
        (4, "2 classes apart: red and white; of 2 and 3 there is no image."),
        (15, "; of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 1 more there is no image."),
    ],
)
def test_a_class_without_an_image_was_not_told_apart(n_classes, end):
    _, told = sentences(answered(LABELS, SAID, n_classes=n_classes))
    assert told[0].endswith(end)


def test_a_single_image_is_one():
    _, told = sentences(answered([0], [1]))
    assert told[0].endswith(
        " tested on 1 image and had to tell 1 class apart: red; of white there is no image."
    )
    assert told[2].endswith(" (1 of 1 image).")


def test_a_class_that_is_never_said_has_no_precision():
    card, _ = sentences(answered(LABELS, [0] * 10))
    assert classification_report(card).splitlines()[3].split() == [
        "white",
        "undefined",
        "0.0000",
        "0.0000",
        "4",
    ]


def test_results_for_the_model_card_word_by_word():
    evaluation = score(LABELS, answered(LABELS, SAID).probabilities, class_names=("red", "white"))
    apart = Subgroup("without copies", evaluation.card.whole["accuracy"])
    told = results_in_words(
        dataclasses.replace(
            evaluation,
            robustness=Robustness(
                ("blur", "noise"), 0.875, np.repeat([[0.8], [0.6]], 5, axis=1), n=10, of=10
            ),
            failures=dataclasses.replace(evaluation.failures, without_leaks=apart),
        )
    )
    assert told.pop("Balanced accuracy").startswith("87.5 % (95 % interval ")
    assert told.pop("Intervals").startswith("95 %, by Wilson's method")
    assert told == {
        "Accuracy": ALL,
        "Recall of each class": f"{RED}; white: {WHITE}",
        "Calibration": "expected error 10.0 %, log loss 0.362",
        "Robustness": "balanced accuracy 87.5 % on 10 of 10 test images as they are, 70.0 % on average over 2 corruptions; "
        "weakest: noise",
        "Copies across splits": f"accuracy without copies: {ALL}",
    }
    assert "Robustness" not in results_in_words(evaluation)


@pytest.mark.parametrize(
    ("full", "short", "spoken"),
    [
        (
            ("cell (band)", "cell (segmented)", "blast (L1)"),
            ("c", "s", "b"),
            ("cell (band)", "cell (segmented)", "blast"),
        ),
        (("cell", "cell (giant)"), ("c", "g"), ("cell", "cell (giant)")),
        (("c" * 40 + " (giant)", "blast"), ("c" * 40 + " (giant)", "blast"), ("c" * 40, "blast")),
    ],
)
def test_brackets_that_tell_classes_apart_are_spoken(full, short, spoken):
    assert spoken_names(full, short) == spoken


@pytest.mark.parametrize(("length", "spoken"), [(30, "b" * 30), (31, "y")])
def test_a_name_of_thirty_letters_is_spoken_in_full(length, spoken):
    assert spoken_names(("a", "b" * length), ("x", "y")) == ("a", spoken)
