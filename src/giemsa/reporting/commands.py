"""Command lines that a reader can copy: each word quoted as shells need it, and no flag forgotten."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[\w@%+=:,./\\-]+")
NOT_EVEN_IN_DOUBLE_QUOTES = '"$`'
USUAL = {"size": None, "fit": "crop", "skip_bad": False, "seed": 0}
FLAGS = {"seed": "split_seed"}  # of the fields that are called otherwise on a command line


def argument(text: str) -> str:
    """Write one word of a command line, in quotes that every shell takes where it needs them.

    Examples
    --------
    >>> argument("my discs.npz"), argument("bloodmnist"), argument("5 $")
    ('"my discs.npz"', 'bloodmnist', "'5 $'")
    """
    if PLAIN.fullmatch(text):
        return text
    return shlex.quote(text) if any(mark in text for mark in NOT_EVEN_IN_DOUBLE_QUOTES) else f'"{text}"'


def flag(name: str, value: Any) -> str:
    """Write an option and its value.

    Examples
    --------
    >>> flag("batch_size", 32), flag("class_weights", False)
    ('--batch-size 32', '--no-class-weights')
    """
    word = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{word}" if value else f"--no-{word}"
    return f"--{word} {argument(str(value))}"


def source_words(source: Mapping[str, Any], renamed: Mapping[int, str]) -> str:
    """Write where images come from and how they are read, as every command takes it.

    Parameters
    ----------
    source : what :func:`giemsa.load` was given; empty for arrays from memory, which no command line can name.
    renamed : new class names by label.

    Examples
    --------
    >>> source_words({"data": "cells", "size": 28, "fit": "crop"}, {1: "red cell"})
    'cells --size 28 --rename "1=red cell"'
    >>> source_words({"data": "cells", "seed": 3}, {})
    'cells --split-seed 3'
    """
    unusual = {name: source[name] for name, usual in USUAL.items() if source.get(name, usual) != usual}
    return " ".join(
        [
            argument(str(source.get("data") or "DATA")),
            *(flag(FLAGS.get(name, name), value) for name, value in unusual.items()),
            *(flag("rename", f"{label}={name}") for label, name in sorted(renamed.items())),
        ]
    )
