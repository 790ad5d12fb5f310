"""New image files are read as those of the training were: what a network has learnt from, it predicts."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from giemsa.data.dataset import ImageDataset, Split, WhiteLevels
from giemsa.data.images import FileImages, read_images
from giemsa.data.load import load
from giemsa.errors import ImageFileError, ModelError
from giemsa.training import predict as predicting
from giemsa.training.predict import predict, predict_files
from giemsa.training.recipes import Recipe
from giemsa.training.run import Run, as_run, open_run
from giemsa.training.train import train

SHORT = Recipe(
    name="short", model="tutorial", epochs=1, precision="float32", minimum_steps=0, symmetry="mirror"
)
Save = Callable[[Path, np.ndarray], None]


def _grey_as_rgb(path: Path, grey: np.ndarray) -> None:
    Image.fromarray(grey).convert("RGB").save(path.with_suffix(".png"))


def _grey(path: Path, grey: np.ndarray) -> None:
    Image.fromarray(grey).save(path.with_suffix(".png"))


def _colour(path: Path, grey: np.ndarray) -> None:
    Image.fromarray(np.stack([grey, grey // 2, grey // 3], axis=-1)).save(path.with_suffix(".png"))


def _mixed(path: Path, grey: np.ndarray) -> None:
    (_grey, _grey_as_rgb, _colour)[int(path.name) % 3](path, grey)


def _twelve_bits(path: Path, grey: np.ndarray) -> None:
    Image.fromarray(grey.astype(np.uint16) * 16 + 15).save(path.with_suffix(".tif"))


def _fractions(path: Path, grey: np.ndarray) -> None:
    Image.fromarray((grey / 255).astype(np.float32)).save(path.with_suffix(".tif"))


def _set(folder: Path, save: Save) -> Path:
    """Make ten dark and ten light images."""
    rng = np.random.default_rng(0)
    for name, lightest in (("dark", 128), ("light", 256)):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            save(folder / name / str(number), rng.integers(0, lightest, (20, 20), np.uint8))
    return folder


def _trained(folder: Path, save: Save) -> Run:
    data = load(_set(folder / "cells", save), size=20)
    return train(data, SHORT, out=folder / "run")


@pytest.fixture(scope="module")
def grey_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _trained(tmp_path_factory.mktemp("grey"), _grey)


@pytest.fixture(scope="module")
def colour_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _trained(tmp_path_factory.mktemp("colour"), _mixed)


@pytest.mark.parametrize("save", [_grey, _grey_as_rgb, _mixed, _twelve_bits, _fractions])
def test_the_very_files_of_the_training_are_predicted_alike(tmp_path: Path, save: Save) -> None:
    run = _trained(tmp_path, save)
    expected = {
        address: row
        for split in run.data().splits.values()
        for address, row in zip(split.addresses, run.classifier.probabilities(split.images), strict=True)
    }
    found = predict_files(open_run(run.folder), [tmp_path / "cells"])
    assert len(found.paths) == 20
    assert found.notes == ()
    np.testing.assert_allclose(found.probabilities, [expected[path] for path in found.paths], atol=1e-6)


def test_a_run_may_be_given_by_its_folder(colour_run: Run) -> None:
    for form in (str, Path):
        assert as_run(form(colour_run.folder)).config == colour_run.config
    assert as_run(colour_run) is colour_run


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (list, "a list"),
        (torch.from_numpy, "a Tensor"),
        (lambda images: Split(images, np.zeros(2, np.int64), ("a", "b")), "a Split"),
    ],
)
def test_images_in_another_form_are_told_how_to_be_given(
    colour_run: Run, wrap: Callable[[np.ndarray], Any], words: str
) -> None:
    images = np.zeros((2, 20, 20, 3), np.uint8)
    with pytest.raises(
        ModelError,
        match=rf"^{words} of this kind cannot be predicted: .* one uint8 array .*np\.stack.*, or as paths$",
    ):
        predict(colour_run, wrap(images))
    assert predict(colour_run, np.stack(list(images))).shape == (2, 2)


def test_a_blank_tile_is_predicted_by_a_network_for_colour(colour_run: Run, tmp_path: Path) -> None:
    for mode in ("L", "RGB"):
        Image.new(mode, (20, 20), "white").save(tmp_path / f"{mode}.png")
    assert colour_run.classifier.image_shape == (20, 20, 3)
    np.testing.assert_array_equal(*predict(colour_run, tmp_path))


def test_colour_alone_is_refused_by_a_network_for_grey(grey_run: Run, tmp_path: Path) -> None:
    grey = np.random.default_rng(1).integers(0, 256, (20, 20), np.uint8)
    for name, save in (("grey", _grey), ("as-rgb", _grey_as_rgb), ("colour", _colour)):
        save(tmp_path / name, grey)
    with pytest.raises(ImageFileError, match=r"colour\.png is in colour: expected greyscale"):
        predict(grey_run, tmp_path)
    found = predict_files(grey_run, [tmp_path], skip_bad=True)
    assert [Path(path).name for path in found.paths] == ["as-rgb.png", "grey.png"]
    np.testing.assert_array_equal(*found.probabilities)
    assert [Path(path).name for path, _ in found.skipped] == ["colour.png"]


def test_a_deep_file_is_read_at_the_level_of_the_training(tmp_path: Path) -> None:
    """A dark file alone would be taken for one of 10 bits."""
    run = _trained(tmp_path, _twelve_bits)
    dark, same = tmp_path / "dark.tif", tmp_path / "same.png"
    Image.fromarray(np.full((20, 20), 1000, np.uint16)).save(dark)
    Image.fromarray(np.full((20, 20), round(1000 * 255 / 4095), np.uint8)).save(same)
    np.testing.assert_array_equal(*predict(run.folder, [dark, same]))
    Image.fromarray(np.full((20, 20), 5000, np.uint16)).save(dark)
    with pytest.raises(ImageFileError, match="4095 is white in the other images"):
        predict(run, [dark])


def test_deep_files_of_a_kind_that_the_training_had_not_are_told_of(grey_run: Run, tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 3000, np.uint16)).save(tmp_path / "deep.tif")
    (note,) = predict_files(grey_run, [tmp_path]).notes
    assert "4095 was taken for white" in note
    assert "The training had no such files" in note


def test_a_run_from_before_levels_were_kept_reads_as_it_did(grey_run: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(grey_run.folder, tmp_path / "old"))
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assert facts["preprocessing"].pop("white") == {"whole": None, "fraction": None}
    (folder / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    assert open_run(folder).classifier.preprocessing.white == WhiteLevels(whole=65535, fraction=255)


def test_a_run_within_the_folder_of_its_data_is_no_class(tmp_path: Path) -> None:
    folder = _set(tmp_path / "cells", _grey)
    before = load(folder, size=20)
    run = train(before, SHORT, out=folder / "runs" / "first")
    assert list((run.folder / "figures").glob("*.png"))
    assert load(folder, size=20).fingerprint == before.fingerprint
    assert open_run(run.folder).data().class_names == ("dark", "light")
    assert len(predict(run, folder)) == 20


def test_files_of_other_endings_are_counted(colour_run: Run, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (20, 20), "white").save(tmp_path / name)
    for name in ("a.czi", "sub/b.CZI", "notes", "Thumbs.db", ".hidden.czi"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = predict_files(colour_run, [tmp_path])
    assert len(found.paths) == 2
    assert found.notes == (
        "Passed over, since only .png, .jpg, .jpeg, .tif, .tiff, .bmp, .webp are read: .czi (2), no ending (1).",
    )


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let seven images of 20 pixels be read before they are predicted."""
    monkeypatch.setattr(predicting, "AT_ONCE", 7 * 20 * 20 // 28**2 + 1)


@pytest.mark.usefixtures("in_parts")
def test_many_files_are_predicted_in_parts_as_at_once(
    colour_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted(_set(tmp_path / "cells", _mixed).rglob("*.png"))
    (tmp_path / "cells" / "dark" / "5.png").write_bytes(b"")
    told: list[tuple[int, int]] = []
    found = predict_files(
        colour_run, paths, skip_bad=True, progress=lambda done, n, _: told.append((done, n))
    )
    assert len(found.paths) == 19
    assert [Path(path).name for path, _ in found.skipped] == ["5.png"]
    assert {n for _, n in told} == {20}
    assert max(done for done, _ in told) == 20
    monkeypatch.setattr(predicting, "AT_ONCE", 10**6)
    whole = predict_files(colour_run, paths, skip_bad=True)
    assert (found.paths, found.skipped, found.notes) == (whole.paths, whole.skipped, whole.notes)
    np.testing.assert_allclose(found.probabilities, whole.probabilities, atol=1e-6)
    assert predict_files(colour_run, []).probabilities.shape == (0, 2)


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize(
    ("brightest", "again"),
    [({}, []), ({0: 4095, 7: 4095, 14: 4095}, []), ({19: 4095}, [0, 7]), ({0: 4095, 7: 4000}, [14])],
)
def test_parts_that_took_the_value_of_all_for_white_are_read_once(
    grey_run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    brightest: dict[int, int],
    again: list[int],
) -> None:
    deep = [tmp_path / f"{number:02}.tif" for number in range(20)]
    for number, path in enumerate(deep):
        Image.fromarray(np.full((20, 20), brightest.get(number, 1000), np.uint16)).save(path)
    begun: list[int] = []

    def read(paths: list[Path], *arguments: Any, **options: Any) -> FileImages:
        begun.append(deep.index(paths[0]))
        return read_images(paths, *arguments, **options)

    monkeypatch.setattr(predicting, "read_images", read)
    predict_files(grey_run, deep)
    assert begun == [0, 7, 14, *again]


@pytest.mark.usefixtures("in_parts")
def test_parts_take_the_same_value_for_white(grey_run: Run, tmp_path: Path) -> None:
    deep = [tmp_path / f"{number:02}.tif" for number in range(20)]
    for number, path in enumerate(deep):
        Image.fromarray(np.full((20, 20), 4095 if number == 19 else 1000, np.uint16)).save(path)
    found = predict_files(grey_run, deep)
    assert np.ptp(found.probabilities[:19], axis=0).max() < 1e-6
    assert "4095 was taken for white" in found.notes[0]
    same = tmp_path / "same.png"
    Image.fromarray(np.full((20, 20), round(1000 * 255 / 4095), np.uint8)).save(same)
    np.testing.assert_allclose(predict(grey_run, same)[0], found.probabilities[0], atol=1e-6)


def test_files_that_show_more_than_those_of_the_training_are_told_of(tmp_path: Path) -> None:
    run = train(load(_set(tmp_path / "set", _grey), size=28), SHORT, out=tmp_path / "run")
    assert open_run(run.folder).config["data"]["file_size"] == [20, 20]
    told = []
    for side in (20, 59, 60):
        Image.new("L", (side, side)).save(tmp_path / f"{side}.png")
        told.append(predict_files(run, [tmp_path / f"{side}.png"]).notes)
    assert told[:2] == [(), ()]
    assert told[2][0].startswith(
        "Most of these files have about 60x60 pixels, those of the training had about 20x20"
    )


def test_of_images_that_were_no_files_no_size_is_known(tmp_path: Path, discs: ImageDataset) -> None:
    whole = load(_set(tmp_path / "set", _grey), size=28)
    own = {"height": np.full(len(whole.train), 1.8), "width": np.full(len(whole.train), 0.4)}
    facts = dataclasses.replace(whole.train, metadata={**whole.train.metadata, **own})  # a patient's, say
    column = {"format": np.full(len(discs.train), "tall")}
    formats = dataclasses.replace(discs.train, metadata=column)
    for data in (discs, dataclasses.replace(whole, train=facts), dataclasses.replace(discs, train=formats)):
        run = train(data, SHORT, out=tmp_path / "run", overwrite=True)
        assert "file_size" not in run.config["data"]
        Image.new("RGB", (900, 900)).save(tmp_path / "large.png")
        assert len(predict_files(run, [tmp_path / "large.png"], skip_bad=True).notes) == 0
