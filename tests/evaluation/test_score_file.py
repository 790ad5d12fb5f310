"""Anybody's predictions against a data set."""

import dataclasses

import numpy as np
import pytest

from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.errors import PredictionError
from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.predictions_file import write_standard_file
from giemsa.evaluation.score_file import score_file

NAMES = ("red", "white", "a very long name of a class that would swamp any sentence")


def made_data():
    labels = np.arange(30) % 3
    split = Split(np.zeros((30, 8, 8, 3), dtype=np.uint8), labels, tuple("x" * 30))
    card = DataCard("cells", "Cells", "", "multi-class", NAMES, 3, short_names=("red", "white", "long"))
    return ImageDataset(card, split, split.subset(np.arange(12)), split)


def test_a_standard_file_names_its_split(tmp_path):
    table = np.full((12, 3), 0.1) + 0.7 * np.eye(3)[np.arange(12) % 3]
    path = write_standard_file(tmp_path, "cells", "val", table, scores=(1, 1), run="x")
    evaluation = score_file(path, made_data())
    assert evaluation.split == "val"
    assert evaluation.card.whole["accuracy"].value == 1
    assert evaluation.short_names == ("red", "white", "long")
    assert "12 images of cells" in evaluation.sentences[0]
    assert "swamp" not in evaluation.sentences[0]
    assert "neither training" not in evaluation.sentences[0]


@pytest.mark.parametrize("column", ["path", "Address"])
def test_rows_that_name_their_images_may_come_in_any_order(tmp_path, column):
    data = made_data()
    data = dataclasses.replace(
        data, test=dataclasses.replace(data.test, addresses=[f"{i}.png" for i in range(30)])
    )
    table = np.full((30, 3), 0.1) + 0.7 * np.eye(3)[data.test.labels]
    order = np.random.default_rng(0).permutation(30)
    rows = [",".join([f"{i}.png", str(data.test.labels[i]), *map(str, table[i])]) for i in order]
    (tmp_path / "p.csv").write_text("\n".join([",".join([column, "label", *NAMES]), *rows]))
    evaluation = score_file(tmp_path / "p.csv", data)
    assert np.array_equal(evaluation.predictions.probabilities, table)


def test_a_file_that_names_other_images_is_refused(tmp_path):
    rows = "\n".join(f"other {i}.png,0.5,0.3,0.2" for i in range(30))
    (tmp_path / "p.csv").write_text("path," + ",".join(NAMES) + "\n" + rows + "\n")
    named = "does not name each image of the test split of cells once: its first is other 0.png, expected such as x;"
    with pytest.raises(PredictionError, match=named):
        score_file(tmp_path / "p.csv", made_data())


def test_labels_that_agree_are_taken_and_patients_count_as_patients(tmp_path):
    data = made_data()
    test = dataclasses.replace(data.test, groups=np.array([f"patient {number % 5}" for number in range(30)]))
    rows = [
        f"{i},{i % 3}," + ",".join(str(0.8 if i % 3 == label else 0.1) for label in range(3))
        for i in range(30)
    ]
    (tmp_path / "p.csv").write_text("index,label," + ",".join(NAMES) + "\n" + "\n".join(rows) + "\n")
    evaluation = score_file(tmp_path / "p.csv", dataclasses.replace(data, test=test))
    accuracy = evaluation.card.whole["accuracy"]
    assert (accuracy.value, accuracy.low) == (1, wilson(1.0, 5)[0])


def test_what_does_not_fit_is_refused(tmp_path):
    np.save(tmp_path / "p.npy", np.full((7, 3), 1 / 3))
    with pytest.raises(PredictionError, match="holds 7 rows, the test split of cells 30 images"):
        score_file(tmp_path / "p.npy", made_data())
    np.save(tmp_path / "wide.npy", np.full((30, 4), 1 / 4))
    with pytest.raises(PredictionError, match="holds 4 probabilities a row, cells has 3 classes"):
        score_file(tmp_path / "wide.npy", made_data())
    with pytest.raises(PredictionError, match="no split 'tset'; did you mean test"):
        score_file(tmp_path / "p.npy", made_data(), split="tset")
    rows = "\n".join(f"{i},{(i + (i == 4)) % 3},0.5,0.3,0.2" for i in range(30))
    (tmp_path / "p.csv").write_text("index,label," + ",".join(NAMES) + "\n" + rows + "\n")
    with pytest.raises(PredictionError, match=r"row 4 .* has the label 2, image 4 .* 1: other images"):
        score_file(tmp_path / "p.csv", made_data())
