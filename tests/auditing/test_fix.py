import csv
import dataclasses

import numpy as np
import pytest
from PIL import Image

import giemsa
from giemsa.auditing.audit import audit
from giemsa.auditing.fix import choose_cleaning, write_manifest
from giemsa.auditing.label_errors import find_label_errors
from giemsa.auditing.report import Labels
from giemsa.auditing.telling_labels import tell_label_errors
from giemsa.data.dataset import SPLITS, DataCard, ImageDataset, PackedAddresses, Split
from giemsa.errors import DataError


@pytest.fixture
def packed(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 40), ("val", 10), ("test", 10)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n) % 2)[:, None].astype(np.uint8)
    arrays["test_images"][4] = arrays["train_images"][8]  # a leak
    arrays["train_images"][3] = arrays["train_images"][20]  # another label: set aside
    arrays["train_images"][5] = 9  # empty
    arrays["test_images"][7] = 9  # stays: test is not cleaned by opinion
    path = tmp_path / "cells.npz"
    np.savez(path, **arrays)
    return path


def test_leaks_leave_train_conflicts_are_set_aside_and_test_stays(packed, tmp_path):
    report = audit(giemsa.load(packed), quick=True)
    cleaning = write_manifest(report, tmp_path / "clean" / "clean.csv")
    with (tmp_path / "clean" / "clean.left-out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["path"].split("::")[1], row["reason"]) for row in rows] == [
        ("train/3", "duplicate with another label"),
        ("train/5", "duplicate"),
        ("train/8", "duplicate"),
        ("train/20", "duplicate with another label"),
    ]
    assert "56 images kept" in str(cleaning)
    (told,) = [finding for finding in report.findings if finding.kind == "contradiction"]
    assert told.advice.endswith("the cleaned manifest (--fix) sets them aside outside test.")


def test_the_manifest_loads_again_without_leaks(packed, tmp_path):
    report = audit(giemsa.load(packed), quick=True)
    write_manifest(report, tmp_path / "clean.csv")
    cleaned = giemsa.load(tmp_path / "clean.csv", size=28)
    assert [len(split) for split in cleaned.splits.values()] == [36, 10, 10]
    np.testing.assert_array_equal(cleaned.test.images, giemsa.load(packed).test.images)
    assert not {"leakage", "duplicates", "contradiction"} & {
        f.kind for f in audit(cleaned, quick=True).findings
    }


def write_images(folder, groups):
    """Write 24 images of noise, 16 of train, 4 of val and of test, and ``all.csv`` that names them with their groups."""
    rng = np.random.default_rng(1)
    lines = ["path,label,split,group"]
    for number, group in enumerate(groups):
        Image.fromarray(rng.integers(0, 256, (28, 28), dtype=np.uint8)).save(folder / f"{number}.png")
        split = "train" if number < 16 else "val" if number < 20 else "test"
        lines.append(f"{number}.png,{'ab'[number % 2]},{split},{group}")
    (folder / "all.csv").write_text("\n".join(lines))


def test_image_files_are_found_from_anywhere_and_groups_are_kept(tmp_path, monkeypatch):
    write_images(tmp_path, [f"patient {0 if number == 23 else number}" for number in range(24)])
    monkeypatch.chdir(tmp_path)
    report = audit(giemsa.load("all.csv", size=28), quick=True)
    write_manifest(report, tmp_path / "else" / "where" / "clean.csv")
    cleaned = giemsa.load(tmp_path / "else" / "where" / "clean.csv", size=28)
    assert len(cleaned.train) == 15
    assert "patient 0" not in set(cleaned.train.groups)
    assert "group-leakage" not in {finding.kind for finding in audit(cleaned, quick=True).findings}


def test_an_image_without_a_group_is_written_without_one(tmp_path):
    write_images(tmp_path, ["patient 1"] * 2 + [""] * 22)
    cleaning = write_manifest(
        audit(giemsa.load(tmp_path / "all.csv", size=28), quick=True), tmp_path / "clean.csv"
    )
    assert cleaning.kept.all()
    with (tmp_path / "clean.csv").open() as file:
        assert [row["group"] for row in csv.DictReader(file)] == ["patient 1"] * 2 + [""] * 22


def test_the_users_columns_are_kept_and_the_files_facts_are_not(tmp_path):
    write_images(tmp_path, [f"p{number}" for number in range(24)])
    lines = (tmp_path / "all.csv").read_text().splitlines()
    rows = [f"{line},{number / 4},day {number}" for number, line in enumerate(lines[1:])]
    (tmp_path / "all.csv").write_text("\n".join([f"{lines[0]},dose,day", *rows]))
    write_manifest(audit(giemsa.load(tmp_path / "all.csv", size=28), quick=True), tmp_path / "clean.csv")
    with (tmp_path / "clean.csv").open() as file:
        cleaned = list(csv.DictReader(file))
    assert list(cleaned[0]) == ["path", "label", "split", "group", "dose", "day"]
    assert [(row["dose"], row["day"]) for row in cleaned[:5]] == [
        ("0", "day 0"),
        ("0.25", "day 1"),
        ("0.5", "day 2"),
        ("0.75", "day 3"),
        ("1", "day 4"),
    ]


