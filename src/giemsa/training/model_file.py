"""A classifier as two files: ``model.safetensors`` (weights) and ``model.json`` (how to use them). Nothing is unpickled."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import torch
from torch import nn

from giemsa.data.dataset import SourceGeometry, Symmetry, WhiteLevels
from giemsa.data.fitting import Fit
from giemsa.errors import ModelError, RunError
from giemsa.models import MODELS, build_model
from giemsa.models.layers import count_parameters
from giemsa.reading import Between, pick, read_json
from giemsa.training.building import check_output
from giemsa.training.classifier import Classes, Classifier, Preprocessing, place
from giemsa.training.configuration import MEND, ClassNames
from giemsa.training.device import Compute
from giemsa.training.files import file_digest, read_tensors, write_tensors
from giemsa.writing import write_json

VERSION = 1
BEFORE_LEVELS = {"whole": 65535, "fraction": 255}  # how deep files were read when nothing was written of it

Side = Annotated[int, Between(1, 4096)]
PhotographSide = Annotated[int, Between(1, 100_000)]
Number = Annotated[float, Between(-1e6, 1e6)]


class GeometryEntry(TypedDict):
    """A :class:`giemsa.data.dataset.SourceGeometry`."""

    height: PhotographSide
    width: PhotographSide
    crop: PhotographSide
    jpeg_quality: NotRequired[Annotated[int, Between(1, 100)] | None]


class WhiteEntry(TypedDict):
    """A :class:`giemsa.data.dataset.WhiteLevels`."""

    whole: Literal[255, 1023, 4095, 16383, 65535] | None
    fraction: Literal[1, 255] | None


class PreprocessingEntry(TypedDict):
    """A :class:`giemsa.training.classifier.Preprocessing`."""

    image_shape: tuple[Side, Side, Annotated[int, Between(1, 4)]]
    mean: list[Number]
    std: list[Annotated[float, Between(1e-6, 1e6)]]
    source_geometry: GeometryEntry | None
    fit: Fit
    each_image: NotRequired[bool]
    white: NotRequired[WhiteEntry]


class ModelEntry(TypedDict):
    """What is read of ``model.json``."""

    version: int
    model: str
    weights_sha256: str
    preprocessing: PreprocessingEntry
    class_names: ClassNames
    short_names: ClassNames
    temperature: Annotated[float, Between(1e-3, 1e3)]
    symmetry: Symmetry


def save_classifier(
    folder: Path, classifier: Classifier, model: str, weights: dict[str, torch.Tensor]
) -> None:
    """Write the two files; ``model`` is a name of the package's, or the class name of a user's own network."""
    write_tensors(folder / "model.safetensors", weights, {})
    write_json(folder / "model.json", {"version": VERSION} | _describe(classifier, model, folder))


def save_temperature(folder: Path, temperature: float) -> None:
    """Write the temperature found on val into ``model.json``."""
    path = folder / "model.json"
    write_json(path, read_json(path, dict[str, Any], mend=MEND) | {"temperature": float(temperature)})


def _describe(classifier: Classifier, model: str, folder: Path) -> dict[str, Any]:
    preprocessing = dataclasses.asdict(classifier.preprocessing)
    return {
        "model": model,
        "n_parameters": count_parameters(classifier.network),
        "weights_sha256": file_digest(folder / "model.safetensors"),
        "preprocessing": preprocessing,
        "class_names": list(classifier.class_names),
        "short_names": list(classifier.short_names),
        "temperature": classifier.temperature,
        "symmetry": classifier.symmetry,
    }


def load_classifier(
    folder: Path, *, network: nn.Module | None = None, compute: Compute | None = None
) -> Classifier:
    """Rebuild the classifier of a run folder.

    Parameters
    ----------
    folder : the run folder.
    network : the user's own module, where the run was trained with one; a copy of it gets the weights.
    compute : device and precision; the CPU in float32 if not given.

    Raises
    ------
    RunError : a file is missing, of a newer version, or not the one that was written.
    ModelError : the weights do not fit the network.
    """
    facts = _read_facts(folder)
    weights = _read_weights(folder / "model.safetensors", facts["weights_sha256"])
    built = _bare_network(folder, facts) if network is None else _copy_of(network)
    classifier = _around(built, facts, compute or Compute())
    if network is not None:
        check_output(classifier)  # layers of unknown size know it now
    _fill(classifier, weights, folder / "model.safetensors", is_bare=network is None)
    return place(classifier).eval()


def _read_weights(path: Path, digest: str) -> dict[str, torch.Tensor]:
    weights, _ = read_tensors(path)
    if file_digest(path) != digest:
        raise RunError(
            f"{path} is not the file that was saved: its SHA-256 differs; "
            "if the training was stopped, go on with --resume"
        )
    return weights


def _fill(classifier: Classifier, weights: Mapping[str, torch.Tensor], path: Path, *, is_bare: bool) -> None:
    """Put weights into a network, or in the place of its own where it has none."""
    kinds = {name: value.dtype for name, value in classifier.state_dict().items()}
    same = {name: value.to(kinds.get(name, value.dtype)) for name, value in weights.items()}
    classifier.fill(same, path, assign=is_bare)
    for name, value in classifier.state_dict().items():
        if value.isnan().any():
            raise RunError(f"{path} was changed or damaged: {name} holds what is no number; {MEND}")


def _around(network: nn.Module, facts: Mapping[str, Any], compute: Compute) -> Classifier:
    """Return a network with what ``model.json`` says of its use."""
    stored = pick(PreprocessingEntry, facts["preprocessing"])
    if stored["source_geometry"]:
        stored["source_geometry"] = SourceGeometry(**pick(GeometryEntry, stored["source_geometry"]))
    stored["white"] = WhiteLevels(**pick(WhiteEntry, stored.get("white", BEFORE_LEVELS)))
    for name in ("image_shape", "mean", "std"):
        stored[name] = tuple(stored[name])
    names, shorts = tuple(facts["class_names"]), tuple(facts["short_names"])
    classes = Classes(names, shorts, float(facts["temperature"]), facts["symmetry"], compute)
    return Classifier(network, Preprocessing(**stored), classes)


def _copy_of(network: nn.Module) -> nn.Module:
    """Return a copy, so that two runs opened with one module have weights each; the module itself where it cannot be copied."""
    try:
        return copy.deepcopy(network)
    except (RuntimeError, TypeError, ValueError):
        # it holds a lock, a weight that is computed from others, or a buffer without a size yet
        return network


def _bare_network(folder: Path, facts: Mapping[str, Any]) -> nn.Module:
    """Return the package's network without weights: whatever size a file claims, memory is taken for weights that are there."""
    model, (height, width, channels) = facts["model"], facts["preprocessing"]["image_shape"]
    if model not in MODELS:
        raise ModelError(
            f"this run was trained with a network of the user's own ({model}): "
            "open it with giemsa.open_run(folder, model=module)"
        )
    try:
        if height != width:
            raise ModelError(f"the package's networks take square images, these are {height}x{width}")
        with torch.device("meta"):
            return build_model(
                model,
                channels=channels,
                n_classes=len(facts["class_names"]),
                size=height,
                generator=torch.Generator(),
            )
    except ModelError as error:
        path = folder / "model.json"
        raise RunError(
            f"{path} was changed or damaged: preprocessing.image_shape: {error}; {MEND}"
        ) from error


def _read_facts(folder: Path) -> Any:
    """Return what ``model.json`` says; a :class:`RunError` names what is not as giemsa wrote it."""
    path = folder / "model.json"
    facts = read_json(path, ModelEntry, mend=MEND, version=VERSION)
    if found := _disagreement(facts):
        raise RunError(f"{path} was changed or damaged: {found}; {MEND}")
    return facts


def _disagreement(facts: Mapping[str, Any]) -> str:
    """Return in words what in ``model.json`` cannot be true at once; nothing where all can."""
    names, shorts, stored = facts["class_names"], facts["short_names"], facts["preprocessing"]
    channels, geometry = stored["image_shape"][2], stored["source_geometry"]
    if len(set(names)) < len(names):
        return "two of class_names are alike"
    if len(shorts) != len(names):
        return f"short_names are {len(shorts)}, class_names {len(names)}"
    for name in ("mean", "std"):
        if len(stored[name]) != channels:
            return f"preprocessing.{name} holds {len(stored[name])} numbers for {channels} channels"
    if geometry and geometry["crop"] > min(geometry["height"], geometry["width"]):
        return "preprocessing.source_geometry.crop is larger than the photograph"
    return ""
