import csv

import numpy as np
import pytest
from PIL import Image

import giemsa
from giemsa.auditing.audit import audit
from giemsa.auditing.fix import choose_cleaning, write_manifest
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
    left_out = {(row["path"].split("::")[1], row["reason"]) for row in rows}
    assert left_out == {
        ("train/8", "duplicate"),
        ("train/3", "duplicate with another label"),
        ("train/20", "duplicate with another label"),
        ("train/5", "duplicate"),
    }
    assert "56 images kept" in str(cleaning)


def test_the_manifest_loads_again_without_leaks(packed, tmp_path):
    report = audit(giemsa.load(packed), quick=True)
    write_manifest(report, tmp_path / "clean.csv")
    cleaned = giemsa.load(tmp_path / "clean.csv", size=28)
    assert [len(split) for split in cleaned.splits.values()] == [36, 10, 10]
    np.testing.assert_array_equal(cleaned.test.images, giemsa.load(packed).test.images)
    assert not {"leakage", "duplicates", "contradiction"} & {
        f.kind for f in audit(cleaned, quick=True).findings
    }


def test_image_files_are_found_from_anywhere_and_groups_are_kept(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    lines = ["path,label,split,group"]
    for number in range(24):
        Image.fromarray(rng.integers(0, 256, (28, 28), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        split = "train" if number < 16 else "val" if number < 20 else "test"
        lines.append(f"{number}.png,{'ab'[number % 2]},{split},patient {0 if number == 23 else number}")
    (tmp_path / "all.csv").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    report = audit(giemsa.load("all.csv", size=28), quick=True)
    write_manifest(report, tmp_path / "elsewhere" / "clean.csv")
    cleaned = giemsa.load(tmp_path / "elsewhere" / "clean.csv", size=28)
    assert len(cleaned.train) == 15
    assert "patient 0" not in set(cleaned.train.groups)
    assert "group-leakage" not in {finding.kind for finding in audit(cleaned, quick=True).findings}


def test_an_image_without_a_group_is_written_without_one(tmp_path):
    rng = np.random.default_rng(2)
    lines = ["path,label,split,group"]
    for number in range(24):
        Image.fromarray(rng.integers(0, 256, (28, 28), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        split = "train" if number < 16 else "val" if number < 20 else "test"
        lines.append(f"{number}.png,{'ab'[number % 2]},{split},{'patient 1' if number < 2 else ''}")
    (tmp_path / "all.csv").write_text("\n".join(lines))
    cleaning = write_manifest(
        audit(giemsa.load(tmp_path / "all.csv", size=28), quick=True), tmp_path / "clean.csv"
    )
    assert cleaning.kept.all()
    with (tmp_path / "clean.csv").open() as file:
        assert [row["group"] for row in csv.DictReader(file)] == ["patient 1"] * 2 + [""] * 22


def test_an_existing_file_is_not_replaced_and_an_emptied_train_is_refused(packed, tmp_path):
    report = audit(giemsa.load(packed), quick=True)
    (tmp_path / "clean.csv").write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        write_manifest(report, tmp_path / "clean.csv")
    assert write_manifest(report, tmp_path / "clean.csv", overwrite=True).kept.sum() == 56


def test_no_label_is_changed(packed):
    report = audit(giemsa.load(packed), quick=True)
    kept = choose_cleaning(report).kept
    assert kept[report.pool.split_of == 2].all()