def test_a_name_that_cannot_be_written_leaves_nothing_behind(packed, tmp_path):
    data = giemsa.load(packed).rename({1: "Zelle \udcfc"})
    (tmp_path / "clean.csv").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_manifest(audit(data, quick=True), tmp_path / "clean.csv", overwrite=True)
    assert (tmp_path / "clean.csv").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"cells.npz", "clean.csv"}


def test_a_manifest_must_be_called_csv(packed, tmp_path):
    with pytest.raises(DataError, match=r"clean\.tsv does not end in \.csv"):
        write_manifest(audit(giemsa.load(packed), quick=True), tmp_path / "clean.tsv")


def judged_by(report, probabilities):
    """Return the report with what networks are made to say."""
    pool = report.pool
    everyone, counts = np.ones(len(pool), dtype=bool), np.bincount(pool.labels[pool.split_of == 0])
    errors = find_label_errors(pool.labels, probabilities)
    labels = Labels(errors, probabilities, everyone, 3, counts)
    return dataclasses.replace(report, results=dataclasses.replace(report.results, labels=labels))


def test_a_suspect_is_set_aside_where_another_class_is_more_probable_by_half(packed):
    report = audit(giemsa.load(packed), quick=True)
    labels = report.pool.labels
    own = np.full(len(labels), 0.6)
    doubted = {0: 0.2, 1: 0.24, 2: 0.26, 11: 0.42, 55: 0.1}  # 55 stands in test
    own[list(doubted)] = list(doubted.values())
    table = np.where(labels[:, None] == np.arange(2), own[:, None], 1 - own[:, None])
    report = judged_by(report, table)
    assert set(report.results.labels.errors.suspects.tolist()) == set(doubted)
    reasons = choose_cleaning(report).reasons
    assert {place for place, reason in reasons.items() if reason == "suspect label"} == {0, 1}
    (told,) = tell_label_errors(report.pool, report.results.labels.errors)
    assert "(--fix) sets aside the surest of them, outside test, and changes no label" in told.advice


def test_of_many_classes_a_slight_doubt_is_not_enough():
    rng = np.random.default_rng(0)
    classes, n = 100, 400
    images = rng.integers(0, 256, (n, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(n) % classes
    card = DataCard("many", "Many", "Noise.", "multi-class", tuple(map(str, range(classes))), channels=1)
    parts = [
        Split(images[part], labels[part], PackedAddresses("many", name, len(labels[part])))
        for name, part in zip(SPLITS, (slice(0, 200), slice(200, 300), slice(300, 400)), strict=True)
    ]
    report = audit(ImageDataset(card, *parts), quick=True)
    table = np.full((n, classes), 0.5 / (classes - 1))
    table[np.arange(n), labels] = 0.5
    table[:50] = 0.4 / (classes - 2)
    table[np.arange(50), labels[:50]], table[np.arange(50), labels[:50] + 1] = 0.1, 0.5
    report = judged_by(report, table)
    assert len(report.results.labels.errors.suspects) == 50
    assert not choose_cleaning(report).reasons


def without(packed, tmp_path, **changes):
    """Return the audit of the packed set with some of its arrays replaced."""
    arrays = dict(np.load(packed)) | changes
    np.savez(tmp_path / "changed.npz", **arrays)
    return audit(giemsa.load(tmp_path / "changed.npz"), quick=True)


def test_empty_images_leave_train_and_stay_in_test(packed, tmp_path):
    images = {f"{split}_images": np.load(packed)[f"{split}_images"].copy() for split in ("train", "test")}
    images["train_images"][7] = images["test_images"][2] = (
        np.eye(28) + 30
    )  # alike, but one is of another class
    images["train_images"][9] = np.eye(28)[::-1] + 60
    reasons = choose_cleaning(without(packed, tmp_path, **images)).reasons
    assert reasons[9] == "empty"
    assert max(reasons) < 40


def test_an_emptied_train_val_or_class_of_train_is_refused(packed, tmp_path):
    arrays = np.load(packed)
    test = arrays["test_images"]
    copied = {"train_images": test, "train_labels": arrays["test_labels"]}
    with pytest.raises(DataError, match="nothing would be left in train: look"):
        write_manifest(without(packed, tmp_path, **copied), tmp_path / "clean.csv")
    copied = {"val_images": test, "val_labels": arrays["test_labels"]}
    with pytest.raises(DataError, match="nothing would be left in val: look"):
        write_manifest(without(packed, tmp_path, **copied), tmp_path / "clean.csv")
    third = arrays["train_labels"].copy()
    third[8] = 2  # its only image is the copy of test's
    test_labels = arrays["test_labels"].copy()
    test_labels[4] = 2
    report = without(packed, tmp_path, train_labels=third, test_labels=test_labels)
    with pytest.raises(DataError, match=r"nothing would be left in train of .*2, which val or test has"):
        write_manifest(report, tmp_path / "clean.csv")
    assert not (tmp_path / "clean.csv").exists()


def test_an_existing_file_is_not_replaced(packed, tmp_path):
    report = audit(giemsa.load(packed), quick=True)
    (tmp_path / "clean.csv").write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        write_manifest(report, tmp_path / "clean.csv")
    assert write_manifest(report, tmp_path / "clean.csv", overwrite=True).kept.sum() == 56


def test_no_label_is_changed(packed):
    report = audit(giemsa.load(packed), quick=True)
    kept = choose_cleaning(report).kept
    assert kept[report.pool.split_of == 2].all()
