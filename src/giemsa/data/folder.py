"""A folder of images: a sub-folder a class, or train, val and test above them."""

from __future__ import annotations

from pathlib import Path

from giemsa.data.images import ENDINGS, is_image
from giemsa.data.records import SPLIT_WORDS, Records
from giemsa.errors import DataError


def read_folder(folder: Path) -> Records:
    """List the images of a folder.

    Raises
    ------
    DataError : no images, images outside of any class's folder, or only some of train, val and test.
    """
    inside = _folders(folder)
    if inside and all(sub.name.lower() in SPLIT_WORDS for sub in inside):
        return _with_splits(folder, inside)
    addresses, classes = _by_class(folder, inside)
    return Records(addresses, classes)


def _folders(folder: Path) -> list[Path]:
    return sorted(sub for sub in folder.iterdir() if sub.is_dir() and not sub.name.startswith((".", "__")))


def _by_class(folder: Path, classes: list[Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [(str(file), sub.name) for sub in classes for file in sorted(sub.rglob("*")) if is_image(file)]
    if not found:
        raise DataError(
            f"no images in {folder}: expected a sub-folder for each class with files ending in {', '.join(ENDINGS)}"
        )
    with_images = {name for _, name in found}
    for sub in classes:
        if not _is_text(sub.name):
            raise DataError(
                f"the name of the class folder {sub.name!r} is not UTF-8, as names from archives made on Windows often are: "
                f"rename it in {folder}, since it is the class's name on every page and figure"
            )
        if sub.name not in with_images:
            raise DataError(f"the class folder {sub} holds no image: add some, or remove the folder")
    return tuple(path for path, _ in found), tuple(name for _, name in found)


def _is_text(name: str) -> bool:
    """Say whether a name from the disk, whose bytes may be any, can be written as text."""
    return name.encode("utf-8", "replace").decode() == name


def _with_splits(folder: Path, inside: list[Path]) -> Records:
    splits = {SPLIT_WORDS[sub.name.lower()]: sub for sub in inside}
    missing = [name for name in ("train", "val", "test") if name not in splits]
    if missing:
        raise DataError(
            f"{folder} has folders for {', '.join(splits)} but not for {', '.join(missing)}: expected train, val and test, "
            "or class folders alone, which are then split 70/10/20"
        )
    addresses: list[str] = []
    classes: list[str] = []
    of_split: list[str] = []
    for name, sub in splits.items():
        paths, names = _by_class(sub, _folders(sub))
        addresses += paths
        classes += names
        of_split += [name] * len(paths)
    return Records(tuple(addresses), tuple(classes), tuple(of_split))
