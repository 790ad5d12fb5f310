"""What the pictures of a network are worth: the reach of the stage `interpret`, and its peers.

    python benchmarks/interpretation.py --peers KERAS/bin/python
    python benchmarks/interpretation.py --parts transfer pointing

Parts: `transfer`, `maximisation`, `pointing`, `completeness`, `grad-cam`. Three networks are needed, `fast` with the seeds 3 and
4 and the tutorial's network (ten epochs of `fast` with AdamW, seed 0); those that are not in `--folder` are trained first, a
minute each. The made images' settings were chosen on other seeds. Probabilities are calibrated: the temperature is found on val,
as `giemsa evaluate` does. Without it, label smoothing holds them near .83.

tf-keras-vis runs in an environment of its own (`benchmarks/peers/keras-requirements.txt`), about a minute; without `--peers` it
is left out. captum is a dependency of giemsa. Each part prints its table and is written into
`benchmarks/results/interpretation.json` as soon as it is done. The clock counts in `maximisation` and `grad-cam`: run them on an
idle machine.
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
from machine import RESULTS, describe

import giemsa
from giemsa.interpretation.activation_maximisation import DEFAULTS, maximise_activation
from giemsa.interpretation.attribution import METHODS
from giemsa.interpretation.grad_cam import grad_cam
from giemsa.interpretation.integrated_gradients import baseline_of, completeness_gap, integrated_gradients
from giemsa.interpretation.interval import mean_interval
from giemsa.interpretation.pointing_game import choose_quarters, make_mosaics, play
from giemsa.interpretation.subject import balanced_sample
from giemsa.interpretation.target import Target, class_target, scores
from giemsa.interpretation.transfer import judge_made_images
from giemsa.interpretation.trust import pointing_baselines
from giemsa.temperature import fit_temperature
from giemsa.training.classifier import Classifier, to_pixels
from giemsa.training.recipes import RECIPES, Recipe

OUT = RESULTS / "interpretation.json"
PEER = Path(__file__).parent / "peers" / "keras_maximisation.py"
STARTS = 5
SEEDS = (3, 4)
FAST = RECIPES["fast"]
TUTORIAL = FAST.replace(
    model="tutorial", optimiser="adamw", learning_rate=4e-3, schedule="one-cycle", warmup=0.25, epochs=10
)


def trained(options: argparse.Namespace, name: str, recipe: Recipe, seed: int) -> Classifier:
    """Return the network of a recipe and a seed, trained now where it is not in the folder; its temperature is that of val."""
    folder = options.folder / f"{name}-{seed}"
    if not (folder / "model.safetensors").exists():
        print(f"training {folder}", flush=True)
        giemsa.train(options.data, recipe=recipe, seed=seed, out=folder)
    network = giemsa.open_run(folder).classifier.to("cpu").eval()
    val = options.data.val
    network.classes.temperature = fit_temperature(network.logits(np.asarray(val.images)).numpy(), val.labels)
    return network


def fast(options: argparse.Namespace, seed: int = SEEDS[0]) -> Classifier:
    """Return the network that most parts look at."""
    return trained(options, "fast", FAST, seed)


def images_for(data: giemsa.ImageDataset) -> tuple[torch.Tensor, np.ndarray]:
    """Return 800 training images of all classes and their labels, as the stage takes them."""
    places = balanced_sample(data.train.labels, 800, np.random.default_rng(0))
    return to_pixels(np.asarray(data.train.images[places])), data.train.labels[places]


def make_images(network: Classifier, like: torch.Tensor, seed: int) -> np.ndarray:
    """Make one image a class from noise with the defaults, as bytes."""
    target = Target(torch.eye(len(network.class_names)))
    made = maximise_activation(network, target, like=like, settings=DEFAULTS, seed=seed).images
    return (made * 255).round().astype(np.uint8)


def named(values: np.ndarray, data: giemsa.ImageDataset) -> dict[str, float]:
    """Return one number a class, by its name."""
    return dict(zip(data.class_names, values.round(4).tolist(), strict=True))


def transfer(options: argparse.Namespace) -> dict[str, Any]:
    """Show the made images to a second network, unseen by the optimiser: both ways, five starts, medians of probabilities."""
    like, labels = images_for(options.data)
    classes = np.arange(len(options.data.class_names))
    found = {}
    for own, other in (SEEDS, SEEDS[::-1]):
        network, second = fast(options, own), fast(options, other)
        rows = []
        for start in range(STARTS):
            pixels = to_pixels(make_images(network, like, start))
            judged = judge_made_images(network, pixels, classes, real=like, real_labels=labels, second=second)
            with torch.no_grad():
                raw = second(pixels).double().softmax(1).numpy()[classes, classes]
            rows.append([judged.own, judged.moved, judged.second, raw, judged.distance / judged.typical])
        medians = np.median(np.array(rows, dtype=float), axis=0)
        keys = ("own network", "moved views", "second network", "second, no temperature", "distance to real")
        found[f"seed {own}, shown to seed {other}"] = {
            key: named(row, options.data) for key, row in zip(keys, medians, strict=True)
        }
        for key, row in zip(keys, medians, strict=True):
            print(f"{own} to {other}: {key:<24} {' '.join(f'{value:.3f}' for value in row)}", flush=True)
    return {"starts": STARTS, "steps": DEFAULTS.steps, "median": found}


def pointing(options: argparse.Namespace) -> dict[str, Any]:
    """Play the grid pointing game, 2x2 mosaics of right answers, with every method."""
    network, data = fast(options), options.data
    images, labels = np.asarray(data.val.images), data.val.labels
    probabilities = network.probabilities(images)
    right = np.flatnonzero(probabilities.argmax(1) == labels)
    pixels, sure = to_pixels(images[right]), probabilities[right].max(1)
    generator = np.random.default_rng(0)
    places = choose_quarters(labels[right], sure, count=options.mosaics, generator=generator)
    mosaics = make_mosaics(pixels[places], labels[right][places])
    rows = {name: mean.to_json() for name, mean in pointing_baselines(mosaics).items()}
    rows |= {name: mean_interval(play(network, mosaics, name)).to_json() for name in METHODS}
    for name, row in rows.items():
        print(f"{name:<22} {row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]", flush=True)
    return {"mosaics": options.mosaics, "scores": rows}


def completeness(options: argparse.Namespace) -> dict[str, Any]:
    """Measure by how much integrated gradients miss the difference that they should add up to; captum at its default."""
    from captum.attr import IntegratedGradients

    network, data = fast(options), options.data
    places = np.random.default_rng(0).choice(len(data.val), options.images, replace=False)
    pixels, labels = to_pixels(np.asarray(data.val.images[places])), data.val.labels[places]
    weights = class_target(labels, len(data.class_names)).weights
    baselines = baseline_of(pixels, None)
    with torch.no_grad():
        wanted = scores(network, pixels, weights) - scores(network, baselines, weights)
    theirs = IntegratedGradients(network).attribute(
        pixels, baselines=baselines, target=torch.from_numpy(labels), internal_batch_size=512
    )
    rows = {}
    for name, maps in (
        ("giemsa", torch.from_numpy(integrated_gradients(network, pixels, labels))),
        ("captum, 50 steps", theirs.float()),
    ):
        gaps = ((maps.sum((1, 2, 3)) - wanted).abs() / wanted.abs()).numpy()
        promised = completeness_gap(network, pixels, baselines, Target(weights), maps)
        rows[name] = {
            "largest": float(gaps.max()),
            "largest, of 0.1 where the difference is less": float(promised.max()),
            "median": float(np.median(gaps)),
            "within 1 %": float((gaps <= 0.01).mean()),
        }
        print(f"{name:<18} {rows[name]}", flush=True)
    return {"images": options.images, "gap as a fraction of the difference": rows}


def time_grad_cam(options: argparse.Namespace) -> dict[str, Any]:
    """Time Grad-CAM of 1,000 images, ours and captum's."""
    from captum.attr import LayerAttribution, LayerGradCam

    network, data = fast(options), options.data
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


