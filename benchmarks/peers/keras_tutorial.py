"""The tutorial in Keras, as it is published: a line of JSON with the seconds of each epoch, and one with versions and memory.

Runs in an environment of its own (`keras-requirements.txt`) and knows nothing of giemsa. Each epoch begins when a line comes in,
so that another program can be timed in between.
"""

import argparse
import json
import resource
import sys
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
    """Waits for a line before each epoch, and prints its seconds, validation included, after it."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Wait, then start; where no more lines can come, end."""
        if not sys.stdin.readline():
            sys.exit("nobody asks for this epoch any more")
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop."""
        print(json.dumps({"seconds": time.perf_counter() - self.start}), flush=True)


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("arrays")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    arrays = np.load(options.arrays)
    generator = ImageDataGenerator(rotation_range=10, horizontal_flip=True, vertical_flip=True)
    build().fit(
        generator.flow(arrays["train_images"] / 255.0, arrays["train_labels"], batch_size=32),
        validation_data=(arrays["val_images"] / 255.0, arrays["val_labels"]),
        epochs=options.epochs,
        callbacks=[Clock()],
        verbose=0,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    print(json.dumps({"versions": versions, "peak MB": round(peak)}))


if __name__ == "__main__":
    main()
