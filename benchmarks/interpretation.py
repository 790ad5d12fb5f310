"""What the pictures of a network are worth: the reach of the stage `interpret`, and its peers.

    python benchmarks/interpretation.py pointing     --run RUN
    python benchmarks/interpretation.py completeness --run RUN
    python benchmarks/interpretation.py grad-cam     --run RUN                       (the clock counts)
    python benchmarks/interpretation.py transfer     --run RUN --second RUN
    python benchmarks/interpretation.py maximisation --run RUN --peers KERAS/bin/python  (the clock counts; model tutorial)

RUN and the second RUN are runs of one recipe and two seeds. tf-keras-vis runs in an environment of its own
(`benchmarks/peers/keras-requirements.txt` and tf-keras-vis 0.8.7). Each part prints a table and writes its share of
`benchmarks/results/interpretation.json`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import describe

import giemsa
from giemsa.interpretation.activation_maximisation import DEFAULTS, maximise_activation
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.grad_cam import grad_cam
from giemsa.interpretation.integrated_gradients import baseline_of, completeness_gap, integrated_gradients
from giemsa.interpretation.interval import mean_interval
from giemsa.interpretation.pointing_game import make_mosaics, play
from giemsa.interpretation.target import Target, class_target
from giemsa.interpretation.trust import pointing_baselines
from giemsa.training.classifier import Classifier, to_pixels

OUT = Path(__file__).parent / "results" / "interpretation.json"
PEER = Path(__file__).parent / "peers" / "keras_maximisation.py"
STARTS = 5


def load(folder: Path) -> tuple[Classifier, giemsa.ImageDataset]:
    """Return the network and the data of a run."""
    run = giemsa.open_run(folder)
    return run.classifier.to("cpu").eval(), run.data()


def pointing(options: argparse.Namespace) -> dict[str, Any]:
    """Play the grid pointing game with every method."""
    network, data = load(options.run)
    images, labels = np.asarray(data.val.images), data.val.labels
    probabilities = network.probabilities(images)
    right = np.flatnonzero(probabilities.argmax(1) == labels)
    pixels, sure = to_pixels(images[right]), probabilities[right].max(1)
    generator = np.random.default_rng(0)
    mosaics = make_mosaics(pixels, labels[right], sure, count=options.count, generator=generator)
    rows = {name: mean.to_json() for name, mean in pointing_baselines(mosaics).items()}
    for name, method in METHODS.items():
        rows[name] = mean_interval(play(method.compute, network, mosaics)).to_json()
        print(
            f"{name:<22} {rows[name]['value']:.3f}  [{rows[name]['low']:.3f}, {rows[name]['high']:.3f}]",
            flush=True,
        )
    return {"mosaics": options.count, "scores": rows}


def completeness(options: argparse.Namespace) -> dict[str, Any]:
    """Measure by how much integrated gradients miss what they should add up to, on the trained network."""
    network, data = load(options.run)
    pixels, labels = to_pixels(np.asarray(data.val.images[:64])), data.val.labels[:64]
    maps = torch.from_numpy(integrated_gradients(network, pixels, labels))
    target = class_target(labels, len(data.class_names))
    gap = completeness_gap(network, pixels, baseline_of(pixels, None), target, maps)
    print(f"largest gap of 64 images {gap.max():.4f}, median {gap.median():.5f}")
    return {"images": 64, "largest": float(gap.max()), "median": float(gap.median())}


def time_grad_cam(options: argparse.Namespace) -> dict[str, Any]:
    """Time Grad-CAM of 1,000 images, ours and captum's."""
    from captum.attr import LayerAttribution, LayerGradCam

    network, data = load(options.run)
    pixels, labels = to_pixels(np.asarray(data.val.images[:1000])), data.val.labels[:1000]
    layer = [module for module in network.modules() if isinstance(module, torch.nn.ReLU)][-1]
    theirs = LayerGradCam(network, layer)

    def captum() -> None:
        coarse = theirs.attribute(pixels, torch.from_numpy(labels), relu_attributions=True)
        LayerAttribution.interpolate(coarse, tuple(pixels.shape[2:]), "bilinear")

    rows = {"giemsa": _best(lambda: grad_cam(network, pixels, labels)), "captum": _best(captum)}
    for name, seconds in rows.items():
        print(f"{name:<8} {seconds:.2f} s for 1,000 images")
    return {"images": 1000, "seconds": rows}


