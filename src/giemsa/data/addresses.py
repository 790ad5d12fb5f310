"""Images found by where they came from, also where that is written from another folder, or the folder was moved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BETWEEN = re.compile(r"[\\/]")


def find_by_address(wanted: Iterable[str], addresses: Sequence[str]) -> list[int | None]:
    """Return the place of each wanted address: of the very same, else of the one whose last names agree with it the farthest.

    Parameters
    ----------
    wanted : paths, or ``source::split/index`` of packed images.
    addresses : those among which they are found.

    Returns
    -------
    list : places among ``addresses``; ``None`` where none ends in the same name, or several agree as far.

    Examples
    --------
    >>> find_by_address(["cells/a/1.png", "b/2.png"], ["/home/cells/a/1.png", "/home/cells/b/1.png"])
    [0, None]
    """
    same = {address: place for place, address in enumerate(addresses)}
    of_end: dict[tuple[str, ...], int | None] = {}
    found: list[int | None] = []
    for address in wanted:
        if address not in same and not of_end:
            of_end = _places_of_ends(addresses)
        found.append(same[address] if address in same else _farthest(address, of_end))
    return found


def _places_of_ends(addresses: Sequence[str]) -> dict[tuple[str, ...], int | None]:
    """Return the place of each end of an address, in names; ``None`` where several end so."""
    places: dict[tuple[str, ...], int | None] = {}
    for place, address in enumerate(addresses):
        for end in _ends(address):
            places[end] = None if end in places else place
    return places


def _farthest(address: str, of_end: dict[tuple[str, ...], int | None]) -> int | None:
    return next((of_end[end] for end in _ends(address) if end in of_end), None)


def _ends(address: str) -> list[tuple[str, ...]]:
    """Return the names from each of them to the last, the longest row first; a packed file's has the image's place in it."""
    source, *place = address.partition("::")
    *folders, name = _BETWEEN.split(source)
    names = (*folders, "".join([name, *place]))
    return [names[begin:] for begin in range(len(names))]
