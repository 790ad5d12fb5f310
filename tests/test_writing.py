"""A write that fails leaves the old file, and says why in one line."""

import errno
from pathlib import Path

import pytest

from giemsa.errors import RunError
from giemsa.writing import replacing, write_json


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; choose another place with --out, or free some space"),
        (errno.EROFS, "made for the test; choose another place with --out"),
    ],
)
def test_a_failed_write_keeps_the_old_file(tmp_path: Path, number: int, words: str) -> None:
    path = tmp_path / "value.json"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RunError) as caught, replacing(path) as beside:
        beside.write_text("half", encoding="utf-8")
        raise OSError(number, "made for the test")
    assert str(caught.value) == f"cannot write {path}: {words}"
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_may_be_removed_the_file_is_named_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "hidden.part")

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(RunError, match=r"cannot write .*value\.json: Read-only file system"):
        write_json(tmp_path / "value.json", {})


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("of somebody else", encoding="utf-8")
    (tmp_path / ".value.json.part").symlink_to(other)
    with replacing(tmp_path / "value.json") as beside:
        beside.write_text("new", encoding="utf-8")
    assert other.read_text(encoding="utf-8") == "of somebody else"
    assert (tmp_path / "value.json").read_text(encoding="utf-8") == "new"


def test_json_that_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"zell\u00e9": [1, None], "raw": "\udcff"})
    assert path.read_text(encoding="utf-8").splitlines()[0] == "{"
    old = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"accuracy": float("nan")})
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(RunError, match="cannot write"):
        write_json(tmp_path / "missing" / "value.json", {})
