"""From the options of a command to a data set or a run, with what its user should know of it said on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from giemsa.cli.options import Source
from giemsa.cli.session import Session
from giemsa.errors import DataError

if TYPE_CHECKING:
    from giemsa.data.dataset import ImageDataset
    from giemsa.training.run import Run


def load_aloud(session: Session, source: Source) -> ImageDataset:
    """Load data, rename classes, and say how it was split and what was left out.

    Raises
    ------
    DataError : data that cannot be used, or a ``rename`` that is not ``LABEL=NAME``.
    """
    from giemsa.data.load import load

    names = dict(_parse(word) for word in source.rename or ())
    dataset = load(
        source.data,
        size=source.size,
        fit=source.fit,
        skip_bad=source.skip_bad,
        seed=source.split_seed,
        progress=session.progress,
    )
    for note in dataset.notes:
        session.say(note)
    if source.split_seed and dataset.split_seed is None:
        session.say(f"--split-seed does nothing here: the splits of {dataset.name} are given")
    for _, reason in dataset.skipped:
        session.say(f"  left out: {reason}")
    return dataset.rename(names) if names else dataset


def _parse(word: str) -> tuple[int, str]:
    label, separator, name = word.partition("=")
    if not separator or not label.strip().isdigit() or not name.strip():
        raise DataError(
            f'--rename {word!r} is not understood: expected LABEL=NAME, such as 3="immature granulocytes"'
        )
    return int(label), name.strip()


def open_aloud(session: Session, folder: str | Path, data: str | None = None) -> Run:
    """Open a run folder, and say which data will be read with it: the folder may come from somebody else.

    Parameters
    ----------
    session : where to say it.
    folder : of the run.
    data : where its data lie now; ``None`` where the folder says it.
    """
    from giemsa.training.run import open_run

    run = open_run(folder, data=data)
    if run.place:
        session.say(f"the run's data: {run.place}")
    return run
