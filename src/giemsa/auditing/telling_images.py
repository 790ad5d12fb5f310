"""From results to findings, first half: duplicates, leakage, groups, bad images and outliers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from giemsa.auditing.duplicates import KINDS, Duplicates
from giemsa.auditing.findings import Finding, Severity
from giemsa.auditing.image_quality import ImageQuality
from giemsa.auditing.pool import Pool
from giemsa.data.dataset import SPLITS
from giemsa.wording import count_words, listed, percent

SEVERE_LEAK = 0.01  # share of val or test that has a copy elsewhere

_FAULT_WORDS = {
    "empty": ("empty", "An image without content teaches the network that a blank is a class.", "Leave them out."),
    "dark": ("far darker than the rest", "They may be failed exposures.", "Look at them, and leave failed ones out."),
    "bright": ("far brighter than the rest", "They may be overexposed.", "Look at them, and leave failed ones out."),
    "low contrast": ("of far lower contrast than the rest", "They may show no object.", "Look at them."),
    "blurred": ("far more blurred than the rest", "They may be out of focus.", "Look at them, and leave failed ones out."),
    "odd colour": (
        "of a colour far from the rest",
        "Another stain, camera or white balance may have made them.",
        "Look at them; if they come from elsewhere, make sure that they stand in all splits and classes.",
    ),
}  # fmt: skip


def tell_duplicates(pool: Pool, duplicates: Duplicates) -> Iterator[Finding]:
    """Tell of leakage, of contradicting labels, and of harmless copies."""
    groups = duplicates.members()
    leaking = [group for group in groups if len(set(pool.split_of[group].tolist())) > 1]
    contradicting = [group for group in groups if len(set(pool.labels[group].tolist())) > 1]
    if leaking:
        yield _leakage(pool, duplicates, leaking)
    if contradicting:
        yield _contradiction(pool, contradicting)
    within = [group for group in groups if len(set(pool.split_of[group].tolist())) == 1]
    if within:
        places = np.concatenate(within)
        yield Finding(
            "duplicates",
            "note",
            f"{count_words(len(within), 'group')} of duplicates within a split",
            len(places),
            f"{count_words(len(places), 'image')} in {count_words(len(within), 'group')}; "
            f"the largest group has {len(within[0])}. {_kinds(duplicates, within)}.",
            "An image that is there twice counts twice, in training and in every score.",
            "Keep one of each group.",
            places,
        )


def leaked_places(pool: Pool, duplicates: Duplicates, split: str) -> np.ndarray:
    """Return the places, in ``split``, of its images that have a copy in a split that is learnt from before it is scored.

    A test image leaks from train or val, a val image from train.
    """
    earlier = {"val": (0,), "test": (0, 1)}[split]
    seen = np.unique(duplicates.groups[np.isin(pool.split_of, earlier)])
    own = np.flatnonzero(pool.split_of == SPLITS.index(split))
    return pool.within(split, own[np.isin(duplicates.groups[own], seen)])


def _leakage(pool: Pool, duplicates: Duplicates, groups: list[np.ndarray]) -> Finding:
    leaked = {split: len(leaked_places(pool, duplicates, split)) for split in ("val", "test")}
    shares = {split: count / max(len(pool.data.splits[split]), 1) for split, count in leaked.items()}
    severity: Severity = "severe" if max(shares.values()) >= SEVERE_LEAK else "warning"
    told = "; ".join(
        f"{count_words(leaked[split], f'{split} image')} ({percent(shares[split])} of {split}) "
        + ("has" if leaked[split] == 1 else "have")
        + (" a copy in train" if split == "val" else " a copy in train or val")
        for split in ("val", "test")
    )
    return Finding(
        "leakage",
        severity,
        f"The same image in two splits: {count_words(len(groups), 'group')}",
        sum(len(group) for group in groups),
        f"{told}. {_kinds(duplicates, groups)}.",
        "The network is scored on images that it has learnt by heart, so the score is too high.",
        "Train on a cleaned manifest (--fix), which takes the copies out of train, and quote the score without them.",
        np.concatenate(groups),
    )


def _contradiction(pool: Pool, groups: list[np.ndarray]) -> Finding:
    places = np.concatenate(groups)
    first = groups[0]
    names = listed([pool.class_name(label) for label in sorted(set(pool.labels[first].tolist()))])
    severe = len(places) / len(pool) >= SEVERE_LEAK
    return Finding(
        "contradiction",
        "severe" if severe else "warning",
        f"{count_words(len(groups), 'group')} of duplicates with different labels",
        len(places),
        f"{count_words(len(places), 'image')}; the first group bears the labels {names}.",
        "At least one of the labels must be wrong, and no network can get both right.",
        "Look at the pairs and settle the label; the cleaned manifest (--fix) sets them aside outside test.",
        places,
    )


def _kinds(duplicates: Duplicates, groups: list[np.ndarray]) -> str:
    """Count the pairs of these groups by kind, in words."""
    inside = np.isin(duplicates.pairs[:, 0], np.concatenate(groups))
    counts = np.bincount(duplicates.kinds[inside], minlength=len(KINDS))
    return "Pairs: " + ", ".join(
        f"{count:,} {kind}" for count, kind in zip(counts, KINDS, strict=True) if count
    )


def tell_groups(pool: Pool) -> Iterator[Finding]:
    """Tell of patients (or slides) that stand in two splits, or that nothing is known about them."""
    if pool.groups is None:
        yield Finding(
            "no-groups",
            "note",
            "Leakage by patient cannot be excluded",
            0,
            "The data does not say which images come from one patient or slide.",
            "Images of one patient resemble each other; where they stand in two splits, the score is too high.",
            "If you know the patients, give a manifest with a column named group.",
        )
        return
    _, which = np.unique(pool.groups, return_inverse=True)
    present = np.zeros((int(which.max()) + 1, len(SPLITS)), dtype=bool)
    present[which, pool.split_of] = True
    shared = present.sum(axis=1) > 1
    if shared.any():
        places = np.flatnonzero(shared[which])
        names = ", ".join(sorted({str(name) for name in pool.groups[places]})[:5])
        yield Finding(
            "group-leakage",
            "severe",
            f"{count_words(int(shared.sum()), 'group')} of the manifest in two splits",
            len(places),
            f"{count_words(len(places), 'image')} belong to groups that stand in more than one split, such as {names}.",
            "Images of one patient resemble each other; the score is too high and says nothing about new patients.",
            "Split by group: leave the split column out, and giemsa keeps groups whole.",
            places,
        )


def tell_quality(pool: Pool, quality: ImageQuality) -> Iterator[Finding]:
    """Tell of images that fall out of the set by brightness, contrast, sharpness or colour."""
    for fault, places in quality.faults.items():
        if not len(places):
            continue
        words, why, advice = _FAULT_WORDS[fault]
        worst = pool.address(int(places[0]))
        classes = np.bincount(pool.labels[places], minlength=len(pool.data.class_names))
        yield Finding(
            fault.replace(" ", "-"),
            "warning" if fault == "empty" or len(places) > 0.01 * len(pool) else "note",
            f"{count_words(len(places), 'image')} {words}",
            len(places),
            _worst_words(worst, pool.class_name(int(classes.argmax())), int(classes.max()), len(places)),
            why,
            advice,
            places,
        )


def _worst_words(worst: str, class_name: str, own: int, total: int) -> str:
    if total == 1:
        return f"It is {worst}, of class {class_name}."
    are = "is" if own == 1 else "are"
    return f"The worst is {worst}; {own:,} of the {total:,} {are} of class {class_name}."


def tell_outliers(pool: Pool, places: np.ndarray, deviations: np.ndarray, space: str) -> Iterator[Finding]:
    """Tell of images that resemble nothing else in the set."""
    if len(places):
        yield Finding(
            "outlier",
            "note",
            f"{count_words(len(places), 'image')} like nothing else in the set",
            len(places),
            f"By distance to their ten nearest neighbours in {space}; the farthest is {pool.address(int(places[0]))}.",
            "They may be artefacts, another kind of object, or the rare case that matters most.",
            "Look at them; nothing is removed by itself.",
            places,
            deviations[places],
        )


def tell_sizes(pool: Pool) -> Iterator[Finding]:
    """Tell of files whose height and width, or their ratio, are far from those of most."""
    columns = pool.columns
    if "width" not in columns or "height" not in columns:
        return
    width, height = (columns[name].astype(np.float64) for name in ("width", "height"))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(width / height)
        scale = np.log(width * height)
    odd = (np.abs(ratio - np.median(ratio)) > np.log(1.3)) | (np.abs(scale - np.median(scale)) > np.log(4))
    places = np.flatnonzero(odd)
    if len(places):
        first = int(places[0])
        usual = f"{int(np.median(width))}x{int(np.median(height))}"
        yield Finding(
            "odd-size",
            "note",
            f"{count_words(len(places), 'file')} of another size or shape than most",
            len(places),
            f"Most are {usual} pixels (width x height); {pool.address(first)} is {int(width[first])}x{int(height[first])}.",
            "Brought to one size they are enlarged, shrunk or cut differently from the rest.",
            "Look at them; crop them as the others were cropped.",
            places,
        )


def tell_skipped(pool: Pool) -> Iterator[Finding]:
    """Tell of files that could not be read and were left out."""
    skipped = pool.data.skipped
    if skipped:
        yield Finding(
            "unreadable",
            "warning",
            f"{count_words(len(skipped), 'file')} could not be read",
            len(skipped),
            f"Left out because of skip_bad; the first: {skipped[0][1]}.",
            "What is missing may be missing from one class more than from another.",
            "Repair or remove these files.",
        )
