"""`interpret`: all looks into a trained network, from a run to its files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from giemsa.errors import GiemsaError
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.filters import collect_filters
from giemsa.interpretation.interpretation import Interpretation
from giemsa.interpretation.layers import list_layers
from giemsa.interpretation.looks import (
    AttributionLook,
    look_at_attributions,
    look_at_made_images,
    look_at_maps,
    look_at_space,
    look_at_symmetry,
)
from giemsa.interpretation.passes import tasks_at_once
from giemsa.interpretation.subject import Subject, open_subject
from giemsa.plots.gallery import read_index, save_pictures
from giemsa.progress import Progress
from giemsa.training.run import Run, as_run, check_finished
from giemsa.training.threads import team_of
from giemsa.writing import write_json

STEPS = 6 + len(METHODS)  # five looks, the checks of each method, figures

Look = Callable[[Subject], Any]

__all__ = ["Interpretation", "interpret"]


def interpret(
    run: Run | str | Path, *, thorough: bool = False, seed: int = 0, progress: Progress | None = None
) -> Interpretation:
    """Look into the network of a run, and check what is seen.

    Images come from the splits train and val; test is not looked at. The result is written into the run folder:
    ``interpretation/interpretation.json`` and the figures.

    Parameters
    ----------
    run : a trained run, or its folder.
    thorough : look at more images; without it a sample, so that it takes about half a minute.
    seed : source of every choice.
    progress : called with steps done, all steps, and a word.

    Returns
    -------
    Interpretation

    Raises
    ------
    ModelError : the network cannot take the images.
    RunError : the training has not come to its end, its folder cannot be written, or its data cannot be had again.
    """
    run = as_run(run)
    check_finished(run)
    read_index(run.folder / "figures")  # a damaged one is told of before any work is done
    subject = open_subject(run, thorough=thorough, seed=seed)
    found = look_into(subject, progress)
    folder = run.folder / "interpretation"
    folder.mkdir(exist_ok=True)
    write_json(folder / "interpretation.json", found.to_json())
    if progress:
        progress(STEPS - 1, STEPS, "figures")
    save_pictures(run.folder / "figures", found.pictures())
    if progress:
        progress(STEPS, STEPS, "interpreted")
    return found


def look_into(subject: Subject, progress: Progress | None = None) -> Interpretation:
    """Take all looks, several at once where threads allow; one that a network does not allow becomes a sentence in the notes."""
    network = subject.network
    layers = list_layers(network, network.image_shape)
    # the longest first
    looks: dict[str, Look] = {
        "images made for each class": look_at_made_images,
        "response to symmetry": look_at_symmetry,
        "map of the features": look_at_space,
        "filters": lambda subject: collect_filters(subject.network, subject.untrained),
        "feature maps": partial(look_at_maps, layers=layers),
    }

    def tell(done: int, words: str) -> None:
        if progress:
            progress(done, STEPS, words)

    def check(subject: Subject) -> AttributionLook:
        return look_at_attributions(subject, progress=lambda done, _, words: tell(len(looks) + done, words))

    tell(0, "looks")
    with team_of(tasks_at_once(network, len(looks))) as team:
        taken = team.do(
            [partial(_attempt, words, look, subject.with_own_network()) for words, look in looks.items()],
            done=lambda done: tell(done, "looks"),
        )
    taken.append(_attempt("attribution and its checks", check, subject))
    (made, symmetry, space, filters, maps, attribution), notes = zip(*taken, strict=True)
    return Interpretation(
        subject=subject,
        layers=layers,
        filters=filters or (),
        maps=maps,
        made=made,
        attribution=attribution,
        space=space,
        symmetry=symmetry,
        notes=(*filter(None, notes), *(attribution.left_out if attribution else ())),
    )


def _attempt(words: str, look: Look, subject: Subject) -> tuple[Any, str | None]:
    """Return what is seen, and where the network does not allow the look ``None`` and a sentence on it."""
    try:
        return look(subject), None
    except GiemsaError as problem:
        return None, f"{words[0].upper()}{words[1:]}: left out, since {problem}."
