"""Activation maximisation by tf-keras-vis with the tutorial's settings, on the tutorial's network with given weights.

Runs in an environment of its own (`keras-requirements.txt`) and knows nothing of giemsa.

    python keras_maximisation.py WEIGHTS.npz OUT.npz

`WEIGHTS.npz` holds `conv1.weight` and so on as PyTorch has them, and `mean` and `std` that pixels are standardised with. Writes
the images and prints one line of JSON with the seconds of each class.
"""

import json
import sys
import time
from importlib.metadata import version

import keras
import numpy as np
from keras import layers
from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.activation_maximization.input_modifiers import Jitter, Rotate2D
from tf_keras_vis.activation_maximization.regularizers import Norm, TotalVariation2D
from tf_keras_vis.utils.scores import CategoricalScore


def build(weights: dict[str, np.ndarray]) -> keras.Model:
    """Return the tutorial's network with these weights; the dense layer after flattening sees channels last."""
    classes = len(weights["dense2.bias"])
    model = keras.Sequential(
        [
            layers.Input((28, 28, 3)),
            layers.Normalization(mean=weights["mean"], variance=weights["std"] ** 2),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", name="conv3"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(256, activation="relu", name="dense1"),
            layers.Dense(classes, activation="softmax", name="dense2"),
        ]
    )
    for name in ("conv1", "conv2", "conv3"):
        kernel = weights[f"{name}.weight"].transpose(2, 3, 1, 0)
        model.get_layer(name).set_weights([kernel, weights[f"{name}.bias"]])
    first = weights["dense1.weight"].reshape(256, 64, 2, 2).transpose(2, 3, 1, 0).reshape(-1, 256)
    model.get_layer("dense1").set_weights([first, weights["dense1.bias"]])
    model.get_layer("dense2").set_weights([weights["dense2.weight"].T, weights["dense2.bias"]])
    return model


def main() -> None:
    """Make one image a class and print the seconds."""
    weights = dict(np.load(sys.argv[1]))
    model = build(weights)
    probe = float(model.predict(weights["probe"], verbose=0)[0].max())
    # tf-keras-vis 0.8.7 asks for names that Keras 3 no longer keeps, and its own ReplaceToLinear with them.
    model.layers[-1].activation = keras.activations.linear
    model.input_names, model.output_names = [model.inputs[0].name], [model.layers[-1].name]
    maximise = ActivationMaximization(model, clone=False)
    images, seconds = [], []
    generator = np.random.default_rng(0)
    for label in range(len(weights["dense2.bias"])):
        start = time.perf_counter()
        made = maximise(
            CategoricalScore(label),
            seed_input=generator.uniform(0, 1, (1, 28, 28, 3)).astype(np.float32),
            input_range=(0, 1),
            steps=200,
            input_modifiers=[Jitter(jitter=10), Rotate2D(degree=2)],
            regularizers=[TotalVariation2D(weight=1.0), Norm(weight=0.3, p=1)],
            optimizer=keras.optimizers.AdamW(0.5),
        )
        seconds.append(time.perf_counter() - start)
        images.append(np.asarray(made)[0])
    np.savez(sys.argv[2], images=np.stack(images).astype(np.float32))
    versions = {name: version(name) for name in ("keras", "tensorflow-cpu", "tf-keras-vis")}
    print(json.dumps({"seconds": seconds, "probe": probe, "versions": versions}))


if __name__ == "__main__":
    main()
