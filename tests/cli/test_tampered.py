"""A run folder that came from somebody else, or was damaged: whatever its files hold, a command ends well, or with one line."""

import contextlib
import hashlib
import io
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from giemsa.cli.app import status_of
from giemsa.data.dataset import ImageDataset
from giemsa.plots.gallery import Picture, save_pictures
from giemsa.plots.style import new_figure

JSON_FILES = (
    "config.json",
    "model.json",
    "metrics.json",
    "audit.json",
    "evaluation/evaluation.json",
    "interpretation/interpretation.json",
    "figures/index.json",
)
TABLES = ("history.csv", "predictions/test.csv")
MISSING = object()
WRONG: tuple[Any, ...] = (
    *(MISSING, None, True, -1, 0.5, 10**12, 10**400, math.nan, math.inf),
    *("", "x", "\x00\n\ud800", "x" * 10_000, [], [[]], ["x", "x"], {}, {"x": 1}),
)
WRONG_WORDS = ("", "x", "nan", "inf", "-1", "1e400", "9" * 5_000, '"', "0,0", "\x00")
TRAINING = ["--model", "tutorial", "--epochs", "1", "--precision", "float32", "--symmetry", "mirror"]


def _told(arguments: list[str]) -> tuple[int, str]:
    """Run a command; return its status and what it said on stderr, which is one line where it refuses, else nothing."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = status_of([*arguments, "--quiet"])
    assert status in (0, 2), said.getvalue()
    assert len(said.getvalue().splitlines()) == (status == 2), said.getvalue()
    return status, said.getvalue()


@pytest.fixture(scope="module")
def place(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``discs.npz``, an ``image.png`` and a ``run`` that has seen every stage, few figures in it."""
    place = tmp_path_factory.mktemp("place")
    arrays = {}
    for name, split in discs.splits.items():
        arrays |= {f"{name}_images": split.images, f"{name}_labels": split.labels}
    np.savez(place / "discs.npz", **arrays)
    Image.fromarray(discs.test.images[0]).save(place / "image.png")
    run, data = str(place / "run"), str(place / "discs.npz")
    for arguments in (
        ["train", data, "--out", run, *TRAINING],
        ["audit", data, "--quick", "--out", run, "--overwrite"],
        ["evaluate", run],
        ["interpret", run, "--quick"],
    ):
        assert _told(arguments)[0] == 0, arguments
    shutil.rmtree(place / "run" / "figures")
    figure = new_figure(2, 2)
    figure.subplots().plot([0, 1])
    save_pictures(
        place / "run" / "figures",
        [Picture(f"{stage}-line", figure, "a", "b", "c") for stage in ("train", "audit")],
    )
    return place


def _commands(place: Path) -> list[list[str]]:
    """Return the commands that read a run folder and change nothing in it but its page."""
    run = str(place / "run")
    return [
        ["predict", run, str(place / "image.png")],
        ["compare", run, run],
        ["compare", run, run, run],
        ["report", run],
        ["train", "--resume", run],
    ]


