"""`giemsa datasets`: the data cards that it knows."""

from __future__ import annotations

from typing import Annotated

import typer

from giemsa.cli import options
from giemsa.cli.session import Session


@options.with_groups
def datasets(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print this set's card alone.")] = None,
    *,
    talk: options.Talk,
) -> None:
    """List the MedMNIST sets.

    With task, classes, images, licence, and which sizes are on this disk.
    """
    from giemsa.data.cards import CARDS, card_of
    from giemsa.data.exploration import card_json, card_lines

    with Session(talk) as session:
        if name is not None:
            card = card_of(name)
            session.show(card_json(card) | _availability(name), "\n".join(card_lines(card)))
            return
        cards = [card_json(card) | _availability(name) for name, card in CARDS.items()]
        session.show({"datasets": cards}, "\n".join(_table()))


def _availability(name: str) -> dict[str, list[int]]:
    """Return the sizes of a set that are on this disk, and those that are published."""
    from giemsa.data.cards import SIZES
    from giemsa.data.download import is_on_disk

    here = [size for size in SIZES if (name, size) == ("bloodmnist", 28) or is_on_disk(name, size)]
    return {"on_disk": here, "sizes": list(SIZES)}


def _table() -> list[str]:
    """Return a line a set."""
    from giemsa.data.cards import CARDS

    lines = [f"{'name':<15}{'images':>8}  {'classes':>7}  {'task':<19}{'licence':<14}{'on disk':<9} shows"]
    for name, card in CARDS.items():
        here = ", ".join(map(str, _availability(name)["on_disk"])) or "-"
        images = f"{sum(card.counts.values()):,}"
        lines.append(
            f"{name:<15}{images:>8}  {len(card.class_names):>7}  {card.task:<19}{card.licence:<14}{here:<9} {card.title}"
        )
    return [
        *lines,
        "",
        "All are published at 28, 64, 128 and 224 pixels; multi-label sets cannot be used yet.",
    ]
