"""A classifier as two files: ``model.safetensors`` (weights) and ``model.json`` (how to use them). Nothing is unpickled."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import nn

from giemsa.data.dataset import SourceGeometry, WhiteLevels
from giemsa.errors import ModelError, RunError
from giemsa.models import MODELS, build_model
from giemsa.training.building import check_output
from giemsa.training.classifier import Classes, Classifier, Preprocessing, place
from giemsa.training.device import Compute
from giemsa.training.files import file_digest, read_json, read_tensors, write_json, write_tensors

VERSION = 1
BEFORE_LEVELS = {"whole": 65535, "fraction": 255}  # how deep files were read when nothing was written of it


def save_classifier(
    folder: Path, classifier: Classifier, model: str, weights: dict[str, torch.Tensor]
) -> None:
    """Write the two files; ``model`` is a name of the package's, or the class name of a user's own network."""
    write_tensors(folder / "model.safetensors", weights, {})
    write_json(folder / "model.json", {"version": VERSION} | _describe(classifier, model, folder))


def save_temperature(folder: Path, temperature: float) -> None:
    """Write the temperature found on val into ``model.json``."""
    write_json(folder / "model.json", read_json(folder / "model.json") | {"temperature": float(temperature)})


def _describe(classifier: Classifier, model: str, folder: Path) -> dict[str, Any]:
    preprocessing = dataclasses.asdict(classifier.preprocessing)
    return {
        "model": model,
        "n_parameters": sum(p.numel() for p in classifier.network.parameters()),
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
    facts = read_json(folder / "model.json")
    _check_version(facts, folder / "model.json")
    try:
        classifier = _rebuild(facts, network, compute or Compute())
        digest = facts["weights_sha256"]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(
            f"{folder / 'model.json'} lacks or garbles a field ({error}): it was changed"
        ) from error
    weights, _ = read_tensors(folder / "model.safetensors")
    if file_digest(folder / "model.safetensors") != digest:
        raise RunError(
            f"{folder / 'model.safetensors'} is not the file that was saved: its SHA-256 differs; "
            "if the training was stopped, go on with --resume"
        )
    try:
        classifier.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"the weights in {folder} do not fit this network: {reason}") from error
    return classifier.eval()


def _check_version(facts: Any, path: Path) -> None:
    version = facts.get("version") if isinstance(facts, dict) else None
    if not isinstance(version, int):
        raise RunError(f"{path} has no version: it was not written by giemsa, or was changed")
    if version > VERSION:
        raise RunError(
            f"{path} is of version {version}, this giemsa reads up to {VERSION}: install a newer giemsa"
        )


def _rebuild(facts: dict[str, Any], network: nn.Module | None, compute: Compute) -> Classifier:
    stored = dict(facts["preprocessing"])
    geometry = stored["source_geometry"]
    stored["source_geometry"] = SourceGeometry(**geometry) if geometry else None
    stored["white"] = WhiteLevels(**stored.get("white", BEFORE_LEVELS))
    for name in ("image_shape", "mean", "std"):
        stored[name] = tuple(stored[name])
    preprocessing = Preprocessing(**stored)
    names = tuple(facts["class_names"])
    symmetry, temperature = facts["symmetry"], float(facts["temperature"])
    if not temperature > 0:
        raise ValueError(f"a temperature of {temperature:g}")
    classes = Classes(names, tuple(facts["short_names"]), temperature, symmetry, compute)
    if network is None:
        return place(
            Classifier(_fresh_network(facts["model"], preprocessing, len(names)), preprocessing, classes)
        )
    classifier = Classifier(_copy_of(network), preprocessing, classes).to(compute.device)
    check_output(classifier)  # layers that learn their size from the first images know it now
    return place(classifier)


def _copy_of(network: nn.Module) -> nn.Module:
    """Return a copy, so that two runs opened with one module have weights each; the module itself where it cannot be copied."""
    try:
        return copy.deepcopy(network)
    except (RuntimeError, TypeError):  # it holds a lock, a file or a weight that is computed from others
        return network


def _fresh_network(model: str, preprocessing: Preprocessing, n_classes: int) -> nn.Module:
    if model not in MODELS:
        raise ModelError(
            f"this run was trained with a network of the user's own ({model}): "
            "open it with giemsa.open_run(folder, model=module)"
        )
    height, _, channels = preprocessing.image_shape
    generator = torch.Generator().manual_seed(0)
    return build_model(model, channels=channels, n_classes=n_classes, size=height, generator=generator)
