"""Options that would do nothing beside others: refused in one line that names them, never passed over in silence."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path

import typer

from giemsa.cli.options import Talk
from giemsa.errors import GiemsaError

ALWAYS = frozenset(field.name for field in dataclasses.fields(Talk))


def refuse(context: typer.Context, names: Collection[str], reason: str) -> None:
    """Refuse parameters where they stand on the command line.

    Parameters
    ----------
    context : of the command, as typer hands it over.
    names : of the parameters that would do nothing.
    reason : the rest of the sentence "... do nothing", such as ``without --layer``.

    Raises
    ------
    GiemsaError : one of them was given; all that were are named as the user wrote them.
    """
    idle = [flag for name, flag in _given(context).items() if name in names]
    if idle:
        raise GiemsaError(f"{', '.join(idle)} {'does' if len(idle) == 1 else 'do'} nothing {reason}")


def refuse_all_but(context: typer.Context, names: Collection[str], reason: str) -> None:
    """Refuse every parameter but those of ``names``, and those on how a command talks; see :func:`refuse`."""
    refuse(context, _given(context).keys() - names - ALWAYS, reason)


def refuse_overwrite_without(context: typer.Context, **places: Path | None) -> None:
    """Refuse ``--overwrite`` where none of the places that it may speak of was given; they bear their options' names."""
    if not any(places.values()):
        refuse(context, {"overwrite"}, f"without {' or '.join(f'--{name}' for name in places)}")


def _given(context: typer.Context) -> dict[str, str]:
    """Return what stands on the command line: by the parameter's name, how it is written there."""
    found = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name and source is not None and source.name == "COMMANDLINE":
            longest = max(parameter.opts, key=len)
            found[parameter.name] = longest if longest.startswith("-") else parameter.name.upper()
    return found
