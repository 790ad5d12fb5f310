"""From records to a data set: read the files, look up the packed images, split where no split is given."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from giemsa.data.dataset import SPLITS, DataCard, ImageDataset, Split, WhiteLevels
from giemsa.data.depth import tell_coarse, tell_levels
from giemsa.data.fitting import ImageForm, fit_arrays, tell_shrinking
from giemsa.data.images import count_channels, read_images
from giemsa.data.in_place import take_in_place
from giemsa.data.records import Records, order_classes, tell_look_alikes
from giemsa.data.sources import read_source
from giemsa.data.splitting import FRACTIONS, check_enough, cluster_images, make_splits
from giemsa.errors import DataError
from giemsa.progress import Progress
from giemsa.wording import listed

FILE_SIZE = 64
FROM_TRAIN = {"train": 0.875, "val": 0.125}  # where train and test alone are given: as in 70/10/20


@dataclasses.dataclass(frozen=True, eq=False)
class _Pixels:
    """Images ``(n, h, w, c)``, the places of the records that they belong to, and what was learnt on the way."""

    images: np.ndarray
    places: np.ndarray
    facts: Mapping[str, np.ndarray]
    skipped: tuple[tuple[str, str], ...] = ()
    white: WhiteLevels = dataclasses.field(default_factory=WhiteLevels)
    coarse: tuple[int, ...] = ()
    card: DataCard | None = None


def assemble(
    name: str,
    records: Records,
    form: ImageForm,
    *,
    seed: int,
    skip_bad: bool,
    progress: Progress | None = None,
) -> ImageDataset:
    """Read all images of ``records`` and divide them.

    Parameters
    ----------
    name : of the data, for its card.
    records : addresses, classes, and splits or groups where they are given.
    form : the shape wanted; a height of 0 takes that of packed images, or 64; channels follow the files.
    seed, skip_bad, progress : as for :func:`giemsa.load`.

    Raises
    ------
    DataError : addresses or labels that do not exist, a class too small to be split, packed and loose images of several sets.
    """
    packed = ["::" in address for address in records.addresses]
    if any(packed) and not all(packed):
        raise DataError(
            f"{name} mixes image files and images of packed sets: expected one kind in a manifest"
        )
    pixels = (_look_up if all(packed) else _read_files)(records, form, skip_bad, progress)
    class_of = [records.class_of[place] for place in pixels.places]
    class_names = order_classes(class_of, pixels.card.class_names if pixels.card else ())
    labels = _labels(class_of, class_names)
    groups = _groups(records, pixels.places)
    parts, made = _divide(records, pixels, labels, groups, class_names=class_names, seed=seed)
    order = np.concatenate([parts[split] for split in SPLITS])
    whole = _in_order(records, pixels, order, labels, groups)
    notes = tuple(
        filter(None, (*made, *records.notes, *_notes(records, pixels), *tell_look_alikes(class_names)))
    )
    card = _card(name, class_names, pixels)
    ends = np.cumsum([0, *(len(parts[split]) for split in SPLITS)]).tolist()
    train, val, test = (whole.subset(slice(*part)) for part in itertools.pairwise(ends))
    return ImageDataset(
        card,
        train,
        val,
        test,
        skipped=pixels.skipped,
        notes=notes,
        split_seed=seed if made else None,
    )


def _check_records(records: Records) -> None:
    """Refuse, before a file is read, classes and splits that have too few images; what are copies is seen later."""
    class_names = order_classes(records.class_of)
    labels = _labels(records.class_of, class_names)
    places = np.arange(len(labels))
    groups = _groups(records, places)
    clusters = places if groups is None else np.unique(groups, return_inverse=True)[1]
    if records.splits is None:
        check_enough(labels, clusters, class_names, list(FRACTIONS))
        return
    parts = _given_parts(np.array(records.splits), labels, class_names)
    if not len(parts["val"]):
        chosen = parts["train"]
        check_enough(labels[chosen], clusters[chosen], class_names, list(FROM_TRAIN))


def _labels(class_of: Sequence[str], class_names: tuple[str, ...]) -> np.ndarray:
    label_of = {name: label for label, name in enumerate(class_names)}
    return np.array([label_of[name] for name in class_of], dtype=np.int64)


def _in_order(
    records: Records, pixels: _Pixels, order: np.ndarray, labels: np.ndarray, groups: np.ndarray | None
) -> Split:
    """Return all images as one split, in this order ``(n,)``; they are moved, not copied, since they may fill the memory."""
    places = pixels.places[order]
    facts = {key: column[order] for key, column in pixels.facts.items()}
    return Split(
        take_in_place(pixels.images, order),
        labels[order],
        tuple(np.array(records.addresses, dtype=object)[places]),
        None if groups is None else groups[order],
        # the user's own column counts where it bears the name of a file's fact
        facts | {key: column[places] for key, column in records.metadata.items()},
    )


def _read_files(records: Records, form: ImageForm, skip_bad: bool, progress: Progress | None) -> _Pixels:
    _check_records(records)
    paths = [Path(address) for address in records.addresses]
    side = form.height or FILE_SIZE
    form = dataclasses.replace(form, height=side, width=side, channels=count_channels(paths, progress))
    read = read_images(paths, form, skip_bad=skip_bad, progress=progress)
    if not len(read.images):
        raise DataError(f"none of {len(paths)} image files could be read; the first: {read.skipped[0][1]}")
    return _Pixels(read.images, read.places, read.facts, read.skipped, read.white, read.coarse)


def _groups(records: Records, places: np.ndarray) -> np.ndarray | None:
    """Return the group of each image ``(n,)``; one that is in none is a group of its own, called by its address."""
    if records.groups is None or not any(records.groups):
        return None
    named = [group or address for group, address in zip(records.groups, records.addresses, strict=True)]
    return np.array(named, dtype=np.str_)[places]


def _notes(records: Records, pixels: _Pixels) -> Iterator[str]:
    """Tell what was found while reading; an empty sentence tells nothing."""
    blank = (records.groups or ()).count("")
    if 0 < blank < len(records.addresses):
        yield f"{blank} of {len(records.addresses)} images have no group: each is taken for a group of its own."
    if pixels.facts:
        yield tell_shrinking(pixels.facts["height"], pixels.facts["width"], pixels.images.shape[1])
    yield tell_levels(pixels.white)
    yield tell_coarse(pixels.coarse)
    if pixels.skipped:
        were = "was" if len(pixels.skipped) == 1 else "were"
        yield f"{len(pixels.skipped)} of {len(records.addresses)} image files could not be read and {were} left out."
    kept = {records.class_of[place] for place in pixels.places}
    if lost := sorted(set(records.class_of) - kept):
        yield f"No image is left of {listed([repr(name) for name in lost])}, which is no class now."


def _look_up(records: Records, form: ImageForm, skip_bad: bool, progress: Progress | None) -> _Pixels:
    """Return images of packed sets by their addresses."""
    places = [_packed_place(address) for address in records.addresses]
    sources = {source for source, _, _ in places}
    if len(sources) > 1:
        raise DataError(
            f"a manifest must take its packed images from one set, got {', '.join(sorted(sources))}"
        )
    arrays, card = read_source(sources.pop(), size=form.height or None, progress=progress)
    rows = []
    for address, (_, split, index) in zip(records.addresses, places, strict=True):
        if index >= len(arrays[f"{split}_images"]):
            raise DataError(f"{address} does not exist: {split} has {len(arrays[f'{split}_images'])} images")
        rows.append(arrays[f"{split}_images"][index])
    images = np.stack(rows)
    if form.height and images.shape[1:3] != (form.height, form.width):
        images = fit_arrays(images, dataclasses.replace(form, channels=images.shape[-1]))
    return _Pixels(images, np.arange(len(rows)), {}, card=card)


def _packed_place(address: str) -> tuple[str, str, int]:
    source, _, place = address.rpartition("::")
    split, _, index = place.partition("/")
    if split not in SPLITS or not index.isdigit():
        raise DataError(
            f"{address} is no address of a packed image: expected SOURCE::train/INDEX, ::val/ or ::test/"
        )
    return source, split, int(index)


def _divide(
    records: Records,
    pixels: _Pixels,
    labels: np.ndarray,
    groups: np.ndarray | None,
    *,
    class_names: tuple[str, ...],
    seed: int,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the places of each split, and sentences on what giemsa divided itself; none where all is given."""

    def make(
        chosen: np.ndarray, fractions: Mapping[str, float]
    ) -> tuple[dict[str, np.ndarray], Iterator[str]]:
        clusters = cluster_images(pixels.images, groups, chosen)
        parts = make_splits(labels[chosen], clusters, class_names=class_names, fractions=fractions, seed=seed)
        gaps = {split: _absent(labels[chosen][places], class_names) for split, places in parts.items()}
        _refuse_gap(gaps["train"], class_names, "give more groups with it, try another split seed")
        return {split: chosen[places] for split, places in parts.items()}, _tell_gaps(gaps)

    together = "groups and exact duplicates" if groups is not None else "exact duplicates"
    how = f"by giemsa, stratified by class, split seed {seed}; {together} kept in one split."
    if records.splits is None:
        parts, told = make(np.arange(len(labels)), FRACTIONS)
        return parts, (f"Split 70/10/20 {how}", *told)
    given = _given_parts(np.array(records.splits)[pixels.places], labels, class_names)
    if len(given["val"]):
        return given, ()
    parts, told = make(given["train"], FROM_TRAIN)
    return given | parts, (f"An eighth of train was taken for val {how}", *told)


