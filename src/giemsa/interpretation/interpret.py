"""`interpret`: all looks into a trained network, from a run to its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from giemsa.errors import GiemsaError
from giemsa.interpretation.filters import collect_filters
from giemsa.interpretation.interpretation import Interpretation
from giemsa.interpretation.layers import list_layers
from giemsa.interpretation.looks import (
    look_at_attributions,
    look_at_made_images,
    look_at_maps,
    look_at_space,
    look_at_symmetry,
)
from giemsa.interpretation.subject import Subject, open_subject
from giemsa.plots.gallery import read_index, save_pictures
from giemsa.progress import Progress
from giemsa.training.run import Run, as_run, check_finished
from giemsa.writing import write_json

LOOKS = 7

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
    progress : called with looks done, all looks, and a word.

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
        progress(LOOKS - 1, LOOKS, "figures")
    save_pictures(run.folder / "figures", found.pictures())
    if progress:
        progress(LOOKS, LOOKS, "interpreted")
    return found


def look_into(subject: Subject, progress: Progress | None = None) -> Interpretation:
    """Take all looks; one that a network does not allow becomes a sentence in the notes."""
    notes: list[str] = []

    def tell(done: int, words: str) -> None:
        if progress:
            progress(done, LOOKS, words)

    def attempt(done: int, words: str, look: Callable):  # type: ignore[no-untyped-def]
        tell(done, words)
        try:
            return look()
        except GiemsaError as problem:
            notes.append(f"{words[0].upper()}{words[1:]}: left out, since {problem}.")
            return None

    network = subject.network
    layers = list_layers(network, network.image_shape)
    filters = attempt(0, "filters", lambda: collect_filters(network, subject.untrained))
    maps = attempt(1, "feature maps", lambda: look_at_maps(subject, layers))
    made = attempt(2, "images made for each class", lambda: look_at_made_images(subject))
    attribution = attempt(3, "attribution and its checks", lambda: look_at_attributions(subject))
    notes += attribution.left_out if attribution else ()
    return Interpretation(
        subject=subject,
        layers=layers,
        filters=filters or (),
        maps=maps,
        made=made,
        attribution=attribution,
        space=attempt(4, "map of the features", lambda: look_at_space(subject)),
        symmetry=attempt(5, "response to symmetry", lambda: look_at_symmetry(subject)),
        notes=tuple(notes),
    )
