"""`load` on folders and manifests: every layout, and each way to be wrong in one line."""

import csv
import itertools
import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from giemsa.auditing.audit import audit
from giemsa.auditing.fix import write_manifest
from giemsa.data import sources
from giemsa.data.cards import card_of
from giemsa.data.load import load
from giemsa.data.records import order_classes
from giemsa.errors import DataError, GiemsaError, ImageFileError


def save(path, seed=0, shape=(12, 16, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes of ten images each, one of them with a name beyond ASCII."""
    root = tmp_path / "zellen"
    for number in range(10):
        save(root / "große Zelle" / f"bild-{number}.png", number)
        save(root / "klein" / f"bild-{number}.png", 100 + number)
    return root


def manifest(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def total(data):
    return sum(len(split) for split in data.splits.values())


# MedMNIST by name


def test_the_tutorials_loading():
    data = load("bloodmnist")
    assert [len(split) for split in data.splits.values()] == [11959, 1712, 3421]
    assert data.train.images.dtype == np.uint8
    assert np.unique(data.train.labels).tolist() == list(range(8))
    assert data.train.addresses[1018] == "bloodmnist::train/1018"
    assert data.train.labels[20] == data.class_names.index("neutrophil")
    assert data.source["data"] == "bloodmnist"


@pytest.mark.parametrize(("name", "size"), [("bloodmnist", 28), ("bloodmnist_64", 64)])
def test_a_published_file_on_disk_is_cropped_like_the_set_of_its_size(tmp_path, monkeypatch, name, size):
    """That images passed through JPEG is known of 28 pixels only."""
    counts = card_of("bloodmnist").counts
    arrays = {f"{split}_labels": np.arange(count) % 8 for split, count in counts.items()}
    for split, count in counts.items():
        arrays[f"{split}_images"] = np.broadcast_to(np.uint8(0), (count, size, size, 3))
    monkeypatch.setattr(sources, "read_packed", lambda path: arrays)
    (tmp_path / f"{name}.npz").touch()
    card = load(tmp_path / f"{name}.npz").card
    assert card.class_names == card_of("bloodmnist").class_names
    assert card.source_geometry.crop == 200
    assert card.source_geometry.jpeg_quality == (75 if size == 28 else None)


def test_a_class_is_renamed():
    data = load("bloodmnist").rename({3: "immature granulocytes"})
    assert data.class_names[3] == data.short_names[3] == "immature granulocytes"
    assert data.class_names[2] == "erythroblast"
    all_names = {**dict(enumerate(load("bloodmnist").class_names)), 0: "Basophil"}
    again = load("bloodmnist").rename(all_names)
    assert again.short_names[0] == "Basophil"
    assert again.short_names[1:] == load("bloodmnist").short_names[1:] != again.class_names[1:]
    with pytest.raises(DataError, match="labels of bloodmnist are 0 to 7"):
        data.rename({8: "none"})
    with pytest.raises(DataError, match="two classes would bear one name"):
        data.rename({0: "platelet"})


# Folders


def test_a_folder_of_classes_is_split_and_says_so(folder):
    data = load(folder)
    assert data.class_names == ("große Zelle", "klein")
    assert data.image_shape == (64, 64, 3)
    assert [len(split) for split in data.splits.values()] == [14, 2, 4]
    assert "70/10/20" in data.notes[0]
    assert data.split_seed == 0
    assert data.source["data"] == str(folder.resolve())
    assert data.train.metadata["width"].tolist() == [16] * 14
    assert len({address for split in data.splits.values() for address in split.addresses}) == 20


def test_the_same_seed_gives_the_same_data(folder):
    assert load(folder, seed=1).fingerprint == load(folder, seed=1).fingerprint
    assert load(folder, seed=1).fingerprint != load(folder, seed=2).fingerprint


def test_labels_belong_to_their_images(folder):
    data = load(folder)
    for split in data.splits.values():
        for address, label in zip(split.addresses, split.labels, strict=True):
            assert data.class_names[label] in address


def test_folders_of_splits_are_kept(tmp_path):
    for split, count in (("Training", 4), ("valid", 2), ("test", 3)):
        for name in ("a", "b"):
            for number in range(count):
                save(tmp_path / "set" / split / name / f"{number}.png", number)
    data = load(tmp_path / "set")
    assert [len(split) for split in data.splits.values()] == [8, 4, 6]
    assert (data.notes, data.split_seed) == ((), None)


def test_copies_stay_in_one_split(folder):
    for number in range(4):
        shutil.copy(folder / "klein" / "bild-0.png", folder / "klein" / f"copy-{number}.png")
    data = load(folder)
    homes = [
        name
        for name, split in data.splits.items()
        for address in split.addresses
        if "copy" in address or address.endswith("klein/bild-0.png")
    ]
    assert len(homes) == 5
    assert len(set(homes)) == 1


def test_grey_files_make_a_grey_set(tmp_path):
    for name in ("a", "b"):
        for number in range(5):
            save(tmp_path / name / f"{number}.tif", number, (9, 9))
    assert load(tmp_path, size=16).image_shape == (16, 16, 1)


def test_hidden_folders_and_giemsas_own_results_are_passed_over(folder):
    before = load(folder).fingerprint
    for hidden in (".thumbnails", ".ipynb_checkpoints", "__MACOSX"):
        save(folder / "klein" / hidden / "0.png", 7)
        save(folder / hidden / "0.png", 7)
    run = folder / "runs" / "zellen-fast-0"
    save(run / "figures" / "train-curves.png", 7)
    (run / "config.json").write_text('{"version": 1, "recipe": {}, "data": {}, "seed": 0}')
    assert load(folder).fingerprint == before
    save(folder / "findings" / "figures" / "audit-duplicates.png", 7)
    words = '{"audit-duplicates": {"title": "", "alt": "", "shows": "", "caution": ""}}'
    (folder / "findings" / "figures" / "index.json").write_text(words)
    assert load(folder).fingerprint == before
    (run / "figures" / "train-curves.png").unlink()  # a run that was interrupted early has no figures
    assert load(folder).fingerprint == before


def test_a_class_may_be_called_runs(folder):
    for number in range(3):
        save(folder / "runs" / f"{number}.png", number)
    run = folder / "runs" / "a"
    save(run / "figures" / "train-curves.png", 7)
    (run / "config.json").write_text('{"version": 1, "recipe": {}, "data": {}, "seed": 0}')
    data = load(folder)
    assert data.class_names == ("große Zelle", "klein", "runs")
    assert total(data) == 23


def test_symmetry_and_size_are_as_asked(folder):
    data = load(folder, size=20, symmetry="mirror", fit="pad")
    assert data.image_shape == (20, 20, 3)
    assert data.card.symmetry == "mirror"
    assert load(folder).card.symmetry is None


def test_a_real_folder(shared_data):
    data = load(shared_data / "pbc_sample")
    assert total(data) == 160
    assert len(data.class_names) == 8
    assert data.train.metadata["height"].max() == 363


def test_much_larger_files_are_told_of(tmp_path):
    for number in range(10):
        for name in ("a", "b"):
            save(tmp_path / name / f"{number}.png", number, (130, 140))
    (note,) = load(tmp_path, size=16).notes[1:]
    assert note.startswith(
        "Most files have about 140x130 pixels and are read as 16x16: a pixel is the mean of 8x8"
    )
    assert len(load(tmp_path, size=17).notes) == 1


def peak_of_loading(folder, **how):
    """Return the highest memory while a folder is loaded, and that of its images, in bytes."""
    tracemalloc.start()
    data = load(folder, **how)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, sum(split.images.nbytes for split in data.splits.values())


def test_images_are_in_memory_once(tmp_path):
    for number in range(80):
        save(tmp_path / "ab"[number % 2] / f"{number}.png", number, (8, 8, 3))
    load(tmp_path)  # what is loaded once stays
    peak, size = peak_of_loading(tmp_path, size=224)
    assert peak < 1.4 * size
    (tmp_path / "a" / "bad.png").touch()
    peak, size = peak_of_loading(tmp_path, size=224, skip_bad=True)
    assert peak < 1.4 * size


# Manifests


def test_a_manifest_with_everything(folder, tmp_path):
    rows = [
        {
            "path": f"zellen/klein/bild-{number}.png"
            if number % 2
            else f"zellen/große Zelle/bild-{number}.png",
            "label": "small" if number % 2 else "große",
            "split": (
                "train",
                "train",
                "train",
                "train",
                "train",
                "train",
                "validation",
                "val",
                "test",
                "Test",
            )[number],
            "group": f"patient {number // 2}",
            "age": str(30 + number),
        }
        for number in range(10)
    ]
    data = load(manifest(tmp_path / "cells.csv", rows))
    assert data.class_names == ("große", "small")
    assert [len(split) for split in data.splits.values()] == [6, 2, 2]
    assert data.val.groups.tolist() == ["patient 3", "patient 3"]
    assert data.test.metadata["age"].tolist() == [38, 39]
    assert set(data.test.metadata) == {"age", "bytes", "format", "height", "width"}


def test_groups_stay_in_one_split(folder, tmp_path):
    rows = [
        {"path": f"zellen/{name}/bild-{number}.png", "label": name, "group": f"{name}{number // 2}"}
        for name in ("klein", "große Zelle")
        for number in range(10)
    ]
    data = load(manifest(tmp_path / "cells.csv", rows))
    groups = [set(split.groups.tolist()) for split in data.splits.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10
    assert "groups" in data.notes[0]


def grouped(tmp_path, groups, splits=None):
    """Write images of two classes with these groups, and perhaps splits."""
    rows = []
    for number, group in enumerate(groups):
        save(tmp_path / f"{number}.png", number)
        row = {"path": f"{number}.png", "label": "ab"[number % 2], "group": group}
        rows.append(row | ({"split": splits[number]} if splits else {}))
    return manifest(tmp_path / "cells.csv", rows)


def of_patients(tmp_path, contents):
    """Write for each row of ``contents`` a patient with so many images of a, b and c."""
    rows = [
        {"path": f"{patient}{name}{number}.png", "label": name, "group": f"patient {patient}"}
        for patient, counts in enumerate(contents)
        for name, count in zip("abc", counts, strict=True)
        for number in range(count)
    ]
    for seed, row in enumerate(rows):
        save(tmp_path / row["path"], seed)
    return manifest(tmp_path / "cells.csv", rows)


def test_a_class_that_the_patients_as_divided_leave_not_to_test_is_told_of(tmp_path):
    data = load(of_patients(tmp_path, [[0, 2, 1], [0, 1, 1], [1, 0, 1], [1, 2, 0], [2, 0, 0]]))
    assert [set(split.labels) for split in data.splits.values()] == [{0, 1, 2}, {0, 1, 2}, {0, 1}]
    assert data.notes[1] == (
        "test has no image of 'c': no way was found to divide the groups so that each split has every class."
    )
    assert data.split_seed == 0


def test_a_class_that_the_patients_as_divided_leave_not_to_train_is_refused(tmp_path):
    cells = of_patients(tmp_path, [[1, 1, 1], [0, 1, 2], [1, 0, 0], [0, 0, 1], [1, 1, 0], [1, 0, 3]])
    words = r"train has no image of 'b': .*; give more groups with it, try another split seed, or leave the class out\.$"
    with pytest.raises(DataError, match=words):
        load(cells)
    assert 1 in load(cells, seed=3).train.labels


def test_an_image_without_a_group_is_a_group_of_its_own(tmp_path):
    data = load(grouped(tmp_path, ["p1", "p1", "p2", "p2", " ", " "] + [""] * 14))
    groups = [group for split in data.splits.values() for group in split.groups.tolist()]
    assert len(set(groups)) == 2 + 16
    assert "16 of 20 images have no group: each is taken for a group of its own." in data.notes


def test_a_blank_group_is_no_patient_in_two_splits(tmp_path):
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
    data = load(grouped(tmp_path, ["p1"] + [""] * 9 + ["p2", "p2"], splits))
    kinds = {finding.kind for finding in audit(data, quick=True).findings}
    assert not {"group-leakage", "no-groups"} & kinds


def test_a_group_column_that_is_all_blank_says_nothing(tmp_path):
    data = load(grouped(tmp_path, [" ", ""] * 10))
    assert all(split.groups is None for split in data.splits.values())
    assert len(data.notes) == 1
    assert "groups" not in data.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_spreadsheets_write(folder, tmp_path, separator):
    rows = [["path ", " label", "Größe, µm", "group"]]
    for number in range(10):
        rows += [
            [f"zellen/{name}/bild-{number}.png", name, f"{number},5", f"{name} {number}"]
            for name in ("klein", "große Zelle")
        ]
    with (tmp_path / "cells.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    data = load(tmp_path / "cells.csv")
    assert data.class_names == ("große Zelle", "klein")
    assert [len(split) for split in data.splits.values()] == [14, 2, 4]
    sizes = {
        f"{number},5" if separator == "," else number + 0.5 for number in range(10)
    }  # a comma can mean thousands
    assert set(data.train.metadata["Größe, µm"].tolist()) <= sizes


def test_a_blank_among_numbers_is_no_number_and_a_code_is_none(tmp_path):
    path = marked(
        tmp_path,
        "path,label,age,slide,scan,note",
        lambda n, name, label: f"{name},{label},{n if n % 3 else ''},00{n},{10**16 + n},",
    )
    data = load(path)
    whole = {
        name: np.concatenate([s.metadata[name] for s in data.splits.values()]) for name in data.train.metadata
    }
    ages = [f"{n}.0" if n % 3 else "nan" for n in range(20)]
    assert sorted(whole["age"].astype(str)) == sorted(ages)
    assert set(whole["slide"]) == {f"00{n}" for n in range(20)}
    assert set(whole["scan"]) == {str(10**16 + n) for n in range(20)}
    assert set(whole["note"]) == {""}
    write_manifest(audit(data, quick=True), tmp_path / "cleaned.csv")
    rows = list(csv.DictReader((tmp_path / "cleaned.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["age"] for row in rows} == {str(n) if n % 3 else "" for n in range(20)}
    assert {row["slide"] for row in rows} == {f"00{n}" for n in range(20)}


def marked(tmp_path, head, rows):
    """Write ten images each of two classes, and ``cells.csv`` with a row of text for each."""
    lines = [head]
    for number in range(20):
        name = save(tmp_path / "pictures" / f"{number}.png", number).relative_to(tmp_path)
        lines.append(rows(number, name.as_posix(), "ab"[number % 2]))
    (tmp_path / "cells.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "cells.csv"


def test_columns_with_a_meaning_may_be_written_in_capitals(tmp_path):
    splits = ["train"] * 12 + ["Validation"] * 4 + ["TEST"] * 4
    path = marked(
        tmp_path, "Path;LABEL;Split;Group", lambda n, name, label: f"{name};{label};{splits[n]};{n}"
    )
    data = load(path)
    assert [len(split) for split in data.splits.values()] == [12, 4, 4]
    assert data.val.groups.tolist() == ["12", "13", "14", "15"]


def test_backslashes_blank_rows_and_a_blank_split_are_windows_and_no_fault(tmp_path):
    windows = r"pictures\{}.png,{},,".format
    path = marked(tmp_path, "path,label,split,", lambda n, name, label: windows(n, label) + "\n ,,")
    assert [len(split) for split in load(path).splits.values()] == [14, 2, 4]
    again = load(path)
    assert sorted(
        int(address[-6:-4].strip("/"))
        for address in again.train.addresses + again.val.addresses + again.test.addresses
    ) == list(range(20))


def test_a_column_that_may_be_the_group_is_told_of(tmp_path):
    told = "The column 'Patient ID' is taken for a fact of each image"
    path = marked(
        tmp_path, "path,label,Patient ID,showcase", lambda n, name, label: f"{name},{label},{n},{n}"
    )
    assert [note.startswith(told) for note in load(path).notes] == [False, True]
    path = marked(tmp_path, "path,label,Patient ID,group", lambda n, name, label: f"{name},{label},{n},{n}")
    assert len(load(path).notes) == 1


def test_labels_that_look_alike_are_one(tmp_path):
    spellings = ["große  Plättchen", "große Pla\u0308ttchen ", "klein", " klein"]
    path = marked(
        tmp_path, "path,label", lambda n, name, label: f"{name},{spellings[n // 2 % 2 + n % 2 * 2]}"
    )
    assert load(path).class_names == ("große Plättchen", "klein")


def test_numbers_of_equal_size_keep_one_order():
    for names in (["01", "1", "2"], ["2", "1", "01"], ["1", "2", "01"]):
        assert order_classes(names) == ("01", "1", "2")
    assert order_classes(["²", "1", "10"]) == ("1", "10", "²")


def test_a_folder_called_like_a_packed_set_is_not_taken_for_it(tmp_path):
    (tmp_path / "bloodmnist").mkdir()
    rows = [f"bloodmnist::train/{number},{'ab'[number % 2]}" for number in range(20)]
    (tmp_path / "cells.csv").write_text("path,label\n" + "\n".join(rows))
    assert total(load(tmp_path / "cells.csv")) == 20


def test_a_folder_called_like_a_set_is_read_as_a_path(folder, monkeypatch):
    folder.rename(folder.parent / "bloodmnist")
    monkeypatch.chdir(folder.parent)
    for place in (Path("bloodmnist"), "./bloodmnist"):
        data = load(place)
        assert (data.class_names, total(data)) == (("große Zelle", "klein"), 20)
        assert data.source["data"] == str(folder.parent / "bloodmnist")
    data = load("bloodmnist")
    assert len(data.class_names) == 8
    assert data.source["data"] == "bloodmnist"
    told = "The set bloodmnist was taken, and the folder of that name was not read: ./bloodmnist reads it."
    assert data.notes == (told,)
    monkeypatch.chdir("/")
    assert load(Path("bloodmnist")).notes == load("bloodmnist").notes == ()


def test_a_column_of_the_users_is_not_replaced(tmp_path):
    rows = []
    for number in range(10):
        save(tmp_path / f"{number}.png", number)
        rows.append({"path": f"{number}.png", "label": "ab"[number % 2], "height": str(150 + number)})
    data = load(manifest(tmp_path / "cells.csv", rows))
    for split in data.splits.values():
        numbers = [int(address.rsplit("/")[-1].removesuffix(".png")) for address in split.addresses]
        assert split.metadata["height"].tolist() == [150 + number for number in numbers]
        assert split.metadata["width"].tolist() == [16] * len(split)


def test_a_manifest_of_packed_images(tmp_path):
    places = [("train", 20), ("train", 1018), ("val", 3), ("val", 5), ("test", 0), ("test", 1)]
    blood = load("bloodmnist")
    rows = [
        {
            "path": f"bloodmnist::{split}/{index}",
            "label": blood.class_names[blood.splits[split].labels[index]],
            "split": split,
        }
        for split, index in places
    ]
    labels = {row["label"] for row in rows if row["split"] == "train"}
    rows = [row for row in rows if row["split"] == "train"] + [
        row | {"label": sorted(labels)[0]} for row in rows if row["split"] != "train"
    ]
    missing = set(blood.class_names) - labels
    extra = [
        {"path": f"bloodmnist::train/{index}", "label": name, "split": "train"}
        for name in sorted(missing)
        for index in [int(np.flatnonzero(blood.train.labels == blood.class_names.index(name))[0])]
    ]
    data = load(manifest(tmp_path / "clean.csv", rows + extra))
    np.testing.assert_array_equal(data.train.images[0], blood.train.images[20])
    assert data.train.addresses[1] == "bloodmnist::train/1018"
    assert data.class_names == blood.class_names
    assert data.card.source_geometry == blood.card.source_geometry


def test_a_manifest_of_some_classes_of_a_packed_set(tmp_path):
    blood = load("bloodmnist")
    rows = [
        {"path": f"bloodmnist::train/{place}", "label": blood.class_names[label]}
        for label in (6, 1)
        for place in np.flatnonzero(blood.train.labels == label)[:10]
    ]
    data = load(manifest(tmp_path / "two.csv", rows))
    assert data.class_names == (blood.class_names[1], blood.class_names[6])
    assert data.card.task == "binary-class"
    assert np.bincount(data.train.labels).tolist() == [7, 7]


def test_a_manifest_of_an_npz_beside_it(tmp_path):
    images = np.arange(8, dtype=np.uint8)[:, None, None, None] * np.ones((1, 9, 9, 1), np.uint8)
    parts = {f"{split}_images": images for split in ("train", "val", "test")}
    parts |= {f"{split}_labels": np.arange(8) % 2 for split in ("train", "val", "test")}
    np.savez(tmp_path / "own.npz", **parts)
    rows = [
        {"path": f"own.npz::{split}/{index}", "label": f"class {index % 2}", "split": split}
        for split in ("train", "val", "test")
        for index in (2, 5)
    ]
    data = load(manifest(tmp_path / "clean.csv", rows))
    assert data.test.images[:, 0, 0, 0].tolist() == [2, 5]


# Bad input


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bloodmist", "did you mean bloodmnist"),
        ("nothing/here", "does not exist"),
        ("nothing.csv", "does not exist"),
    ],
)
def test_unknown_data(name, words):
    with pytest.raises(DataError, match=words) as caught:
        load(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"size": 0}, "size must be 8 to 1024 pixels, a whole number, got 0"),
        ({"size": "28"}, "size must be 8 to 1024 pixels, a whole number, got '28'"),
        ({"seed": -1}, "a seed must be a whole number, at least 0, got -1"),
        ({"size": 5000}, "got 5000"),
        ({"fit": "crops"}, "did you mean crop"),
        ({"symmetry": "mirrors"}, "did you mean mirror"),
    ],
)
def test_unknown_options(folder, option, words):
    with pytest.raises(GiemsaError, match=words):
        load(folder, **option)


def test_numbers_of_numpys_are_written_as_json_has_them(folder):
    data = load(folder, size=np.int64(28), seed=np.int64(1))
    assert json.loads(json.dumps(data.source)) == data.source
    assert (data.source["size"], data.source["seed"], data.split_seed) == (28, 1, 1)


def test_an_empty_name_is_not_the_folder_where_one_stands(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert total(load(".")) == 20
    with pytest.raises(DataError, match="no data is called ''"):
        load("")


@pytest.mark.parametrize(("labels", "missing"), [((0, 1), ""), ((1, 2), "0"), ((0, 4), "1, 2 and 3")])
def test_labels_of_an_npz_that_never_occur_are_told_of(tmp_path, labels, missing):
    arrays = {f"{split}_images": np.zeros((4, 28, 28), np.uint8) for split in ("train", "val", "test")}
    arrays |= {f"{split}_labels": np.tile(labels, 2) for split in ("train", "val", "test")}
    np.savez(tmp_path / "cells.npz", **arrays)
    told = [note.partition(":")[0] for note in load(tmp_path / "cells.npz").notes]
    assert told == ([f"No image has the label {missing}"] if missing else [])


def test_a_size_that_medmnist_does_not_publish():
    with pytest.raises(DataError, match="28, 64, 128, 224 pixels, not at 50"):
        load("bloodmnist", size=50)


def test_a_file_of_no_known_kind(tmp_path):
    (tmp_path / "a.txt").write_text("words")
    with pytest.raises(DataError, match="cannot be read as data"):
        load(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cells.XLSX", r"\.npz file; save the table as “CSV UTF-8”, and give that file$"),
        ("cells.tsv", r"\.npz file; if it is a table, let its name end in \.csv$"),
        ("cells.zip", r"\.npz file; unpack it, and give the folder$"),
        ("cells.docx", r"\.npz file$"),
    ],
)
def test_a_file_that_may_become_data_is_told_how(tmp_path, name, words):
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=words):
        load(tmp_path / name)


def test_a_folder_without_images(tmp_path):
    with pytest.raises(DataError, match="no images in"):
        load(tmp_path)
    (tmp_path / "class").mkdir()
    with pytest.raises(DataError, match="no images in"):
        load(tmp_path)


def test_an_empty_class_folder(folder):
    (folder / "leer").mkdir()
    with pytest.raises(DataError, match="leer holds no image"):
        load(folder)


def test_files_of_other_endings_are_told_of(folder):
    for name in ("0.gif", "1.GIF", "slide.czi", "Thumbs.db", "desktop.ini", ".DS_Store", "notes"):
        (folder / "klein" / name).write_bytes(b"something")
    notes = load(folder).notes
    assert notes[1].endswith("are read: .gif (2), no ending (1), .czi (1).")
    (folder / "klein" / ".hidden.gif").touch()
    for name in ("klein", "große Zelle"):
        for number in range(10):
            (folder / name / f"bild-{number}.png").rename(folder / name / f"bild-{number}.jp2")
    with pytest.raises(
        DataError, match=r"große Zelle holds no image, but files of other endings, \.jp2 \(10\):"
    ):
        load(folder)


def test_linked_folders_belong_to_their_class_and_a_link_to_nothing_is_named(folder, tmp_path):
    save(tmp_path / "elsewhere" / "more.png", 55)
    (folder / "klein" / "patient 2").symlink_to(tmp_path / "elsewhere")
    (folder / "klein" / "x").symlink_to(folder / "große Zelle")
    (folder / "große Zelle" / "y").symlink_to(folder / "klein")
    (folder / "round").symlink_to(folder)
    data = load(folder)
    assert data.class_names == ("große Zelle", "klein")
    assert total(data) == 2 * (10 + 11)
    (folder / "klein" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ImageFileError, match=r"gone\.png does not exist: .* --skip-bad"):
        load(folder)
    assert total(load(folder, skip_bad=True)) == 42


def test_a_folder_around_those_of_the_classes_is_told(folder, tmp_path):
    (folder / "klein" / "patient").mkdir()
    with pytest.raises(DataError, match=r"lie in zellen, .* give that folder"):
        load(tmp_path)


@pytest.mark.parametrize("names", [("train_set", "test_set"), ("1-Training", "2-valid"), ("train", "val")])
def test_folders_that_are_called_like_splits_are_no_classes(tmp_path, names):
    for split in names:
        for name in ("a", "b"):
            for number in range(5):
                save(tmp_path / split / name / f"{number}.png", number)
    with pytest.raises(DataError, match="expected train, val and test"):
        load(tmp_path)


def test_the_folder_of_a_split_may_have_a_blank(tmp_path):
    for split in ("train ", "Val", " test"):
        for name in ("a", "b" + " " * (split == "Val")):
            save(tmp_path / split / name / "0.png", len(split))
    data = load(tmp_path)
    assert (data.class_names, [len(split) for split in data.splits.values()]) == (("a", "b"), [2, 2, 2])


def test_classes_that_differ_in_capitals_alone_are_told_of(tmp_path):
    path = marked(
        tmp_path, "path,label", lambda n, name, label: f"{name},{('klein', 'Klein', '1', '01')[n // 5]}"
    )
    told = [note.partition(" are taken")[0] for note in load(path).notes[1:]]
    assert told == ["The classes '01' and '1'", "The classes 'Klein' and 'klein'"]


def test_one_class_alone(tmp_path):
    for number in range(5):
        save(tmp_path / "only" / f"{number}.png", number)
    with pytest.raises(DataError, match="all images are of one class"):
        load(tmp_path)


def test_all_classes_that_are_too_small_are_told_before_a_file_is_read(folder, monkeypatch):
    for name, count in (("rare", 1), ("seldom", 2), ("just enough", 3)):
        for number in range(count):
            save(folder / name / f"{number}.png", 7)
    monkeypatch.setattr("giemsa.data.assembly.read_images", lambda *_, **__: pytest.fail("a file was read"))
    with pytest.raises(
        DataError, match=r"^class 'rare' has 1 image and class 'seldom' has 2 images: a split into"
    ):
        load(folder)


def test_a_class_of_one_patient_is_told_before_a_file_is_read(folder, monkeypatch):
    rows = [
        f"{path},{path.parent.name},{path.stem if 'klein' in path.parts else 'p'}"
        for path in folder.rglob("*.png")
    ]
    (folder / "cells.csv").write_text("\n".join(["path,label,group", *rows]), encoding="utf-8")
    monkeypatch.setattr("giemsa.data.assembly.read_images", lambda *_, **__: pytest.fail("a file was read"))
    with pytest.raises(
        DataError,
        match=r"^class 'große Zelle' has 10 images, 1 if copies and groups count once: a split into",
    ):
        load(folder / "cells.csv")


def test_copies_are_seen_when_the_files_are_read(folder):
    for number in range(3):
        save(folder / "rare" / f"{number}.png", 7)
    with pytest.raises(DataError, match="class 'rare' has 3 images, 1 if copies and groups count once"):
        load(folder)


def test_of_train_and_test_alone_val_is_taken_from_train(tmp_path):
    for split, count in (("Training", 16), ("testing", 3)):
        for number in range(2 * count):
            save(
                tmp_path / split / "ab"[number % 2] / f"{number}.png",
                100 * count + number // (2 * count - 4) * 50,
            )
    for number in range(4):
        shutil.copy(tmp_path / "Training" / "a" / "0.png", tmp_path / "Training" / "a" / f"copy-{number}.png")
    data = load(tmp_path)
    assert [len(split) for split in data.splits.values()] == [32, 4, 6]
    assert all("Training" in address for split in (data.train, data.val) for address in split.addresses)
    assert data.notes == (
        "An eighth of train was taken for val by giemsa, stratified by class, split seed 0; exact duplicates kept in one split.",
    )
    again = load(tmp_path)
    assert again.val.addresses == data.val.addresses
    assert [load(tmp_path, seed=seed).split_seed for seed in (0, 3)] == [0, 3]


def test_a_class_of_one_image_gives_val_none(tmp_path, monkeypatch):
    monkeypatch.setattr("giemsa.data.assembly.read_images", lambda *_, **__: pytest.fail("a file was read"))
    for split in ("train", "test"):
        for number in range(10):
            save(tmp_path / split / "a" / f"{number}.png", number)
    save(tmp_path / "train" / "b" / "0.png", 50)
    with pytest.raises(DataError, match="class 'b' has 1 image: a split into train and val needs at least 2"):
        load(tmp_path)


def test_without_test_it_is_told_what_is_missing(tmp_path):
    for split in ("train", "val"):
        save(tmp_path / split / "a" / "0.png")
    with pytest.raises(DataError, match="not for test: expected train, val and test, or train and test"):
        load(tmp_path)


def test_other_folders_beside_those_of_the_splits(tmp_path):
    for split in ("train", "val", "test"):
        for name in ("a", "b"):
            save(tmp_path / split / name / "0.png")
    for other in ("masks", "raw"):
        save(tmp_path / other / "0.png")
    with pytest.raises(
        DataError, match=r"folders for splits \(test, train, val\) and beside them masks, raw"
    ):
        load(tmp_path)


def test_two_folders_for_one_split(tmp_path):
    for split in ("train", "val", "validation", "test"):
        save(tmp_path / split / "a" / "0.png")
    with pytest.raises(DataError, match="two folders for one split among test, train, val, validation"):
        load(tmp_path)


@pytest.mark.parametrize("place", [".", "train"])
def test_images_outside_of_any_classs_folder(tmp_path, place):
    for split in ("train", "val", "test"):
        for name in ("a", "b"):
            save(tmp_path / split / name / "0.png")
    for number in range(2):
        save(tmp_path / place / f"{number}.png")
    with pytest.raises(DataError, match=r"0\.png lies outside of any class's folder \(2 images in"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n cut"])
def test_a_bad_image_is_named_or_skipped(folder, content):
    bad = folder / "klein" / "bild-3.png"
    bad.write_bytes(content)
    with pytest.raises(ImageFileError, match=r"bild-3\.png"):
        load(folder)
    data = load(folder, skip_bad=True)
    assert total(data) == 19
    assert [address for address, _ in data.skipped] == [str(bad)]
    assert "skip-bad" not in data.skipped[0][1]
    assert any("1 of 20 image files could not be read" in note for note in data.notes)


def test_a_class_that_is_lost_with_its_bad_images_is_told_of(folder):
    assert not any("No image is left" in note for note in load(folder).notes)
    for number in range(3):
        (folder / "rar").mkdir(exist_ok=True)
        (folder / "rar" / f"{number}.png").touch()
    data = load(folder, skip_bad=True)
    assert data.class_names == ("große Zelle", "klein")
    assert "No image is left of 'rar', which is no class now." in data.notes


def test_no_image_that_can_be_read(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of 6 image files could be read"):
        load(tmp_path, skip_bad=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks the columns path, label"),
        ("path,class\na.png,x\n", "lacks the column label"),
        ("path,label\n", "has no rows"),
        ("path,label\na.png,\n", "line 2: path and label must not be empty"),
        ("path,label\n\na.png,x\n\n\nb.png,\n", "line 6: path and label must not be empty"),
        ("path;class\na.png;x\n", "lacks the column label: .*, got path,class"),
        ("path,label,split\na.png,x,tset\n", "split 'tset' is unknown"),
        (
            "path,label,split\na.png,x,train\na.png,x,\n",
            "line 3: split is blank, but not in all rows: expected",
        ),
        (
            "path,label\na.png,x\nb.png,y\n",
            r"line 2: a\.png does not exist, nor does any other .* begin at its folder, /",
        ),
        (
            "path,label\na.png,large, blue\n",
            "line 2: expected 2 fields, .* quotes around a field that holds a ','",
        ),
        ("path,label,Label\na.png,x,y\n", "has 2 columns label: expected one"),
        ("path,label\nbloodmnist::train/99999,x\nbloodmnist::train/0,y\n", "train has 11959 images"),
        ("path,label\nbloodmnist::trian/0,x\nbloodmnist::train/0,y\n", "no address of a packed image"),
        ("path,label\nbloodmnist::train/0,x\na.png,y\n", "mixes image files and images of packed sets"),
        ("path,label\nbloodmnist::train/0,x\nother::train/0,y\n", "from one set"),
        ("path,label\nblodmnist::train/0,x\nblodmnist::train/1,y\n", "did you mean bloodmnist"),
        ("path,label\ngone.npz::train/0,x\ngone.npz::train/1,y\n", "does not exist"),
        (
            "path,label,split\nbloodmnist::train/0,x,train\nbloodmnist::train/1,y,train\n",
            "test split has no images",
        ),
    ],
)
def test_a_wrong_manifest_is_refused_in_one_line(tmp_path, text, words):
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_a_class_without_training_images(folder, tmp_path):
    rows = [
        {"path": f"zellen/klein/bild-{n}.png", "label": "a" if n < 8 else "b", "split": split}
        for n, split in enumerate(["train"] * 6 + ["val"] * 2 + ["test"] * 2)
    ]
    with pytest.raises(DataError, match=r"train has no image of 'b': .* or leave the class out\.$"):
        load(manifest(tmp_path / "cells.csv", rows))
    for row in rows:
        row["label"] = {"a": "Blast", "b": "blast"}[row["label"]]
    with pytest.raises(
        DataError, match=r"'blast': .*\. The classes 'Blast' and 'blast' are taken for different"
    ):
        load(manifest(tmp_path / "cells.csv", rows))


def test_quotes_after_a_blank_are_no_part_of_a_name(tmp_path):
    path = marked(tmp_path, "path, label", lambda n, name, label: f'"{name}", "{label}, or so"')
    assert load(path).class_names == ("a, or so", "b, or so")


def test_the_numbers_of_a_tables_rows_are_no_facts_of_its_images(tmp_path):
    path = marked(
        tmp_path, ",path,label,Unnamed: 0,unnamed", lambda n, name, label: f"{n},{name},{label},{n},{n}"
    )
    assert load(path).train.metadata.keys() == {"bytes", "format", "height", "width", "unnamed"}


def test_images_in_several_rows_are_told_of(folder, tmp_path):
    rows = [{"path": f"zellen/klein/bild-{n}.png", "label": "ab"[n % 2]} for n in range(10)]
    told = []
    for more in ([], rows[:1], [*rows[:1], rows[3] | {"label": "a"}]):
        notes = load(manifest(tmp_path / "cells.csv", rows + more)).notes
        told.append([note for note in notes if "several rows" in note])
    first, odd = folder / "klein" / "bild-0.png", folder / "klein" / "bild-3.png"
    assert told == [
        [],
        [f"1 image stands in several rows of the manifest: every row counts. The first: {first}."],
        [
            "2 images stand in several rows of the manifest, 1 of them with different labels or in different splits: every row "
            f"counts. The first: {odd}."
        ],
    ]


def test_an_image_in_two_splits_is_told_of(folder, tmp_path):
    rows = [
        {"path": f"zellen/klein/bild-{n}.png", "label": "ab"[n % 2], "split": split}
        for n, split in enumerate(["train"] * 4 + ["val"] * 2 + ["test"] * 2)
    ]
    rows.append(rows[0] | {"split": "test"})
    [note] = load(manifest(tmp_path / "cells.csv", rows)).notes
    assert "1 of them with different labels or in different splits" in note


@pytest.mark.parametrize("above", ["", "train", "test"])
def test_folders_that_may_be_patients_are_told_of(tmp_path, above):
    for split, name, patient, number in itertools.product(
        ("train", "test") if above else [""], "ab", (1, 2, 3), range(3)
    ):
        inner = f"patient {patient}" if split == above else ""
        save(
            tmp_path / "cells" / split / name / inner / f"{split}{patient}{number}.png", patient * 10 + number
        )
    [note] = [note for note in load(tmp_path / "cells").notes if "patient" in note]
    first = Path(above, "a", "patient 1")
    assert note.startswith(
        f"The 6 folders within those of the classes, such as {first}, say nothing to giemsa: if each"
    )


def test_one_folder_within_a_classs_is_no_patient(folder):
    (folder / "klein" / "mehr").mkdir()
    save(folder / "klein" / "mehr" / "99.png", 99)
    assert len(load(folder).notes) == 1


def test_a_manifest_that_is_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"path,label\n\xff\xfe,x\n")
    with pytest.raises(DataError, match="expected UTF-8 text"):
        load(tmp_path / "a.csv")
