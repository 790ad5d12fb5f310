import hashlib
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from giemsa.data import embedded, packing
from giemsa.data.embedded import embedded_arrays
from giemsa.errors import DataError

# SHA-256 of the bytes of the official file's arrays
OFFICIAL = {
    "train_images": "23aec8115417a90d579c209fe328c7d143086bfa3c873707ebee34608c55b3a9",
    "train_labels": "50b3dd1d97a25f8243472651e9f33da3a324190c88c6b390280e260c11862b1b",
    "val_images": "7060514c9e1a24200407511110696f28a81dcee8f50360cdbd729adb06e15630",
    "val_labels": "294be0fc1bbee8c95d734736d3e294d6867999011df37a43c1dfcfcdb26e9d20",
    "test_images": "95cdfedfa169312d9bff0d6411e159c985ec1b940b4f182b574221c12fd4e441",
    "test_labels": "9654e58ffab25de1c68c644b150d79821501cc4bfeeae9221952e27e645ab3cd",
}
ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("GIEMSA_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("embed_bloodmnist", ROOT / "tools" / "embed_bloodmnist.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_embedded_arrays_are_the_official_ones():
    arrays = embedded_arrays()
    found = {name: hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for name, array in arrays.items()}
    assert found == OFFICIAL
    assert arrays["train_images"].shape == (11959, 28, 28, 3)
    assert arrays["test_labels"].dtype == np.uint8


def test_embedded_arrays_equal_the_official_file():
    official = SHARED / "bloodmnist.npz"
    if not official.exists():
        pytest.skip(f"the official file is not at {official}")
    arrays = embedded_arrays()
    with np.load(official) as archive:
        assert set(archive.files) == set(arrays)
        for name in archive.files:
            np.testing.assert_array_equal(arrays[name], archive[name])
            assert arrays[name].dtype == archive[name].dtype


def test_embedded_arrays_cannot_be_spoilt():
    with pytest.raises(ValueError, match="read-only"):
        embedded_arrays()["train_images"][0] = 0


def test_a_wrong_decoding_is_not_handed_out(monkeypatch):
    monkeypatch.setattr(embedded, "_CRC", 1)
    with pytest.raises(DataError, match="install giemsa again"):
        embedded_arrays.__wrapped__()


def test_attribution_and_licence_lie_beside_the_images():
    folder = Path(embedded.__file__).parent / "bloodmnist"
    words = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert all(word in words for word in ("CC BY 4.0", "Acevedo", "Yang", "10519652"))
    licence = (folder / "LICENSE-CC-BY-4.0.txt").read_text(encoding="utf-8")
    assert licence.startswith("Attribution 4.0 International")


def test_passes_tell_each_pixel_once_from_pixels_told_before():
    told = np.zeros((28, 28), int)
    for rows, columns, neighbour_rows, neighbour_columns in packing.passes():
        assert told[neighbour_rows, neighbour_columns].all()
        told[rows, columns] += 1
    assert (told == 1).all()


@pytest.mark.parametrize("kind", ["noise", "constant", "ramp"])
def test_what_is_packed_comes_back(script, kind):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (130, 28, 28, 3), dtype=np.uint8)  # more than one chunk
    ramp = np.broadcast_to(np.arange(28, dtype=np.uint8)[:, None, None] * 9, noise.shape)
    images = {"noise": noise, "constant": np.full_like(noise, 255), "ramp": ramp}[kind]
    model = script.fit_model(images)
    streams = [script.pack(images[:129], model), script.pack(images[129:], model)]
    np.testing.assert_array_equal(packing.unpack(streams, [129, 1], model), images)


def test_smooth_images_pack_well(script):
    rng = np.random.default_rng(0)
    start, slope = rng.integers(0, 100, (64, 1, 1, 1)), rng.integers(0, 5, (64, 1, 1, 1))
    images = (start + slope * np.arange(28)[:, None, None] + np.zeros((28, 3), int)).astype(np.uint8)
    streams = script.pack(images, script.fit_model(images))
    assert sum(map(len, streams)) < images.nbytes / 6
