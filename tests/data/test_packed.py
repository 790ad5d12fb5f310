"""Packed files: MedMNIST's keys, memory-mapped, never unpickled; each way to be wrong gives one line."""

import io
import zipfile

import numpy as np
import pytest

from giemsa.data import packed
from giemsa.data.load import load
from giemsa.data.packed import read_packed
from giemsa.errors import DataError


def arrays(n=6, classes=2, shape=(10, 10, 3)):
    rng = np.random.default_rng(0)
    made = {}
    for split in ("train", "val", "test"):
        made[f"{split}_images"] = rng.integers(0, 256, (n, *shape), np.uint8)
        made[f"{split}_labels"] = (np.arange(n) % classes).astype(np.uint8)[:, None]
    return made


def write(path, made, compressed=False):
    (np.savez_compressed if compressed else np.savez)(path, **made)
    return path


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("limit", [0, 1 << 30])
def test_arrays_come_back_mapped_or_not(tmp_path, monkeypatch, compressed, limit):
    monkeypatch.setenv("GIEMSA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(packed, "MAPPED_BYTES", limit)
    made = arrays()
    path = write(tmp_path / "a.npz", made, compressed)
    found = read_packed(path)
    for split in ("train", "val", "test"):
        np.testing.assert_array_equal(found[f"{split}_images"], made[f"{split}_images"])
        np.testing.assert_array_equal(found[f"{split}_labels"], made[f"{split}_labels"][:, 0])
        assert found[f"{split}_labels"].dtype == np.int64
    assert isinstance(found["train_images"], np.memmap) == (limit == 0)
    converted = list((tmp_path / "cache").rglob("*.npy"))
    assert bool(converted) == (compressed and limit == 0)


def test_a_compressed_file_is_converted_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GIEMSA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(packed, "MAPPED_BYTES", 0)
    path = write(tmp_path / "a.npz", arrays(), compressed=True)
    read_packed(path)
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*.npy")}
    read_packed(path)
    assert times == {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*.npy")}


def test_a_cache_that_cannot_be_written_is_told_apart_from_a_damaged_file(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GIEMSA_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(packed, "MAPPED_BYTES", 0)
    with pytest.raises(
        DataError, match=r"cannot write .*file.*cache.*: .*; choose another place with GIEMSA_CACHE"
    ):
        read_packed(write(tmp_path / "a.npz", arrays(), compressed=True))


def test_grey_images_get_a_channel(tmp_path):
    assert read_packed(write(tmp_path / "a.npz", arrays(shape=(9, 9))))["val_images"].shape == (6, 9, 9, 1)


def test_real_files(shared_data):
    breast = load(shared_data / "breastmnist.npz")
    assert breast.card.name == "breastmnist"
    assert breast.class_names == ("malignant", "normal, benign")
    assert breast.train.images.shape == (546, 28, 28, 1)
    blood = load(shared_data / "bloodmnist.npz")
    assert blood.fingerprint == load("bloodmnist").fingerprint
    assert blood.card == load("bloodmnist").card


def test_a_file_of_ones_own(tmp_path):
    data = load(write(tmp_path / "mine.npz", arrays(classes=3)))
    assert (data.name, data.class_names) == ("mine", ("class 0", "class 1", "class 2"))
    assert data.train.addresses[2] == f"{(tmp_path / 'mine.npz').resolve()}::train/2"
    smaller = load(tmp_path / "mine.npz", size=8)
    assert smaller.image_shape == (8, 8, 3)


def test_fortran_order(tmp_path):
    made = arrays()
    made["train_images"] = np.asfortranarray(made["train_images"])
    found = read_packed(write(tmp_path / "a.npz", made))
    np.testing.assert_array_equal(found["train_images"], made["train_images"])


# Bad input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"val_labels": None, "test_images": None}, "lacks val_labels, test_images"),
        ({"train_labels": np.zeros((5, 1), np.uint8)}, "6 images and 5 labels"),
        ({"train_labels": np.array([[0]] * 6, object)}, "never unpickled"),
        ({"train_images": np.array([None] * 6, object)}, "never unpickled"),
        ({"train_labels": np.full((6, 1), np.nan)}, r"train_labels\[0\] is nan"),
        ({"train_labels": np.full((6, 1), np.inf)}, "is inf"),
        ({"val_labels": np.array([0, 1, 0.5, 1, 0, 0])}, r"val_labels\[2\] is 0.5"),
        ({"val_labels": np.array([0, 1, -1, 1, 0, 0])}, "val_labels hold -1"),
        ({"val_labels": np.array(list("abcdef"))}, "expected whole numbers"),
        ({"train_labels": np.zeros((6, 14), np.uint8)}, "multi-label sets are not supported"),
        ({"train_images": np.zeros((6, 10, 10, 3))}, "expected uint8"),
        ({"train_images": np.full((6, 10, 10, 3), np.nan)}, "expected uint8"),
        ({"train_images": np.zeros((6, 10, 10, 4), np.uint8)}, "shape"),
        ({"train_images": np.zeros((6, 10), np.uint8)}, "shape"),
        ({"val_images": np.zeros((6, 9, 10, 3), np.uint8)}, "one size in all splits"),
        (
            {"train_images": np.zeros((0, 10, 10, 3), np.uint8), "train_labels": np.zeros(0, int)},
            "no training",
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, change, words):
    made = {name: array for name, array in (arrays() | change).items() if array is not None}
    path = write(tmp_path / "wrong.npz", made)
    with pytest.raises(DataError, match=words) as caught:
        load(path)
    assert "wrong.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_label_beyond_the_cards_classes(shared_data, tmp_path):
    with np.load(shared_data / "breastmnist.npz") as archive:
        made = dict(archive)
    made["test_labels"] = made["test_labels"].copy()
    made["test_labels"][3] = 2
    with pytest.raises(DataError, match="test_labels hold 2, expected 0 to 1"):
        load(write(tmp_path / "breastmnist.npz", made))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_archive(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.npz cannot be read"):
        load(path)


def test_a_truncated_archive(tmp_path):
    path = write(tmp_path / "a.npz", arrays(n=200), compressed=True)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match="cannot be read"):
        load(path)


def test_a_damaged_byte_is_noticed(tmp_path):
    path = write(tmp_path / "a.npz", arrays(n=50))
    content = bytearray(path.read_bytes())
    content[2000] ^= 255  # inside the first array; the archive keeps a check sum
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="cannot be read"):
        load(path)


def header(shape, rest=""):
    """Return an array file that says what it does not hold."""
    words = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, {rest}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words


@pytest.mark.parametrize(
    "member",
    [
        header("(1000000000000, 28, 28, 3)"),
        header(f"({10**30}, 28)"),
        header("(True, 28, 28, 3)") + bytes(3000),
        header("(4, 28, 28, 3)", "(("),
    ],
)
def test_a_header_that_lies(tmp_path, member):
    made = {key: io.BytesIO() for key in arrays()}
    for key, array in arrays().items():
        np.save(made[key], array)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for key, file in made.items():
            archive.writestr(f"{key}.npy", member if key == "train_images" else file.getvalue())
    with pytest.raises(DataError, match="cannot be read"):
        read_packed(tmp_path / "a.npz")


def test_an_encrypted_archive(tmp_path):
    path = write(tmp_path / "a.npz", arrays())
    with zipfile.ZipFile(path) as archive:
        places = [member.header_offset for member in archive.infolist()]
        central = archive.start_dir
    content = bytearray(path.read_bytes())
    for place in places:
        content[place + 6] |= 1  # the bit that says so stands in the local head ...
    while (central := content.find(b"PK\x01\x02", central)) >= 0:
        content[central + 8] |= 1  # ... and in the archive's table
        central += 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="encrypted"):
        read_packed(path)


def test_arrays_in_a_folder_of_the_archive_are_missing(tmp_path):
    path = write(tmp_path / "a.npz", {f"deep/{key}": array for key, array in arrays().items()})
    with pytest.raises(DataError, match="lacks train_images"):
        read_packed(path)


def test_labels_that_are_no_classes(tmp_path):
    made = arrays()
    made["train_labels"] = made["train_labels"].astype(np.int64) * 10**15
    with pytest.raises(DataError, match="has a label 1000000000000000"):
        load(write(tmp_path / "a.npz", made))


def test_a_missing_file():
    with pytest.raises(DataError, match="does not exist"):
        load("nowhere/set.npz")


def test_multi_label_and_ordinal_sets(monkeypatch, tmp_path):
    with pytest.raises(DataError, match="several labels an image: multi-label sets are not supported yet"):
        load("chestmnist")
    made = {}
    for split, count in {"train": 1080, "val": 120, "test": 400}.items():
        made[f"{split}_images"] = np.zeros((count, 28, 28, 3), np.uint8)
        made[f"{split}_labels"] = (np.arange(count) % 5).astype(np.uint8)[:, None]
    data = load(write(tmp_path / "retinamnist.npz", made))
    assert data.card.name == "retinamnist"
    assert data.notes == ("Its grades are ordered; they are treated as classes without an order.",)
