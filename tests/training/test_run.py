"""A run folder that is incomplete, of a newer version or tampered with is refused in one line."""

import errno
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from giemsa.data.dataset import ImageDataset
from giemsa.data.load import load
from giemsa.errors import DataError, GiemsaError, RunError
from giemsa.evaluation.evaluate import evaluate
from giemsa.interpretation.interpret import interpret
from giemsa.models import build_model
from giemsa.training import model_file
from giemsa.training.files import file_digest
from giemsa.training.predictions_csv import read_predictions
from giemsa.training.recipes import Recipe
from giemsa.training.run import open_run
from giemsa.training.train import train


@pytest.fixture(scope="module")
def made(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = Recipe(name="short", model="tutorial", epochs=1, precision="float32", minimum_steps=0)
    return train(discs, recipe, out=tmp_path_factory.mktemp("runs") / "made").folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def _change(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def _refused(folder: Path) -> str:
    with pytest.raises(GiemsaError) as caught:
        _ = open_run(folder).classifier
    words = str(caught.value)
    assert "\n" not in words
    return words


def test_a_network_that_standardises_each_image_comes_back(discs: ImageDataset, tmp_path: Path) -> None:
    recipe = Recipe(model="tutorial", epochs=1, precision="float32", minimum_steps=0, standardize="image")
    run = train(discs, recipe, out=tmp_path / "run")
    found, expected = (opened.classifier.logits(discs.val.images) for opened in (open_run(run.folder), run))
    assert torch.equal(found, expected)
    darker = (discs.val.images // 2).astype("uint8")
    assert torch.allclose(found, run.classifier.logits(darker), atol=0.1 * found.std().item())


@pytest.mark.parametrize("look", [evaluate, interpret])
def test_a_folder_that_cannot_be_written_is_told_before_it_is_looked_into(
    look: Callable[[Path], object], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(dir: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("giemsa.writing.TemporaryFile", denied)
    monkeypatch.setattr("giemsa.training.run.Run.data", lambda run: pytest.fail("the data are read"))
    with pytest.raises(
        RunError, match=r"cannot write into .*made: Read-only file system; .* another place that"
    ):
        look(made)


def test_no_folder(tmp_path: Path) -> None:
    assert "there is no run folder" in _refused(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["config.json", "model.json", "model.safetensors"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing" in _refused(folder)


@pytest.mark.parametrize("name", ["config.json", "model.json", "model.safetensors"])
def test_a_truncated_file(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert name in _refused(folder)


@pytest.mark.parametrize("name", ["config.json", "model.json"])
def test_a_newer_version(folder: Path, name: str) -> None:
    _change(folder / name, version=99)
    assert "of version 99, this giemsa reads up to 1: install a newer giemsa" in _refused(folder)


def test_changed_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert "its SHA-256 differs" in _refused(folder)


@pytest.mark.parametrize("name", ["config.json", "model.json"])
def test_a_file_nested_too_deep(folder: Path, name: str) -> None:
    (folder / name).write_text("[" * 100_000, encoding="utf-8")
    assert f"{name} is not readable JSON" in _refused(folder)


@pytest.mark.parametrize("preprocessing", [{"image_shape": 3}, "none"])
def test_a_garbled_description(folder: Path, preprocessing: object) -> None:
    _change(folder / "model.json", preprocessing=preprocessing)
    assert "model.json was changed or damaged: preprocessing" in _refused(folder)


@pytest.mark.parametrize("temperature", ["hot", 0, -1.0])
def test_a_temperature_that_is_none(folder: Path, temperature: object) -> None:
    _change(folder / "model.json", temperature=temperature)
    assert f"temperature is {temperature!r}, expected" in _refused(folder)


def test_a_recipe_of_a_newer_version(folder: Path) -> None:
    recipe = json.loads((folder / "config.json").read_text(encoding="utf-8"))["recipe"]
    _change(folder / "config.json", recipe=recipe | {"mixup": 0.1})
    with pytest.raises(RunError, match="has mixup, which this giemsa does not know: install"):
        _ = open_run(folder).recipe


def test_predictions_that_were_changed(folder: Path) -> None:
    (folder / "predictions" / "val.csv").write_text("index,label,a\n0,1,x\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"val\.csv is not what giemsa wrote .*: it was changed or cut short"):
        open_run(folder).predictions("val")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("0,0,0.7,0.7", "row 0 of its probabilities does not sum to one"),
        ("0,0,1.5,-0.5", "row 0 of its probabilities lies outside 0 to 1"),
        ("0,0,nan,1", "row 0 of its probabilities holds a value that is not a number"),
    ],
)
def test_predictions_that_are_no_probabilities(tmp_path: Path, row: str, fault: str) -> None:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "val.csv").write_text(f"index,label,a,b\n{row}\n", encoding="utf-8")
    with pytest.raises(RunError, match=fault):
        read_predictions(tmp_path, "val", 2)


def test_a_pickle_is_never_opened(folder: Path) -> None:
    import pickle

    (folder / "model.safetensors").write_bytes(pickle.dumps({"weights": 1}))
    assert "is not a readable safetensors file" in _refused(folder)


def test_missing_predictions_name_the_command(folder: Path) -> None:
    with pytest.raises(RunError, match="it is written by `giemsa evaluate`"):
        open_run(folder).predictions("test")


def test_tables_that_are_cut_short(folder: Path) -> None:
    for name in ("history.csv", "predictions/val.csv"):
        content = (folder / name).read_text(encoding="utf-8").rstrip()
        (folder / name).write_text(content[: content.rindex(",")], encoding="utf-8")
    with pytest.raises(RunError, match=r"history\.csv is not readable"):
        _ = open_run(folder).history
    with pytest.raises(RunError, match=r"val\.csv is not what giemsa wrote"):
        open_run(folder).predictions("val")


def test_data_on_another_machine_are_not_asked_for_on_the_word_of_a_file(folder: Path) -> None:
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))["data"]
    for place in (r"\\server\share\cells", "//server/share/cells", "https://server/cells.npz"):
        _change(folder / "config.json", data=described | {"source": {"data": place}})
        with pytest.raises(RunError, match=r"the data lie on another machine, .*: nothing is asked of it"):
            open_run(folder).data()
        with pytest.raises(DataError, match="does not exist"):  # looked for, since it was asked for
            open_run(folder, data=place).data()


def test_data_that_were_moved_are_found_where_they_are_said_to_lie(
    discs: ImageDataset, tmp_path: Path
) -> None:
    arrays = {}
    for name, split in discs.splits.items():
        arrays |= {f"{name}_images": split.images, f"{name}_labels": split.labels}
    np.savez(tmp_path / "old.npz", **arrays)
    recipe = Recipe(model="tutorial", epochs=1, precision="float32", minimum_steps=0, symmetry="mirror")
    run = train(tmp_path / "old.npz", recipe, out=tmp_path / "run")
    (tmp_path / "old.npz").rename(tmp_path / "new.npz")
    with pytest.raises(
        RunError, match=r"are no longer at .*old\.npz: put them back, or say where they lie with --data"
    ):
        open_run(run.folder).data()
    moved = open_run(run.folder, data=tmp_path / "new.npz")
    assert moved.place == str(tmp_path / "new.npz")
    assert moved.data().fingerprint == discs.fingerprint


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Return a folder of two classes of four images each, and a run on them beside it, called ``run``."""
    for name in ("a", "b"):
        (tmp_path / "cells" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / "cells" / name / f"{number}.png")
    recipe = Recipe(model="tutorial", epochs=1, precision="float32", minimum_steps=0, symmetry="mirror")
    train(load(tmp_path / "cells", size=28), recipe, out=tmp_path / "run")
    return tmp_path / "cells"


def test_of_data_that_are_others_now_it_is_told_how_many(cells: Path) -> None:
    Image.new("RGB", (9, 9), (9, 9, 0)).save(cells / "a" / "9.png")
    Image.new("RGB", (9, 9), (8, 9, 0)).save(cells / "a" / "8.png")
    with pytest.raises(RunError, match=r"trained on: train has 6 images, expected 4; its SHA-256 is"):
        open_run(cells.parent / "run").data()


def test_an_image_that_was_damaged_since_is_no_image_to_leave_out(cells: Path) -> None:
    (cells / "b" / "2.png").write_bytes(b"")
    with pytest.raises(RunError, match=r"not what it was trained on: .*2\.png is empty .*; replace it$"):
        open_run(cells.parent / "run").data()


def test_only_what_load_takes_is_handed_to_it(folder: Path, tmp_path: Path) -> None:
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))["data"]
    (tmp_path / "there.npz").touch()
    _change(
        folder / "config.json",
        data=described | {"source": {"data": str(tmp_path / "there.npz"), "workers": 3, "size": 20}},
    )
    with pytest.raises(DataError, match=r"there\.npz"):
        open_run(folder).data()


def test_classes_that_the_data_have_not_are_told(folder: Path, discs: ImageDataset) -> None:
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))["data"]
    _change(folder / "config.json", data=described | {"class_names": ["a", "b"]})
    run = open_run(folder, data=discs)
    with pytest.raises(RunError, match=r"data\.class_names are 2, the data has 3 classes"):
        run.data()
    with pytest.raises(
        RunError, match=r"config\.json tells of 2 classes and images of .*, model\.json of 3 and"
    ):
        _ = run.classifier


def test_a_claim_of_large_images_takes_no_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dense layer of such a network would hold 17 GB."""
    bare: list[bool] = []

    def build(*given: Any, **named: Any) -> torch.nn.Module:
        network = build_model(*given, **named)
        bare.append(all(parameter.is_meta for parameter in network.parameters()))
        return network

    monkeypatch.setattr(model_file, "build_model", build)
    preprocessing = json.loads((folder / "model.json").read_text(encoding="utf-8"))["preprocessing"]
    _change(folder / "model.json", preprocessing=preprocessing | {"image_shape": [4096, 4096, 3]})
    assert "do not fit the network" in _refused(folder)
    assert bare == [True]


def test_weights_that_give_no_numbers(folder: Path, discs: ImageDataset) -> None:
    weights = load_file(folder / "model.safetensors")
    name = next(name for name, value in weights.items() if value.ndim == 4)
    for number, words in (
        (math.nan, f"{name} holds what is no number"),
        (math.inf, "gives what is no number"),
    ):
        save_file(weights | {name: torch.full_like(weights[name], number)}, folder / "model.safetensors")
        _change(folder / "model.json", weights_sha256=file_digest(folder / "model.safetensors"))
        with pytest.raises(GiemsaError, match=words):
            open_run(folder).classifier.probabilities(discs.val.images)
