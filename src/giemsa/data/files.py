"""Which files are images: those with an image's ending, but for what hides, and for the figures of giemsa's own runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from giemsa.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
RUN_KEYS = {"version", "recipe", "data", "seed"}


def image_files(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the files among ``paths``, and the images in the folders among them, in order of name.

    Raises
    ------
    DataError : a path does not exist, or a folder holds no image.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = list(images_below(path))
            if not inside:
                raise DataError(
                    f"no image in the folder {path}: expected files ending in {', '.join(ENDINGS)}"
                )
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise DataError(f"{path} does not exist: expected an image file or a folder of them")
    return tuple(found)


def is_image(path: Path) -> bool:
    """Return whether a path is a visible file with an image's ending."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


def images_below(folder: Path) -> Iterator[Path]:
    """Yield the images in a folder and in the folders below it, in order of name."""
    below = set(open_folders(folder))
    for path in sorted(folder.iterdir()):
        if path in below and not path.is_symlink():  # a link could lead round in a circle
            yield from images_below(path)
        elif is_image(path):
            yield path


def open_folders(folder: Path) -> list[Path]:
    """Return the sub-folders where images are looked for: neither hidden, nor a program's own, nor a run of giemsa's."""
    return sorted(
        sub
        for sub in folder.iterdir()
        if not sub.name.startswith((".", "__")) and sub.is_dir() and not is_run_folder(sub)
    )


def holds_runs(folder: Path) -> bool:
    """Return whether a run of giemsa's lies in a folder, as in the ``runs`` that a training makes."""
    return any(is_run_folder(sub) for sub in folder.iterdir() if sub.is_dir())


def is_run_folder(folder: Path) -> bool:
    """Return whether a training of giemsa's left this folder; its ``config.json`` says so."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.keys() >= RUN_KEYS
