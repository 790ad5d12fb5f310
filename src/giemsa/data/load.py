"""`load`: a MedMNIST name, a folder, a manifest or a packed file in; images with labels in three splits out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import partial
from numbers import Integral
from pathlib import Path

import numpy as np

from giemsa.data.allocator import memory_for_reading, settle_heaps
from giemsa.data.assembly import assemble
from giemsa.data.cards import CARDS
from giemsa.data.dataset import SPLITS, SYMMETRIES, DataCard, ImageDataset, PackedAddresses, Split, Symmetry
from giemsa.data.fitting import FITS, Fit, ImageForm, fit_arrays
from giemsa.data.folder import read_folder
from giemsa.data.manifest import read_manifest
from giemsa.data.sources import read_source
from giemsa.errors import DataError, nearest_names
from giemsa.progress import Progress
from giemsa.seeds import whole_seed
from giemsa.wording import listed

SMALLEST, LARGEST = 8, 1024
ADVICE = {  # by a file's ending
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "; save the table as “CSV UTF-8”, and give that file"),
    **dict.fromkeys((".tsv", ".tab", ".txt"), "; if it is a table, let its name end in .csv"),
    **dict.fromkeys((".zip", ".gz", ".tar", ".7z", ".rar"), "; unpack it, and give the folder"),
}


def load(
    data: str | Path = "bloodmnist",
    *,
    size: int | None = None,
    seed: int = 0,
    fit: Fit | str = "crop",
    skip_bad: bool = False,
    symmetry: Symmetry | None = None,
    progress: Progress | None = None,
) -> ImageDataset:
    """Load labelled images in three splits.

    Parameters
    ----------
    data : a MedMNIST name such as ``bloodmnist`` (embedded at 28 pixels; others are fetched once); a folder with a sub-folder a
        class, or with train, val and test above them; a CSV manifest ``path,label[,split][,group]``, also with semicolons or
        tabs; or an ``.npz`` file with MedMNIST's keys. A folder that is called like a set is given as ``./bloodmnist`` or as a
        ``Path``.
    size : side of the images in pixels; 28, 64, 128 or 224 for MedMNIST. If not given: 28 for MedMNIST, as they are for ``.npz``,
        64 for image files.
    seed : source of the split that giemsa makes, 70/10/20 or of train alone; trainings have a seed of their own and leave it
        as it is.
    fit : how image files that are not square become so: ``crop``, ``pad`` or ``stretch``.
    skip_bad : leave out image files that cannot be read; they are listed in ``skipped``.
    symmetry : the moves under which a label holds; the card's if not given.
    progress : called with images done, images in all, and words.

    Returns
    -------
    ImageDataset : images are ``uint8``; those of large ``.npz`` files are memory-mapped, those of image files are in memory once.

    Raises
    ------
    DataError : data that is unknown, incomplete or inconsistent.
    ImageFileError : an image file cannot be read.
    DownloadError : a set that is not on disk cannot be fetched.

    Examples
    --------
    >>> data = load("bloodmnist")
    >>> data.train.images.shape, data.class_names[6]
    ((11959, 28, 28, 3), 'neutrophil')
    """
    _check_options(size, fit, symmetry)
    seed = whole_seed(seed)
    path, place = Path(data), str(data)
    if place in CARDS and isinstance(data, Path) and path.is_dir():
        place = f"./{place}"
    source = {
        "data": place,
        "size": None if size is None else int(size),
        "seed": seed,
        "fit": fit,
        "skip_bad": skip_bad,
        "symmetry": symmetry,
    }
    with memory_for_reading([size or 0]):
        loaded = _read(place, size, fit, seed=seed, skip_bad=skip_bad, progress=progress)
    settle_heaps(loaded.image_shape)  # of an .npz file they are known now
    if place in CARDS and path.is_dir():
        told = f"The set {place} was taken, and the folder of that name was not read: ./{place} reads it."
        loaded = dataclasses.replace(loaded, notes=(*loaded.notes, told))
    elif path.exists() and place not in CARDS:
        source["data"] = str(
            path.absolute()
        )  # not resolved: on Windows a drive's letter would become its server's name
    if symmetry is not None:
        loaded = dataclasses.replace(loaded, card=dataclasses.replace(loaded.card, symmetry=symmetry))
    return dataclasses.replace(loaded, source=source)


def _read(
    data: str, size: int | None, fit: str, *, seed: int, skip_bad: bool, progress: Progress | None
) -> ImageDataset:
    """Return the data, of whatever kind they are."""
    path = Path(data)
    filled = partial(assemble, seed=seed, skip_bad=skip_bad, progress=progress)
    if not data:
        raise _unknown(data)  # as a path, it would be the folder where one stands
    if data in CARDS or path.suffix.lower() == ".npz":
        return _load_packed(data, size, fit, progress)
    if path.is_dir():
        form = ImageForm(size or 64, size or 64, 3, fit)  # type: ignore[arg-type]
        return filled(path.name or path.resolve().name, read_folder(path), form)
    if path.is_file() and path.suffix.lower() == ".csv":
        form = ImageForm(size or 0, size or 0, 3, fit)  # type: ignore[arg-type]
        return filled(path.stem, read_manifest(path), form)
    raise _unknown(data)


def lies_elsewhere(data: str) -> bool:
    r"""Return whether a place is on another machine: a network share, to which Windows tells who asks, or an address.

    Examples
    --------
    >>> [lies_elsewhere(place) for place in (r"\\server\share\cells", "https://server/cells", r"C:\cells", "bloodmnist")]
    [True, True, False, False]
    """
    return data.replace("/", "\\").startswith("\\\\") or "://" in data


def as_dataset(data: ImageDataset | str | Path, *, progress: Progress | None = None) -> ImageDataset:
    """Return a data set, loaded where its name or its place is given."""
    return data if isinstance(data, ImageDataset) else load(data, progress=progress)


def _check_options(size: int | None, fit: str, symmetry: str | None) -> None:
    if size is not None and not (isinstance(size, Integral) and SMALLEST <= size <= LARGEST):
        raise DataError(f"size must be {SMALLEST} to {LARGEST} pixels, a whole number, got {size!r}")
    if fit not in FITS:
        raise DataError(f"fit {fit!r} is unknown; {nearest_names(fit, list(FITS))}")
    if symmetry is not None and symmetry not in SYMMETRIES:
        raise DataError(f"symmetry {symmetry!r} is unknown; {nearest_names(symmetry, list(SYMMETRIES))}")


def _unknown(data: str) -> DataError:
    path = Path(data)
    if path.is_file():
        return DataError(
            f"{data} cannot be read as data: expected a folder of images, a .csv manifest or an .npz file"
            + ADVICE.get(path.suffix.lower(), "")
        )
    if path.suffix or "/" in data or "\\" in data:
        return DataError(
            f"{data} does not exist: expected a MedMNIST name, a folder of images, a .csv manifest or an .npz file"
        )
    return DataError(
        f"no data is called {data!r}; {nearest_names(data, list(CARDS))}; "
        "expected a MedMNIST name, a folder of images, a .csv manifest or an .npz file"
    )


def _load_packed(name: str, size: int | None, fit: str, progress: Progress | None) -> ImageDataset:
    arrays, card = read_source(name, size=size, progress=progress)
    label = name if name in CARDS else str(Path(name).resolve())
    splits = {}
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        if size is not None and images.shape[1:3] != (size, size):
            images = fit_arrays(images, ImageForm(size, size, images.shape[-1], fit))  # type: ignore[arg-type]
        splits[split] = Split(images, labels, PackedAddresses(label, split, len(labels)))
    if not len(splits["train"]):
        raise DataError(f"{name} has no training images")
    notes = tuple(_packed_notes(card, [split.labels for split in splits.values()]))
    return ImageDataset(card, splits["train"], splits["val"], splits["test"], notes=notes)


def _packed_notes(card: DataCard, labels: Sequence[np.ndarray]) -> Iterator[str]:
    """Yield what a user should know of a packed set."""
    if "ordinal" in card.task:
        yield "Its grades are ordered; they are treated as classes without an order."
    missing = sorted(set(range(len(card.class_names))) - set(np.unique(np.concatenate(labels)).tolist()))
    if missing:
        yield (
            f"No image has the label {listed([str(label) for label in missing])}: expected whole numbers from 0 on, without a "
            "gap. Each label up to the highest is taken for a class."
        )
