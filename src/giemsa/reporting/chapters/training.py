"""The chapter on the training: the recipe, its course, and which split chose what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from giemsa.evaluation.modelcard import looks_in_words
from giemsa.reporting.material import Material
from giemsa.reporting.parts import Cell, Fact, Illustration, Table
from giemsa.reporting.pictures import illustrations
from giemsa.reporting.words import DASH, count, decimal, duration, percent, sentence
from giemsa.training.recipe_words import choice
from giemsa.wording import count_words

SYMMETRY_WORDS = {
    "none": "no moves",
    "mirror": "mirror images",
    "mirror and quarter turns": "mirror images and quarter turns",
}


@dataclass(frozen=True)
class TrainingChapter:
    """What was trained, how, and what chose it."""

    sentences: tuple[str, ...]
    choices: Table
    facts: tuple[Fact, ...]
    recipe: Table
    history: Table | None
    pictures: tuple[Illustration, ...]


def training_chapter(material: Material) -> TrainingChapter:
    """Tell how the network came to be."""
    return TrainingChapter(
        sentences=_sentences(material),
        choices=_choices(material),
        facts=_facts(material),
        recipe=_recipe(material.config.get("recipe", {})),
        history=_history(material),
        pictures=illustrations(material.folder / "figures", material.index, "train"),
    )


def kept_epoch(material: Material) -> int | None:
    """Return the epoch whose weights were kept, counted from 1."""
    if not material.history:
        return None
    if material.config.get("recipe", {}).get("selection") != "best":
        return int(material.history[-1]["epoch"])
    return int(min(material.history, key=lambda epoch: epoch["val_loss"])["epoch"])


def seconds_of_training(material: Material) -> float | None:
    """Return the sum of the epochs' seconds."""
    return sum(epoch["seconds"] for epoch in material.history) if material.history else None


def _sentences(material: Material) -> tuple[str, ...]:
    config, kept = material.config, kept_epoch(material)
    sentences = [_found_symmetry(config["symmetry_trial"])] if config.get("symmetry_trial") else []
    if kept is not None and config.get("selection"):
        sentences.append(f"Kept were {config['selection']} (epoch {kept} of {len(material.history)}).")
    return (*sentences, looks_in_words(int(config.get("test_looks", 0))))


def _found_symmetry(trial: Mapping[str, Any]) -> str:
    """Say what the trial of symmetries found."""
    losses = [f"{decimal(loss)} with {SYMMETRY_WORDS[name]}" for name, loss in trial["loss"].items()]
    return (
        f"Nothing says under which moves these images keep their meaning, so a short trial on {count(trial['images'])} of the "
        f"training images decided for {SYMMETRY_WORDS[trial['chosen']]}: the cross-entropy on images that its networks had "
        f"not seen was {', '.join(losses)}."
    )


def _choices(material: Material) -> Table:
    """Return which split each choice was made on."""
    config, told = material.config, material.evaluation or {}
    counts = config.get("data", {}).get("counts", {})
    trial = config.get("symmetry_trial")
    symmetry = (
        [("the symmetry of the images", "train, one half by the other", count(trial["images"]))]
        if trial
        else []
    )
    rows = (
        *symmetry,
        ("the weights", "train", count(counts.get("train"))),
        ("the epoch whose weights are kept", _chose_the_epoch(config.get("recipe", {})), ""),
        *_later_choices(told),
        ("nothing", "test", count(counts.get("test"))),
    )
    return Table(
        caption="What was chosen on which split",
        head=("choice", "made on", "images"),
        rows=tuple(tuple(Cell(text) for text in row) for row in rows),
        note=sentence(str((told.get("facts") or {}).get("prediction_sets", ""))),
        wordy=(1,),
    )


def _chose_the_epoch(recipe: Mapping[str, Any]) -> str:
    if recipe.get("selection") == "best":
        return "val"
    stops = recipe.get("patience") is not None
    return "val, which may end the training early" if stops else "no split: fixed beforehand"


def _later_choices(told: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what the evaluation chose."""
    calibration, sets = told.get("calibration"), told.get("prediction_sets")
    fitted = bool(calibration and calibration["n_fit"])
    if calibration:
        choice = f"the temperature of the probabilities ({decimal(calibration['temperature'], 2)})"
        if fitted:
            yield choice, "one half of val", count(calibration["n_fit"])
        else:
            yield choice, "no split: val is too small", ""
    if sets:
        half = "the other half of val" if fitted else "val"
        yield "the size of the prediction sets", half, count(sets[0]["n_calibration"])
    if told.get("novelty"):
        yield "the threshold for foreign images", "val", ""


def _facts(material: Material) -> tuple[Fact, ...]:
    config, epochs = material.config, len(material.history)
    seconds = seconds_of_training(material)
    recipe = str(config.get("recipe", {}).get("name", DASH))
    network = str(config.get("model") or config.get("recipe", {}).get("model", DASH))
    return (
        Fact("Recipe", recipe),
        Fact("Network", f"{network} (a user's own)" if config.get("own_model") else network),
        Fact("Epochs", count(epochs) if epochs else DASH),
        Fact("Time", f"{duration(seconds)}, {duration(seconds / epochs)} an epoch" if seconds else DASH),
        Fact("Device", f"{config.get('device', DASH)}, {config.get('precision', DASH)}"),
        Fact("Threads", count(config.get("threads"))),
        Fact("Symmetry of the images", str(config.get("symmetry") or DASH)),
        Fact("Seed", str(config.get("seed", DASH))),
    )


def _recipe(recipe: Mapping[str, Any]) -> Table:
    rows = tuple(
        tuple(Cell(words) for words in choice(field, value))
        for field, value in recipe.items()
        if field != "name"
    )
    return Table(
        caption="Every choice of the recipe", head=("choice", "value"), rows=rows, folded=True, wordy=(1,)
    )


def _history(material: Material) -> Table | None:
    if not material.history:
        return None
    rows = tuple(
        (
            Cell(count(epoch["epoch"])),
            Cell(decimal(epoch["loss"])),
            Cell(decimal(epoch["val_loss"])),
            Cell(percent(epoch["accuracy"])),
            Cell(percent(epoch["val_accuracy"])),
            Cell(duration(epoch["seconds"])),
        )
        for epoch in material.history
    )
    return Table(
        caption=f"The course of the training, {count_words(len(rows), 'epoch')}",
        head=("epoch", "loss", "val loss", "accuracy", "val accuracy", "time"),
        rows=rows,
        note="Loss and accuracy on train are means while the weights were moving, on augmented images.",
        folded=True,
    )