def _given_parts(
    given: np.ndarray, labels: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Return the places of each split that is given; val may have none."""
    parts = {split: np.flatnonzero(given == split) for split in SPLITS}
    for split in ("train", "test"):
        if not len(parts[split]):
            raise DataError(
                f"the {split} split has no images: expected train, val and test, train and test, or no split at all"
            )
    _refuse_gap(_absent(labels[parts["train"]], class_names), class_names, "move some there")
    return parts


def _absent(labels: np.ndarray, class_names: tuple[str, ...]) -> str:
    """Name the classes without an image; empty where each has one."""
    absent = sorted(set(range(len(class_names))) - set(labels.tolist()))
    return listed([repr(class_names[label]) for label in absent]) if absent else ""


def _refuse_gap(absent: str, class_names: tuple[str, ...], advice: str) -> None:
    if absent:
        words = (
            f"train has no image of {absent}: expected some of every class, since a network learns from train alone; "
            f"{advice}, or leave the class out."
        )
        raise DataError(" ".join([words, *tell_look_alikes(class_names)]))


def _tell_gaps(gaps: Mapping[str, str]) -> Iterator[str]:
    for split, absent in gaps.items():
        if absent:
            yield (
                f"{split} has no image of {absent}: no way was found to divide the groups so that each split has every class."
            )


def _card(name: str, class_names: tuple[str, ...], pixels: _Pixels) -> DataCard:
    if pixels.card is not None and pixels.card.class_names == class_names:
        return dataclasses.replace(pixels.card, name=name)
    base = pixels.card or DataCard(
        name, name, f"Images of {name}.", "", (), pixels.images.shape[-1], white=pixels.white
    )
    task = "multi-class" if len(class_names) > 2 else "binary-class"
    return dataclasses.replace(base, name=name, class_names=class_names, short_names=(), task=task)