def _best(function: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest of some runs, in seconds."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


def make_images(network: Classifier, data: giemsa.ImageDataset, seed: int) -> np.ndarray:
    """Make one image a class with the defaults, as bytes."""
    like = to_pixels(np.asarray(data.train.images[:800]))
    target = Target(torch.eye(len(data.class_names)))
    made = maximise_activation(network, target, like=like, settings=DEFAULTS, seed=seed).images
    return (made * 255).round().astype(np.uint8)


def transfer(options: argparse.Namespace) -> dict[str, Any]:
    """Show the made images to a second network, unseen by the optimiser; five starts, calibrated probabilities."""
    network, data = load(options.run)
    second, _ = load(options.second)
    probabilities = [
        np.diag(second.probabilities(make_images(network, data, seed))) for seed in range(STARTS)
    ]
    medians = dict(zip(data.class_names, np.median(probabilities, axis=0).round(4).tolist(), strict=True))
    for name, value in medians.items():
        print(f"{name:<24} {value:.3f}")
    return {"starts": STARTS, "median_probability": medians}


def maximisation(options: argparse.Namespace) -> dict[str, Any]:
    """Time 200 steps for all classes beside tf-keras-vis on the same weights, with the tutorial's settings there."""
    network, data = load(options.run)
    ours = _best(lambda: make_images(network, data, 0))
    rows: dict[str, Any] = {"giemsa_seconds": ours}
    own = np.diag(network.probabilities(make_images(network, data, 0)))
    rows["giemsa_own_probability"] = dict(zip(data.class_names, own.round(4).tolist(), strict=True))
    if options.peers:
        with tempfile.TemporaryDirectory() as folder:
            rows |= _peer(network, data, options.peers, Path(folder))
        rows["times_as_fast"] = rows["tf_keras_vis_seconds"] / ours
    print(json.dumps(rows, indent=2))
    return rows


def _peer(network: Classifier, data: giemsa.ImageDataset, python: str, folder: Path) -> dict[str, Any]:
    """Run tf-keras-vis on the same weights; a probe image checks that both networks answer alike."""
    probe = np.asarray(data.val.images[:1])
    arrays = {name: value.numpy() for name, value in network.network.state_dict().items()}
    statistics = {
        "mean": network.preprocessing.mean,
        "std": network.preprocessing.std,
        "probe": probe / np.float32(255),
    }
    np.savez(
        folder / "weights.npz", **arrays, **{k: np.asarray(v, np.float32) for k, v in statistics.items()}
    )
    command = [python, str(PEER), str(folder / "weights.npz"), str(folder / "made.npz")]
    told = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    with torch.no_grad():
        ours = float(network(to_pixels(probe)).softmax(1).max())
    if abs(ours - told["probe"]) > 1e-3:
        raise SystemExit(f"the two networks differ: {ours} and {told['probe']}")
    made = (np.load(folder / "made.npz")["images"].clip(0, 1) * 255).round().astype(np.uint8)
    own = np.diag(network.probabilities(made))
    return {
        "tf_keras_vis_seconds": sum(told["seconds"]),
        "tf_keras_vis_own_probability": dict(zip(data.class_names, own.round(4).tolist(), strict=True)),
    }


PARTS = {
    "pointing": pointing,
    "completeness": completeness,
    "grad-cam": time_grad_cam,
    "transfer": transfer,
    "maximisation": maximisation,
}


def main() -> None:
    """Run one part and keep what it found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--second", type=Path)
    parser.add_argument("--peers")
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    found = PARTS[options.part](options)
    kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    network = giemsa.open_run(options.run).config["model"]
    kept[f"{options.part} ({network})"] = found | {"machine": describe()}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