@contextlib.contextmanager
def _changed(path: Path, content: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def _fields(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every field, of lists the first two entries."""
    yield here
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for key, each in inside:
        yield from _fields(each, (*here, key))


def _with(value: Any, field: tuple[Any, ...], wrong: Any) -> Any:
    """Return a copy of ``value`` in which a field holds ``wrong``, or is missing."""
    if not field:
        return {} if wrong is MISSING else wrong
    key, *rest = field
    copied = value.copy()
    if rest:
        copied[key] = _with(value[key], tuple(rest), wrong)
    elif wrong is MISSING:
        copied.pop(key)
    else:
        copied[key] = wrong
    return copied


def _one_changed(place: Path, name: str, field: str, wrong: Any) -> contextlib.AbstractContextManager[None]:
    """Change a field, named as ``a.b.0``, of a file of the run for a while."""
    path = place / "run" / name
    keys = tuple(int(key) if key.isdigit() else key for key in field.split(".") if key)
    value = _with(json.loads(path.read_text(encoding="utf-8")), keys, wrong)
    return _changed(path, json.dumps(value).encode())


@settings(max_examples=60, derandomize=True)
@given(draw=st.data())
def test_whatever_a_field_holds_a_command_ends_well_or_in_one_line(place: Path, draw: st.DataObject) -> None:
    path = place / "run" / draw.draw(st.sampled_from(JSON_FILES), "file")
    value = json.loads(path.read_text(encoding="utf-8"))
    field = draw.draw(st.sampled_from(list(_fields(value))), "field")
    wrong = draw.draw(st.sampled_from(WRONG), "value")
    with _changed(path, json.dumps(_with(value, field, wrong)).encode()):
        for arguments in _commands(place):
            status, said = _told(arguments)
            assert status == 0 or path.name in said or "config.json" in said, said


@settings(max_examples=30, derandomize=True)
@given(draw=st.data())
def test_whatever_a_table_holds_a_command_ends_well_or_in_one_line(place: Path, draw: st.DataObject) -> None:
    path = place / "run" / draw.draw(st.sampled_from(TABLES), "file")
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    row = draw.draw(st.integers(0, len(lines) - 1), "row")
    lines[row][draw.draw(st.integers(0, len(lines[row]) - 1), "column")] = draw.draw(
        st.sampled_from(WRONG_WORDS), "word"
    )
    kept = lines[: draw.draw(st.sampled_from((len(lines), row, row + 1)), "rows")]
    with _changed(path, "\n".join(map(",".join, kept)).encode()):
        for arguments in _commands(place):
            status, said = _told(arguments)
            assert status == 0 or path.name in said, said


@settings(max_examples=20, derandomize=True)
@given(draw=st.data())
def test_whatever_the_weights_hold_predict_ends_well_or_in_one_line(place: Path, draw: st.DataObject) -> None:
    """Somebody else knows how to make the SHA-256 right."""
    path, described = place / "run" / "model.safetensors", place / "run" / "model.json"
    content = bytearray(path.read_bytes())
    start = draw.draw(st.integers(0, len(content) - 1) | st.integers(0, 2000), "place")
    content[start : start + 4] = draw.draw(st.binary(max_size=8), "bytes")
    facts = json.loads(described.read_text(encoding="utf-8"))
    facts["weights_sha256"] = hashlib.sha256(content).hexdigest()
    with _changed(path, bytes(content)), _changed(described, json.dumps(facts).encode()):
        _told(["predict", str(place / "run"), str(place / "image.png")])


@pytest.mark.parametrize("name", [*JSON_FILES, *TABLES, "model.safetensors"])
def test_a_folder_in_the_place_of_a_file_is_one_line(place: Path, tmp_path: Path, name: str) -> None:
    run = Path(shutil.copytree(place / "run", tmp_path / "run"))
    (run / name).unlink()
    (run / name).mkdir()
    shutil.copy(place / "image.png", tmp_path)
    for arguments in _commands(tmp_path):
        _told(arguments)


@pytest.mark.parametrize(
    ("name", "field", "wrong", "words"),
    [
        (
            "config",
            "device",
            "cuda:9",
            "config.json was changed or damaged: device is 'cuda:9', expected cpu, cuda",
        ),
        ("config", "seed", "x", "seed is 'x', expected a whole number; put back the file"),
        ("config", "data", None, "data is null, expected an object"),
        (
            "config",
            "symmetry",
            "point",
            "symmetry is 'point', expected none, mirror, mirror and quarter turns",
        ),
        ("config", "recipe.epochs", 10**12, "recipe: epochs must be below 1,000,000,000, got 1000000000000"),
        ("config", "recipe.name", ["fast"], "recipe: name must be a word"),
        ("config", "data.class_names", ["a", "b"], "config.json tells of 2 classes"),
        ("config", "data.source.progress", 3, ""),
        (
            "model",
            "preprocessing.image_shape.0",
            10**12,
            "image_shape[0] is 1000000000000, expected 1 to 4096",
        ),
        ("model", "preprocessing.image_shape", [4096, 4096, 3], "do not fit the network"),
        (
            "model",
            "preprocessing.image_shape",
            [8, 8, 3],
            "image_shape: model 'tutorial' needs images of at least 20",
        ),
        ("model", "preprocessing.mean", [0.5], "preprocessing.mean holds 1 numbers for 3 channels"),
        ("model", "preprocessing.std.0", 0, "preprocessing.std[0] is 0"),
        ("model", "short_names", ["a", "b"], "short_names are 2, class_names 3"),
        ("model", "class_names", ["a", "a", "b"], "two of class_names are alike"),
        ("model", "class_names", list(map(str, range(99_999))), "short_names are 3, class_names 99999"),
    ],
)
def test_predict_names_file_and_field(place: Path, name: str, field: str, wrong: Any, words: str) -> None:
    with _one_changed(place, f"{name}.json", field, wrong):
        status, said = _told(_commands(place)[0])
    assert (status == 2) == bool(words), said
    assert words in said


@pytest.mark.parametrize(
    ("command", "name", "field", "wrong", "words"),
    [
        (
            "evaluate",
            "audit",
            "test_leaks",
            [30],
            "names test images that the run's data, of 30, do not have",
        ),
        (
            "evaluate",
            "audit",
            "test_suspects",
            "x",
            "test_suspects is 'x', expected a list; run `giemsa audit`",
        ),
        ("evaluate", "figures/index", "", [], "index.json was changed or damaged: all of it is a list of 0"),
        ("interpret", "figures/index", "", [], "index.json was changed or damaged: all of it is a list of 0"),
        ("evaluate", "config", "test_looks", None, "test_looks is null, expected a whole number"),
        (
            "evaluate",
            "config",
            "data.counts.val",
            math.nan,
            "data.counts.val is nan, expected a whole number",
        ),
        ("evaluate", "config", "remark", math.nan, "config.json was changed or damaged (Out of range float"),
        ("report", "evaluation/evaluation", "classes", [], ""),
        ("report", "evaluation/evaluation", "classes.0", MISSING, "evaluation.json tells of 2 classes"),
        (
            "report",
            "evaluation/evaluation",
            "prediction_sets.0.target",
            "x",
            "prediction_sets[0].target is 'x'",
        ),
        ("report", "interpretation/interpretation", "map.indices.0", 30, "map is not of these images"),
        ("report", "interpretation/interpretation", "map.labels.0", 3, "map is not of these images"),
        ("report", "interpretation/interpretation", "map.pca", [[0, 0]], "map is not of these images"),
    ],
)
def test_a_stage_names_file_and_field(
    place: Path, command: str, name: str, field: str, wrong: Any, words: str
) -> None:
    with _one_changed(place, f"{name}.json", field, wrong):
        status, said = _told([command, str(place / "run")])
    assert (status == 2) == bool(words), said
    assert words in said


def test_a_report_tells_of_labels_that_are_not_the_datas(place: Path) -> None:
    path = place / "run" / "predictions" / "test.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    index, label, rest = lines[1].split(",", 2)
    lines[1] = f"{index},{(int(label) + 1) % 3},{rest}"
    for changed in (lines, lines[:-1]):
        with _changed(path, "\n".join(changed).encode()):
            status, said = _told(["report", str(place / "run")])
        assert status == 2
        assert "predictions/test.csv has other labels than the data; run `giemsa evaluate` again" in said


def test_it_is_said_which_data_are_read(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(place / "run", tmp_path / "run"))
    for words in (["report", str(run)], ["compare", str(run), str(run)], ["train", "--resume", str(run)]):
        assert status_of(words) == 0
        assert capsys.readouterr().err.splitlines()[0] == f"the run's data: {place / 'discs.npz'}"
    moved = shutil.copy(place / "discs.npz", tmp_path / "moved.npz")
    assert status_of(["report", str(run), "--data", str(moved)]) == 0
    assert capsys.readouterr().err.splitlines() == [f"the run's data: {moved}"]


def test_a_history_that_is_gone_is_one_line_where_it_is_needed(place: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(place / "run", tmp_path / "run"))
    (run / "history.csv").unlink()
    status, said = _told(["train", "--resume", str(run)])
    assert status == 2
    assert "history.csv is missing or empty: the run folder is incomplete; train again" in said
    assert _told(["report", str(run)])[0] == 0


def test_a_damaged_index_is_told_before_the_audit(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("giemsa.auditing.audit.audit", never)
    audit = ["audit", str(place / "discs.npz"), "--out", str(place / "run"), "--overwrite"]
    with _one_changed(place, "figures/index.json", "audit-line", 3):
        status, said = _told(audit)
    assert status == 2
    assert "index.json was changed or damaged: audit-line is 3, expected an object; remove it" in said