def maximisation(options: argparse.Namespace) -> dict[str, Any]:
    """Time 200 steps for all classes beside tf-keras-vis on the same weights, with the tutorial's settings there."""
    network, data = trained(options, "tutorial", TUTORIAL, 0), options.data
    like, _ = images_for(data)
    rows: dict[str, Any] = {
        "giemsa": {"seconds for all classes": _best(lambda: make_images(network, like, 0))}
    }
    probabilities = network.probabilities(make_images(network, like, 0))
    rows["giemsa"]["own probability"] = named(np.diag(probabilities), data)
    if options.peers:
        with tempfile.TemporaryDirectory() as folder:
            rows["tf-keras-vis"] = _peer(network, data, options.peers, Path(folder))
        theirs = rows["tf-keras-vis"]["seconds for all classes"]
        rows["times as fast"] = theirs / rows["giemsa"]["seconds for all classes"]
    print(json.dumps(rows, indent=2), flush=True)
    return {"steps": DEFAULTS.steps, "network": "tutorial", "tools": rows}


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
        "seconds for all classes": sum(told["seconds"]),
        "seconds a class": told["seconds"],
        "own probability": named(own, data),
        "versions": told["versions"],
    }


PARTS = {
    "maximisation": maximisation,
    "grad-cam": time_grad_cam,
    "transfer": transfer,
    "pointing": pointing,
    "completeness": completeness,
}


def main() -> None:
    """Run the parts and keep what each found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--folder", type=Path, default=Path("runs/interpretation"), help="of the networks")
    parser.add_argument("--peers", help="the interpreter of the environment that holds tf-keras-vis")
    parser.add_argument("--mosaics", type=int, default=100, help="in the pointing game")
    parser.add_argument("--images", type=int, default=200, help="whose integrated gradients are added up")
    options = parser.parse_args()
    options.data = giemsa.load("bloodmnist")
    for name in options.parts:
        print(f"\n{name}", flush=True)
        start = time.perf_counter()
        found = PARTS[name](options)
        found |= {"part took seconds": round(time.perf_counter() - start, 1), "machine": describe()}
        kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(
            json.dumps({"rows": kept.get("rows", {}) | {name: found}}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
