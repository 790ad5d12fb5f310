"""Which files are images: those with an image's ending, but for what hides, and for the figures that giemsa draws."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from giemsa.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
OF_WINDOWS = ("thumbs.db", "desktop.ini")  # lie in any folder that was looked at
RUN_KEYS = {"version", "recipe"}
PICTURE_KEYS = {"title", "alt", "shows", "caution"}


def image_files(paths: Iterable[str | Path]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the files among ``paths``, and the images in the folders among them, in order of name.

    Returns
    -------
    tuple : the images, and a sentence on the other files in the folders where there are any.

    Raises
    ------
    DataError : a path does not exist, or a folder holds no image.
    """
    found: list[Path] = []
    passed_over = Counter[str]()
    for path in map(Path, paths):
        if path.is_dir():
            files = list(files_below(path))
            inside, others = [file for file in files if is_image(file)], other_endings(files)
            if not inside:
                beside = f", but files of other endings, {ending_words(others)}" if others else ""
                raise DataError(
                    f"no image in the folder {path}{beside}: expected files ending in {', '.join(ENDINGS)}"
                )
            found += inside
            passed_over += others
        elif path.exists():
            found.append(path)
        else:
            raise DataError(f"{path} does not exist: expected an image file or a folder of them")
    return tuple(found), tell_others(passed_over)


def other_endings(files: Iterable[Path]) -> Counter[str]:
    """Return how many files there are of each ending that is not read."""
    others = (file for file in files if not is_image(file) and file.name.lower() not in OF_WINDOWS)
    return Counter(file.suffix.lower() or "no ending" for file in others)


def tell_others(passed_over: Counter[str]) -> tuple[str, ...]:
    """Say which files are no images by their ending, if any are not."""
    if not passed_over:
        return ()
    return (f"Passed over, since only {', '.join(ENDINGS)} are read: {ending_words(passed_over)}.",)


def ending_words(endings: Counter[str], most: int = 4) -> str:
    """Write how many files there are of each ending, the most frequent first.

    Examples
    --------
    >>> ending_words(Counter({".txt": 2, ".xml": 5}))
    '.xml (5), .txt (2)'
    """
    words = [f"{ending} ({count})" for ending, count in endings.most_common(most)]
    return ", ".join(words + ["..."] * (len(endings) > most))


def is_image(path: Path) -> bool:
    """Return whether a file bears an image's ending; a link that leads nowhere too, so that it is told of when it is opened."""
    return path.suffix.lower() in ENDINGS


def images_below(folder: Path) -> Iterator[Path]:
    """Yield the images in a folder and in the folders below it, in order of name."""
    return filter(is_image, files_below(folder))


def files_below(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield the visible files in a folder and in the folders below it, in order of name; see :func:`open_folders`."""
    trail = (*above, folder.resolve())
    for entry in _entries_of(folder):
        path = folder / entry.name
        if _is_folder(entry):
            if _is_open(path, trail):
                yield from files_below(path, trail)
        elif not entry.name.startswith("."):
            yield path


def open_folders(folder: Path) -> list[Path]:
    """Return the sub-folders where images are looked for: neither hidden, nor a program's own, nor giemsa's.

    Links are followed, but for those that lead in a circle, back to ``folder`` or to those through which one came.
    """
    trail = (folder.resolve(),)
    inside = [folder / entry.name for entry in _entries_of(folder) if _is_folder(entry)]
    return [sub for sub in inside if _is_open(sub, trail)]


def _entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder in order of name; of most of it the system says here already whether it is a folder.

    The order is that of the letters' numbers everywhere, capitals first: a split by seed depends on it.
    """
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # a link that leads in a circle is an error to entry.is_dir()
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and Path(entry).is_dir())


def _is_open(folder: Path, trail: tuple[Path, ...]) -> bool:
    """Return whether images are looked for in a folder to which one came through those of the trail."""
    if folder.name.startswith((".", "__")) or is_result_folder(folder):
        return False
    return not (folder.is_symlink() and any(place.is_relative_to(folder.resolve()) for place in trail))


def holds_results(folder: Path) -> bool:
    """Return whether results of giemsa's lie in a folder, as in the ``runs`` that a training makes."""
    return any(is_result_folder(sub) for sub in folder.iterdir() if sub.is_dir())


def is_result_folder(folder: Path) -> bool:
    """Return whether giemsa wrote a folder: a run, or figures, known by their ``index.json``."""
    figures = _entries(folder / "index.json").values()
    return is_run_folder(folder) or any(
        isinstance(words, dict) and words.keys() >= PICTURE_KEYS for words in figures
    )


def is_run_folder(folder: Path) -> bool:
    """Return whether a folder is a training's: other programs write a ``config.json`` too, but not with these keys."""
    return _entries(folder / "config.json").keys() >= RUN_KEYS


def _entries(path: Path) -> dict[str, object]:
    """Return what a JSON file holds by name; nothing where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
