"""The tutorial in Keras, as it is published: one line of JSON with the seconds of each epoch.

Runs in an environment of its own (`keras-requirements.txt`) and knows nothing of giemsa.
"""

import argparse
import json
import resource
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.src.legacy.preprocessing.image import ImageDataGenerator


def build() -> keras.Model:
    """Return the tutorial's network, compiled."""
    model = keras.Sequential(
        [
            layers.Input((28, 28, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(8, activation="softmax"),
        ]
    )
    optimiser = keras.optimizers.Adam(learning_rate=5e-5)
    model.compile(optimizer=optimiser, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Clock(keras.callbacks.Callback):
    """Keeps the seconds of each epoch, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self.start)


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("arrays")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    arrays = np.load(options.arrays)
    generator = ImageDataGenerator(rotation_range=10, horizontal_flip=True, vertical_flip=True)
    clock = Clock()
    build().fit(
        generator.flow(arrays["train_images"] / 255.0, arrays["train_labels"], batch_size=32),
        validation_data=(arrays["val_images"] / 255.0, arrays["val_labels"]),
        epochs=options.epochs,
        callbacks=[clock],
        verbose=0,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    print(json.dumps({"seconds": clock.seconds, "versions": versions, "peak MB": round(peak)}))


if __name__ == "__main__":
    main()
