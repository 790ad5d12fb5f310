"""The end of the page: how to repeat the run, and how to cite what it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from giemsa.reporting.commands import flag
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Fact
from giemsa.reporting.words import DASH
from giemsa.training.files import file_digest
from giemsa.training.recipes import RECIPES, recipe_with


@dataclass(frozen=True)
class RepetitionChapter:
    """Command, versions, hashes, citations."""

    commands: tuple[str, ...]
    facts: tuple[Fact, ...]
    citations: tuple[str, ...]


def repetition_chapter(material: Material) -> RepetitionChapter:
    """Say how the run can be made again, and what to cite."""
    config = material.config
    versions = ", ".join(f"{name} {number}" for name, number in config.get("versions", {}).items())
    seconds = config.get("stage_seconds", {})
    facts = (
        Fact("Versions", versions),
        Fact("Machine", str(config.get("machine", ""))),
        Fact("Device and precision", f"{config.get('device', DASH)}, {config.get('precision', DASH)}"),
        Fact("SHA-256 of the data", str(config.get("data", {}).get("sha256", ""))),
        Fact("SHA-256 of the weights", _hash_of_weights(material)),
        Fact("Begun", str(config.get("started", "")).replace("T", " ")),
        Fact("Seconds of each stage", ", ".join(f"{stage} {value:.0f}" for stage, value in seconds.items())),
    )
    return RepetitionChapter(
        commands=_commands(material),
        facts=tuple(fact for fact in facts if fact.value),
        citations=_citations(material),
    )


def _hash_of_weights(material: Material) -> str:
    path = material.folder / "model.safetensors"
    return file_digest(path) if path.is_file() else ""


def _commands(material: Material) -> tuple[str, ...]:
    """Return the command line that makes the run again."""
    config = material.config
    if config.get("own_model"):
        return (
            f"# the network was a user's own: giemsa.train(data, model=..., seed={config.get('seed', 0)})",
        )
    symmetry = (config.get("data", {}).get("source") or {}).get("symmetry")
    flags = {"symmetry": symmetry} if symmetry else {}  # given to load; a recipe's own goes before it
    n_images = config.get("data", {}).get("counts", {}).get("train")
    flags |= _recipe_flags(config.get("recipe", {}), n_images) | {"seed": config.get("seed", 0)}
    return (" ".join(["giemsa run", material.source, *(flag(*option) for option in flags.items())]),)


def _recipe_flags(recipe: Mapping[str, Any], n_images: int | None) -> dict[str, Any]:
    """Return the recipe's name and the fields that must be said so that it is carried out alike on so many images.

    One with a name of its own is told by ``fast``. Where the number of images is not known, nothing follows from it.
    """
    name = recipe["name"] if recipe.get("name") in RECIPES else "fast"
    said: dict[str, Any] = {}
    while missing := [field for field in _differing(recipe, name, said, n_images) if field not in said]:
        said[missing[0]] = recipe[missing[0]]
    return {"recipe": name} | said


def _differing(
    recipe: Mapping[str, Any], name: str, said: Mapping[str, Any], n_images: int | None
) -> list[str]:
    """Return the fields in which a run with what is said on the command line would differ."""
    again = recipe_with(name, said)
    known = (again if n_images is None else again.for_images(n_images)).to_json()
    return [
        field
        for field, value in recipe.items()
        if field in known and field != "name" and value not in (None, known[field])
    ]


def _citations(material: Material) -> tuple[str, ...]:
    version = material.config.get("versions", {}).get("giemsa", "")
    own = f"giemsa {version}, an open-source package for Python."
    card = material.data.card if material.data is not None else None
    return (own, card.citation) if card is not None and card.citation else (own,)
