"""Reading anybody's predictions and writing the standard file."""

import numpy as np
import pytest

from giemsa.errors import PredictionError
from giemsa.evaluation.predictions_file import read_predictions, write_standard_file

TABLE = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])


def test_standard_file_and_back(tmp_path):
    path = write_standard_file(
        tmp_path, "bloodmnist", "test", TABLE, scores=(0.99812, 0.9655), run="fast 0/ä"
    )
    assert path.name == "bloodmnist_test_[AUC]0.998_[ACC]0.966@fast-0.csv"
    found = read_predictions(path)
    assert np.array_equal(found.probabilities, TABLE)
    assert found.split == "test"
    assert found.labels is None
    assert path.read_text().splitlines()[0] == "0,0.25,0.75"  # no header


def test_a_link_in_the_way_of_the_standard_file_is_not_written_through(tmp_path):
    other, inside = tmp_path / "other.csv", tmp_path / "evaluation"
    other.write_text("of somebody else")
    inside.mkdir()
    facts = {"scores": (0.9, 0.8), "run": "fast"}
    write_standard_file(inside, "bloodmnist", "test", TABLE, **facts).unlink()
    (inside / "bloodmnist_test_[AUC]0.900_[ACC]0.800@fast.csv").symlink_to(other)
    path = write_standard_file(inside, "bloodmnist", "test", TABLE, **facts)
    assert other.read_text() == "of somebody else"
    assert np.array_equal(read_predictions(path).probabilities, TABLE)


def test_standard_file_in_another_order(tmp_path):
    path = tmp_path / "bloodmnist_64_val_[AUC]1.000_[ACC]1.000@x.csv"
    path.write_text("2,0.5,0.5\n0,0.25,0.75\n1,1.0,0.0\n")
    found = read_predictions(path)
    assert np.array_equal(found.probabilities, TABLE)
    assert found.split == "val"


@pytest.mark.parametrize(
    "text",
    [
        "0,1\n0.25,0.75\n1.0,0.0\n0.5,0.5\n",  # pandas without an index
        "1,0\n0.75,0.25\n0.0,1.0\n0.5,0.5\n",
        ",0,1\n2,0.5,0.5\n0,0.25,0.75\n1,1.0,0.0\n",  # with one, its rows shuffled
        ",b,a\n2,0.5,0.5\n0,0.75,0.25\n1,0.0,1.0\n",
        ",a,b\nx.png,0.25,0.75\ny.png,1.0,0.0\nz.png,0.5,0.5\n",
    ],
)
def test_what_pandas_writes(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    assert np.array_equal(read_predictions(path, class_names=("a", "b")).probabilities, TABLE)


def test_a_shuffled_index_of_pandas_that_is_another_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(",a,b\n1,0.25,0.75\n2,0.5,0.5\n")
    with pytest.raises(PredictionError, match="must hold the images' indices, 0 to 1, each once"):
        read_predictions(path, class_names=("a", "b"))


def test_an_array_of_answers_is_refused(tmp_path):
    np.save(tmp_path / "answers.npy", np.array([0, 1, 1]))
    with pytest.raises(PredictionError, match=r"the shape \(3,\); expected \(images, classes\)"):
        read_predictions(tmp_path / "answers.npy")


def test_named_columns_are_put_into_order(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("index,label,b,a\n1,a,0.0,1.0\n0,b,0.75,0.25\n2,0,0.5,0.5\n", encoding="utf-8-sig")
    found = read_predictions(path, class_names=("a", "b"))
    assert np.array_equal(found.probabilities, TABLE)
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0, 0]
    assert found.class_names == ("a", "b")


def test_classes_may_be_called_by_numbers(tmp_path):
    path = tmp_path / "test.csv"
    body = "0,0,0.25,0.75\n1,0,1.0,0.0\n2,1,0.5,0.5\n"
    path.write_text("index,label,0,1\n" + body)
    found = read_predictions(path, class_names=("0", "1"))
    assert np.array_equal(found.probabilities, TABLE)
    assert found.labels.tolist() == [0, 0, 1]
    path.write_text("1,0\n0.75,0.25\n0.0,1.0\n0.5,0.5\n")
    assert np.array_equal(read_predictions(path, class_names=("0", "1")).probabilities, TABLE)


def test_key_columns_are_known_however_they_are_written(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("Index,LABEL,a,b\n1,a,1.0,0.0\n0,b,0.25,0.75\n2,a,0.5,0.5\n")
    found = read_predictions(path, class_names=("a", "b"))
    assert np.array_equal(found.probabilities, TABLE)
    assert found.labels.tolist() == [1, 0, 0]


def test_array_file(tmp_path):
    np.save(tmp_path / "p.npy", TABLE.astype(np.float32))
    assert np.array_equal(read_predictions(tmp_path / "p.npy").probabilities, TABLE)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "0,0.5,0.5\n0,0.5,0.5\n", "indices, 0 to 1, each once"),
        ("a.csv", "0,0.5,0.5\n1,0.5\n", "line 2 .* has 2 columns"),
        ("a.csv", "a,c\n0.5,0.5\n", "must be the classes a, b; it has a, c"),
        ("a.csv", "a,a\n0.5,0.5\n", "two columns of one name"),
        ("a.csv", "a,b\n", "a header and nothing else"),
        ("a.csv", "a,b\n0.5,x\n", "line 2 .* holds 'x'"),
        ("a.csv", "label,a,b\n7,0.5,0.5\n", "the label '7'; expected 0 to 1"),
        ("a.npy", "nonsense", "cannot read a.npy"),
    ],
)
def test_refuses_with_the_line(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(PredictionError, match=words):
        read_predictions(tmp_path / name, class_names=("a", "b"))


def test_missing_huge_and_pickled_files_are_refused(tmp_path):
    with pytest.raises(PredictionError, match="no file"):
        read_predictions(tmp_path / "none.csv")
    words = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000, 8), }\n"
    (tmp_path / "huge.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words)
    with pytest.raises(PredictionError, match=r"cannot read huge\.npy"):
        read_predictions(tmp_path / "huge.npy")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(PredictionError, match=r"cannot read objects\.npy"):
        read_predictions(tmp_path / "objects.npy")
