"""A folder of images: a sub-folder a class, or train, val and test above them."""

from __future__ import annotations

from pathlib import Path

from giemsa.data.dataset import SPLITS
from giemsa.data.files import ENDINGS, holds_results, images_below, is_image, open_folders
from giemsa.data.records import SPLIT_WORDS, Records
from giemsa.errors import DataError


def read_folder(folder: Path) -> Records:
    """List the images of a folder; hidden folders and giemsa's own results are passed over.

    Raises
    ------
    DataError : no images, images outside of any class's folder, only some of train, val and test, or other folders beside them.
    """
    inside = _folders(folder)
    others = [sub.name for sub in inside if sub.name.lower() not in SPLIT_WORDS]
    if inside and not others:
        return _with_splits(folder, inside)
    if len(others) < len(inside):
        splits = [sub.name for sub in inside if sub.name not in others]
        raise DataError(
            f"{folder} has folders for splits ({', '.join(splits)}) and beside them {', '.join(others)}: expected folders of "
            "splits alone, or of classes alone; move the others elsewhere, or rename them"
        )
    return Records(*_by_class(folder, inside))


def _folders(folder: Path) -> list[Path]:
    """Return the sub-folders, each of a class or a split; one that holds results instead of images is neither."""
    strays = [path for path in sorted(folder.iterdir()) if is_image(path)]
    if strays:
        raise DataError(
            f"{strays[0]} lies outside of any class's folder ({len(strays)} image{'s' * (len(strays) > 1)} in {folder}): "
            "expected every image in the folder of its class; move what is to be learnt there, and the rest elsewhere"
        )
    return [sub for sub in open_folders(folder) if any(images_below(sub)) or not holds_results(sub)]


def _by_class(folder: Path, classes: list[Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [(str(file), sub.name) for sub in classes for file in images_below(sub)]
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
    missing = [name for name in SPLITS if name not in splits]
    if missing:
        raise DataError(
            f"{folder} has folders for {', '.join(splits)} but not for {', '.join(missing)}: expected train, val and test, "
            "or class folders alone, which are then split 70/10/20"
        )
    if len(splits) < len(inside):
        raise DataError(
            f"{folder} has two folders for one split among {', '.join(sub.name for sub in inside)}: "
            "expected one each of train, val and test"
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
