"""The options that commands share, one by one and in groups, and those that are made from a recipe's fields."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

Command = Callable[..., None]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; refused if it exists.")]
OutFolder = Annotated[
    Path | None, typer.Option("--out", "-o", help="The folder to write into; refused if it is not empty.")
]
OutRun = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="The run folder; runs/DATA-RECIPE-SEED if not given. Refused if it exists."
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what stands at --out.")]
Merge = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Write where something stands already: files of the same names are replaced, others stay.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Source of every random choice but the split.")]
SplitSeed = Annotated[
    int,
    typer.Option(
        "--split-seed",
        min=0,
        help="Source of the split, where giemsa makes it: a seed of its own, so that trainings with other seeds can be compared.",
    ),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, help="Threads to compute and to read files with; all cores if not given."
    ),
]
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A MedMNIST name, a folder of images, a CSV manifest or an .npz file."
    ),
]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder, as `giemsa run` and `giemsa train` make it.")
]
RunData = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="DATA", help="Where the run's data lie now, if not where its config.json says."
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size",
        min=1,
        help="Side of the images in pixels. If not given, 28 for MedMNIST (or 64, 128, 224), 64 for image files, and as they "
        "are in an .npz file.",
    ),
]
Fit = Annotated[str, typer.Option("--fit", help="Images that are not square: crop, pad or stretch.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Go on without images that cannot be read, and say how many.")
]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        "--rename",
        metavar="LABEL=NAME",
        help="Give the class of a number, as `giemsa explore` tells it, another name, such as 3=monocyte; may be repeated.",
    ),
]
Views = Annotated[
    int,
    typer.Option(
        "--views",
        min=1,
        help="Average over so many views of each image: 1 as it is, 2 with its mirror image, or all 8 turned and mirrored.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where images come from and how they are read."""

    data: Data = "bloodmnist"
    size: Size = None
    fit: Fit = "crop"
    skip_bad: SkipBad = False
    rename: Rename = None
    split_seed: SplitSeed = 0


@dataclass(frozen=True, kw_only=True)
class Talk:
    """How a command talks to its user, and the threads it computes with."""

    threads: Threads = None
    json: Json = False
    quiet: Quiet = False


RECIPE_HELP = {
    "model": "The network: convnet, convnet-ensemble, convnet-light, convnet-wide or tutorial.",
    "epochs": "Passes over the training images.",
    "minimum_steps": "A small set is passed over until so many steps are made; 0 where --epochs is given.",
    "batch_size": "Images a step.",
    "least_batch_size": "A small set has fewer images a step, but at least so many; --batch-size holds for any set.",
    "optimiser": "How the weights are moved: adam, adamw, sgd or muon.",
    "learning_rate": "The highest value of the learning rate.",
    "epsilon": "The small number in the denominator of adam and adamw.",
    "weight_decay": "Pull of the weights towards zero.",
    "schedule": "Course of the learning rate: constant, one-cycle or triangle.",
    "warmup": "Part of the steps in which the learning rate rises, 0 to 1.",
    "label_smoothing": "Part of the target that is spread over all classes.",
    "class_weights": "Weigh each class by the inverse of its frequency.",
    "symmetry": "Moves that keep a label: none, mirror, mirror and quarter turns; or card: as the data's card says, and "
    "where it says nothing, as a short trial finds.",
    "skip_known": "Probability that an image the network knows is left out of a pass; said here, it holds for any set.",
    "skip_known_from": "In a set of fewer images none is left out.",
    "horizontal_flip": "Mirror half of the images, left for right.",
    "vertical_flip": "Mirror half of the images, top for bottom.",
    "rotation_degrees": "Turn each image by up to this angle.",
    "shift_pixels": "Move each image by up to so many pixels if it is 28x28, in proportion to its size otherwise.",
    "colour_jitter": "Strength of other light, camera and stain in half of the images.",
    "standardize": "By the mean and standard deviation of: data, image (for other light), or none.",
    "selection": "Weights kept: best, last or average.",
    "average_decay": "Decay of the moving average of the weights, where that is kept.",
    "patience": "Stop after so many epochs without a better validation loss.",
    "precision": "auto, float32 or bfloat16.",
}


def with_groups(command: Command) -> Command:
    """Let a command take groups of options: a parameter whose type is a dataclass becomes a flag for each of its fields."""
    signature = inspect.signature(command, eval_str=True)
    kinds = {p.name: p.annotation for p in signature.parameters.values()}
    groups: dict[str, Any] = {name: kind for name, kind in kinds.items() if dataclasses.is_dataclass(kind)}

    def wrapped(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(
                **{field.name: values.pop(field.name) for field in dataclasses.fields(group)}
            )
        command(**values)

    flat: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        group = groups.get(parameter.name)
        flat += _fields_of(group, parameter.kind) if group else [parameter]
    return _presented(wrapped, command, signature.replace(parameters=flat))


def _fields_of(group: type, kind: Any) -> list[inspect.Parameter]:
    annotations = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(field.name, kind, default=field.default, annotation=annotations[field.name])
        for field in dataclasses.fields(group)
    ]


def _presented(wrapped: Command, command: Command, signature: inspect.Signature) -> Command:
    """Give a wrapper the name, the help and the options that its command shows."""
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__signature__ = signature  # type: ignore[attr-defined]
    return wrapped


def with_recipe_flags(command: Command) -> Command:
    """Add a flag for each field of :class:`giemsa.training.recipes.Recipe` to a command that takes ``**recipe_fields``.

    A flag that is not given is ``None`` and leaves the recipe's own value, which its help tells.
    """
    from giemsa.training.recipes import Recipe

    signature = inspect.signature(command, eval_str=True)
    shared = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    taken = {p.name for p in shared}
    flags = [_flag(field) for field in dataclasses.fields(Recipe) if field.name not in taken | {"name"}]

    def wrapped(**values: Any) -> None:
        command(**values)

    return _presented(wrapped, command, signature.replace(parameters=[*shared, *flags]))


def _flag(field: dataclasses.Field) -> inspect.Parameter:
    kind: Any = type(field.default) if isinstance(field.default, bool | int | float | str) else int
    flag = "--" + field.name.replace("_", "-")
    declared = f"{flag}/--no-{flag[2:]}" if kind is bool else flag
    words = f"{RECIPE_HELP[field.name]} [{_values(field.name)}]"
    option = typer.Option(declared, help=words, rich_help_panel="The recipe's fields", show_default=False)
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _values(field: str) -> str:
    """Write what the recipes have in a field: one value where all agree."""
    from giemsa.training.recipes import RECIPES

    values = {name: getattr(recipe, field) for name, recipe in RECIPES.items()}
    if len(set(values.values())) == 1:
        return _in_words(values["fast"])
    return ", ".join(f"{name}: {_in_words(value)}" for name, value in values.items())


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "never" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def given(recipe_fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were given on the command line."""
    return {name: value for name, value in recipe_fields.items() if value is not None}
