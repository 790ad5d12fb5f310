"""A folder of images: a sub-folder a class, or train, val and test above them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from giemsa.data.dataset import SPLITS
from giemsa.data.files import (
    ENDINGS,
    ending_words,
    files_below,
    holds_results,
    images_below,
    is_image,
    open_folders,
    other_endings,
    tell_others,
)
from giemsa.data.records import SPLIT_WORDS, Records, one_spelling
from giemsa.errors import DataError


def read_folder(folder: Path) -> Records:
    """List the images of a folder; hidden folders and giemsa's own results are passed over, and files of other endings counted.

    Raises
    ------
    DataError : no images, images outside of any class's folder, only some of train, val and test, or other folders beside them.
    """
    inside = _folders(folder)
    others = [sub.name for sub in inside if _split_of(sub) is None]
    if inside and not others:
        return _with_splits(folder, inside)
    if len(others) < len(inside):
        splits = [sub.name for sub in inside if sub.name not in others]
        raise DataError(
            f"{folder} has folders for splits ({', '.join(splits)}) and beside them {', '.join(others)}: expected folders of "
            "splits alone, or of classes alone; move the others elsewhere, or rename them"
        )
    _check_classes(folder, inside)
    paths, names, passed_over = _by_class(folder, inside)
    return Records(paths, names, notes=(*_tell_inner(folder, paths, depth=1), *tell_others(passed_over)))


def _tell_inner(folder: Path, paths: Iterable[str], *, depth: int) -> Iterator[str]:
    """Yield a sentence where images lie in folders within those of the classes, which are ``depth`` below ``folder``."""
    places = sorted({Path(path).parent for path in paths})
    inner = [place.relative_to(folder) for place in places if len(place.relative_to(folder).parts) > depth]
    if len(inner) > 1:
        yield (
            f"The {len(inner)} folders within those of the classes, such as {inner[0]}, say nothing to giemsa: if each is a "
            "patient or a slide, put that into the column group of a manifest, and a split that giemsa makes cuts through none."
        )


def _folders(folder: Path) -> list[Path]:
    """Return the sub-folders, each of a class or a split; one that holds results instead of images is neither."""
    strays = [path for path in sorted(folder.iterdir()) if _is_stray(path)]
    if strays:
        raise DataError(
            f"{strays[0]} lies outside of any class's folder ({len(strays)} image{'s' * (len(strays) > 1)} in {folder}): "
            "expected every image in the folder of its class; move what is to be learnt there, and the rest elsewhere"
        )
    return [sub for sub in open_folders(folder) if any(images_below(sub)) or not holds_results(sub)]


def _is_stray(path: Path) -> bool:
    return is_image(path) and not path.name.startswith(".") and not path.is_dir()


def _split_of(folder: Path) -> str | None:
    """Return the split that a folder is called after, if it is."""
    return SPLIT_WORDS.get(one_spelling(folder.name).lower())


def _check_classes(folder: Path, inside: list[Path]) -> None:
    """Refuse what is surely not meant: a single folder around those of the classes, and splits by other names."""
    if len(inside) == 1 and open_folders(inside[0]):
        raise DataError(
            f"all images of {folder} lie in {inside[0].name}, which would be the only class: expected at least two class "
            f"folders; if those in {inside[0]} are the classes, give that folder"
        )
    words = [re.findall(r"[^\W\d_]+", sub.name.lower()) for sub in inside]
    named = {SPLIT_WORDS[word] for parts in words for word in parts if word in SPLIT_WORDS}
    if {"train", "test"} <= named or {"train", "val"} <= named:
        raise DataError(
            f"{', '.join(sub.name for sub in inside)} in {folder} are called like splits and would be classes: expected train, "
            "val and test, or folders of classes alone; rename them"
        )


def _by_class(folder: Path, classes: list[Path]) -> tuple[tuple[str, ...], tuple[str, ...], Counter[str]]:
    """Return the images of all class folders, their classes, and how many files there are of each other ending."""
    files = {sub: list(files_below(sub)) for sub in classes}
    images = {sub: [str(file) for file in files[sub] if is_image(file)] for sub in classes}
    others = {sub: other_endings(files[sub]) for sub in classes}
    if not any(images.values()) and not any(others.values()):
        raise DataError(
            f"no images in {folder}: expected a sub-folder for each class with files ending in {', '.join(ENDINGS)}"
        )
    for sub in classes:
        _check_class(folder, sub, images[sub], others[sub])
    names = tuple(one_spelling(sub.name) for sub in classes for _ in images[sub])
    return tuple(chain.from_iterable(images.values())), names, sum(others.values(), Counter[str]())


def _check_class(folder: Path, sub: Path, images: list[str], beside: Counter[str]) -> None:
    """Refuse a class folder without an image, or whose name is no text."""
    if not _is_text(sub.name):
        raise DataError(
            f"the name of the class folder {sub.name!r} is not UTF-8, as names from archives made on Windows often are: "
            f"rename it in {folder}, since it is the class's name on every page and figure"
        )
    if not images and beside:
        raise DataError(
            f"the class folder {sub} holds no image, but files of other endings, {ending_words(beside)}: expected "
            f"{', '.join(ENDINGS)}; save them as such, or remove the folder"
        )
    if not images:
        raise DataError(f"the class folder {sub} holds no image: add some, or remove the folder")


def _is_text(name: str) -> bool:
    """Say whether a name from the disk, whose bytes may be any, can be written as text."""
    return name.encode("utf-8", "replace").decode() == name


def _with_splits(folder: Path, inside: list[Path]) -> Records:
    splits = {_split_of(sub): sub for sub in inside}
    missing = [name for name in ("train", "test") if name not in splits]
    if missing:
        raise DataError(
            f"{folder} has folders for {', '.join(map(str, splits))} but not for {' and '.join(missing)}: expected train, val "
            "and test, or train and test, of which val is then taken from train, or class folders alone, which are then split "
            "70/10/20"
        )
    if len(splits) < len(inside):
        raise DataError(
            f"{folder} has two folders for one split among {', '.join(sub.name for sub in inside)}: "
            "expected one each of train, val and test"
        )
    addresses: list[str] = []
    classes: list[str] = []
    of_split: list[str] = []
    passed_over = Counter[str]()
    for name in filter(splits.__contains__, SPLITS):
        paths, names, others = _by_class(splits[name], _folders(splits[name]))
        addresses += paths
        classes += names
        of_split += [name] * len(paths)
        passed_over += others
    notes = (*_tell_inner(folder, addresses, depth=2), *tell_others(passed_over))
    return Records(tuple(addresses), tuple(classes), tuple(of_split), notes=notes)
