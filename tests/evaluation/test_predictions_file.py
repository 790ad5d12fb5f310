"""Reading anybody's predictions and writing the standard file."""

import numpy as np
import pytest

from giemsa.errors import PredictionError
from giemsa.evaluation.predictions_file import PredictionTable, read_predictions, write_standard_file

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
        ("a.csv", "label,a,b\na,0.5,0.5\n7,0.5,0.5\n", "line 3 .* the label '7'; expected 0 to 1"),
        ("a.csv", "0,0.5,0.5\n1,x,0.5\n", "line 2 .* holds 'x'"),
        ("a.csv", "index,a,b\n0,0.5,0.5\nx,0.5,0.5\n", "line 3 .* holds 'x'"),
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


@pytest.mark.parametrize(
    ("name", "split"),
    [("test.csv", "test"), ("blood_64_val@x.csv", "val"), ("mine_test.csv", "test"), ("a.csv", None)],
)
def test_the_name_of_a_file_tells_the_split(tmp_path, name, split):
    (tmp_path / name).write_text("a,b\n\n0.25,0.75\n")  # empty lines are passed over
    found = read_predictions(tmp_path / name)
    assert (found.split, found.probabilities.tolist()) == (split, [[0.25, 0.75]])
    assert found.class_names == ("a", "b")


def test_a_first_line_with_a_value_missing_is_no_header(tmp_path):
    (tmp_path / "a.csv").write_text("0,nan,0.5\n1,0.5,0.5\n")
    assert np.isnan(read_predictions(tmp_path / "a.csv").probabilities).tolist() == [
        [True, False],
        [False] * 2,
    ]


@pytest.mark.parametrize(
    ("header", "known"), [("path", True), ("address", True), ("path,address", False), ("index,path", False)]
)
def test_addresses_are_taken_where_one_column_alone_tells_the_order(tmp_path, header, known):
    keys = ["0,x.png"] if header == "index,path" else [",".join(["x.png"] * len(header.split(",")))]
    (tmp_path / "a.csv").write_text(f"{header},a,b\n{keys[0]},0.5,0.5\n")
    assert read_predictions(tmp_path / "a.csv").addresses == (("x.png",) if known else None)


@pytest.mark.parametrize(
    ("named", "addresses"), [("xy", "zyx"), ("xyz", "zyw"), ("xyy", "yyx"), ("xyy", "yx")]
)
def test_rows_of_other_images_have_no_order(named, addresses):
    table = PredictionTable(TABLE[: len(named)], addresses=tuple(named))
    assert table.in_order_of(tuple(addresses)) is None


def test_rows_without_names_stay_in_their_order():
    table = PredictionTable(TABLE)
    assert table.in_order_of(("z", "x", "y")) is table


def test_rows_are_put_in_order_with_their_labels():
    table = PredictionTable(TABLE, labels=np.array([0, 1, 2]), addresses=("x", "y", "z"))
    found = table.in_order_of(("z", "x", "y"))
    assert np.array_equal(found.probabilities, TABLE[[2, 0, 1]])
    assert (found.labels.tolist(), found.addresses) == ([2, 0, 1], ("z", "x", "y"))
    assert PredictionTable(TABLE, addresses=("x", "y", "z")).in_order_of(("z", "x", "y")).labels is None


def test_images_may_be_named_from_another_folder():
    table = PredictionTable(TABLE, addresses=("cells/a/1.png", "cells\\b\\1.png", "c/1.png"))
    found = table.in_order_of(("/data/cells/c/1.png", "/data/cells/a/1.png", "/data/cells/b/1.png"))
    assert np.array_equal(found.probabilities, TABLE[[2, 0, 1]])


def test_labels_of_classes_that_are_called_by_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("label,1,2,3\n1,0.5,0.3,0.2\n3,0.1,0.2,0.7\n")
    assert read_predictions(tmp_path / "a.csv", class_names=("1", "2", "3")).labels.tolist() == [0, 2]
    (tmp_path / "b.csv").write_text("label,1,2,3\n0,0.5,0.3,0.2\n2,0.1,0.2,0.7\n")
    assert read_predictions(tmp_path / "b.csv", class_names=("1", "2", "3")).labels.tolist() == [0, 2]


def test_a_run_without_a_letter_is_called_giemsa_in_a_folder_that_is_made(tmp_path):
    path = write_standard_file(tmp_path / "new", "cells", "val", TABLE[:1], scores=(0.5, 1), run="ä/ö")
    assert path == tmp_path / "new" / "cells_val_[AUC]0.500_[ACC]1.000@giemsa.csv"
    assert path.read_bytes() == b"0,0.25,0.75\n"


@pytest.mark.parametrize("values", [np.array([[True, False]]), np.array([["a", "b"]]), np.array([[1j, 0]])])
def test_arrays_of_anything_but_numbers_are_refused(tmp_path, values):
    np.save(tmp_path / "p.npy", values)
    with pytest.raises(PredictionError, match=r"p\.npy must hold one array of numbers"):
        read_predictions(tmp_path / "p.npy")


def test_an_archive_and_other_letters_are_refused(tmp_path):
    with (tmp_path / "p.npy").open("wb") as file:
        np.savez(file, TABLE)
    with pytest.raises(PredictionError, match=r"p\.npy must hold one array of numbers"):
        read_predictions(tmp_path / "p.npy")
    (tmp_path / "p.csv").write_bytes(b"a,b\n\xff,0.5\n")
    with pytest.raises(PredictionError, match=r"cannot read p\.csv as CSV in UTF-8"):
        read_predictions(tmp_path / "p.csv")
