"""Images a second of a trained network, in giemsa and in ONNX Runtime, with the same weights, threads and batch.

    python -m venv onnx && onnx/bin/pip install -r benchmarks/peers/onnx-requirements.txt
    python benchmarks/inference.py --peer-python onnx/bin/python [--batch 128] [--repeats 9]

The network is that of the recipe `fast`, its norms in evaluation mode, the standardisation included. Both start from `uint8`
images in memory and end with probabilities, in float32; the peer's answers must equal giemsa's to 1e-4. Where `giemsa predict`
would take bfloat16 on this machine, that is timed as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import keep, summary, words
from safetensors.torch import save_file

import giemsa
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classifier
from giemsa.training.device import Compute, choose_compute
from giemsa.training.recipes import RECIPES

PEER = Path(__file__).parent / "peers" / "onnx_inference.py"


def make_classifier(data: giemsa.ImageDataset) -> Classifier:
    """Return a network of ``fast`` whose last layer is not zero and whose norms have seen images; speed needs no training."""
    classifier = build_classifier(data, RECIPES["fast"], seed=0, compute=Compute())
    torch.manual_seed(0)
    torch.nn.init.normal_(classifier.network.dense.weight, std=0.1)
    with torch.no_grad():
        pixels = torch.from_numpy(data.train.images[:512].copy()).permute(0, 3, 1, 2) / 255
        classifier.train()(pixels)
    return classifier.eval()


def time_giemsa(
    classifier: Classifier, images: np.ndarray, batch: int, repeats: int
) -> tuple[list[float], np.ndarray]:
    """Return images a second of each repeat, and the probabilities."""
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        probabilities = classifier.probabilities(images, batch_size=batch)
        rates.append(len(images) / (time.perf_counter() - start))
    return rates, probabilities


def time_peer(classifier: Classifier, images: np.ndarray, options: argparse.Namespace) -> dict[str, Any]:
    """Run the peer on the same weights and images; return what it printed, with its probabilities."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = {key: value.contiguous() for key, value in classifier.state_dict().items()}
        save_file(weights, folder / "weights.safetensors")
        layers = [name for name, _ in classifier.network.named_children()]
        (folder / "layers.json").write_text(json.dumps(layers), encoding="utf-8")
        np.save(folder / "images.npy", images)
        numbers = [
            "--batch",
            options.batch,
            "--repeats",
            options.repeats,
            "--threads",
            torch.get_num_threads(),
        ]
        command = [options.peer_python, str(PEER), str(folder), *map(str, numbers)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        facts = json.loads(answer.splitlines()[-1])
        return facts | {"probabilities": np.load(folder / "probabilities.npy")}


def main() -> None:
    """Time both, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer-python", help="the interpreter of the environment that holds ONNX Runtime")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    data = giemsa.load("bloodmnist")
    classifier, images = make_classifier(data), data.test.images
    rates, probabilities = time_giemsa(classifier, images, options.batch, options.repeats)
    rows: dict[str, Any] = {"giemsa": {"images a second": summary(rates), "batch": options.batch}}
    chosen = choose_compute("cpu")
    if chosen.precision != "float32":
        classifier.classes.compute = chosen
        rates, _ = time_giemsa(classifier, images, options.batch, options.repeats)
        classifier.classes.compute = Compute()
        rows[f"giemsa, {chosen.precision}"] = {"images a second": summary(rates), "batch": options.batch}
    if options.peer_python:
        facts = time_peer(classifier, images, options)
        gap = float(np.abs(facts.pop("probabilities") - probabilities).max())
        if gap > 1e-4:
            raise SystemExit(f"the peer's probabilities differ by {gap:.1e}: it ran another network")
        facts["images a second"] = summary(facts.pop("rates"))
        rows["ONNX Runtime"] = facts | {"batch": options.batch, "largest difference": gap}
    print(f"{'inference':18} images a second")
    for name, row in rows.items():
        print(f"{name:18} {words(row['images a second'], 0)}")
    keep("inference", rows)


if __name__ == "__main__":
    main()
