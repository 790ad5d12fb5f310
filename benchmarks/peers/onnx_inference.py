"""The network of `fast` in ONNX Runtime: one line of JSON with images a second.

Runs in an environment of its own (`onnx-requirements.txt`) and knows nothing of giemsa: it builds the graph from the names
of the layers, in order (`layers.json`), and of the weights.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


def build(layers: list[str], weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Return the graph: images in bytes, channels last, to probabilities."""
    nodes, constants, at = [], {}, "pixels"

    def add(kind: str, inputs: list[str], **attributes: object) -> str:
        name = f"{kind}{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    constants["scale"] = 1 / (255 * weights["standardize.std"])
    constants["offset"] = weights["standardize.mean"] / weights["standardize.std"]
    at = add("Transpose", [add("Cast", ["images"], to=TensorProto.FLOAT)], perm=[0, 3, 1, 2])
    at = add("Sub", [add("Mul", [at, "scale"]), "offset"])
    for layer in layers:
        prefix = f"network.{layer}"
        if layer.startswith("conv"):
            constants[f"{prefix}.weight"] = weights[f"{prefix}.weight"]
            at = add("Conv", [at, f"{prefix}.weight"], pads=[1, 1, 1, 1], kernel_shape=[3, 3])
        elif layer.startswith("pool"):
            at = add("MaxPool", [at], kernel_shape=[2, 2], strides=[2, 2])
        elif layer.startswith("norm"):
            names = [f"{prefix}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
            constants |= {name: weights[name] for name in names}
            at = add("BatchNormalization", [at, *names])
        elif layer.startswith("relu"):
            at = add("Relu", [at])
    constants |= {name: weights[name] for name in ("network.dense.weight", "network.dense.bias")}
    at = add("Flatten", [add("GlobalAveragePool", [at])])
    at = add("Gemm", [at, "network.dense.weight", "network.dense.bias"], transB=1)
    at = add("Softmax", [at], axis=1)
    held = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    image = helper.make_tensor_value_info("images", TensorProto.UINT8, [None, None, None, None])
    answer = helper.make_tensor_value_info(at, TensorProto.FLOAT, [None, None])
    graph = helper.make_graph(nodes, "convnet", [image], [answer], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    images = np.load(options.folder / "images.npy")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    layers = json.loads((options.folder / "layers.json").read_text(encoding="utf-8"))
    model = build(layers, load_file(options.folder / "weights.safetensors")).SerializeToString()
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    rates = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        batches = [images[i : i + options.batch] for i in range(0, len(images), options.batch)]
        answers = np.concatenate([session.run(None, {"images": batch})[0] for batch in batches])
        rates.append(len(images) / (time.perf_counter() - start))
    np.save(options.folder / "probabilities.npy", answers)
    print(json.dumps({"rates": rates, "versions": {"onnxruntime": onnxruntime.__version__}}))


if __name__ == "__main__":
    main()
