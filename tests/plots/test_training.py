"""Learning curves and variants are drawn from the numbers that they are given."""

import numpy as np

from giemsa.plots.training import plot_learning_curves

CURVES = {
    "accuracy": np.array([0.4, 0.6, 0.7]),
    "val_accuracy": np.array([0.5, 0.55, 0.5]),
    "loss": np.array([1.5, 1.0, 0.7]),
    "val_loss": np.array([1.2, 1.1, 1.3]),
}


def test_each_panel_holds_train_and_val_by_epoch() -> None:
    accuracy, loss = plot_learning_curves(CURVES).axes
    for ax, name in ((accuracy, "accuracy"), (loss, "loss")):
        train, val = ax.lines
        np.testing.assert_array_equal(train.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(train.get_ydata(), CURVES[name])
        np.testing.assert_array_equal(val.get_ydata(), CURVES[f"val_{name}"])


def test_the_kept_epoch_and_the_gap_are_drawn_on_request() -> None:
    plain = plot_learning_curves(CURVES).axes[0]
    marked = plot_learning_curves(CURVES, kept_epoch=2, shade_gap=True).axes[0]
    assert len(plain.lines) == 2 and not plain.collections
    assert list(marked.lines[2].get_xdata()) == [2, 2] and len(marked.collections) == 1
    assert [text.get_text() for text in marked.get_legend().get_texts()] == [
        "train",
        "val",
        "gap",
        "kept: epoch 2",
    ]


def test_one_epoch_can_be_drawn() -> None:
    figure = plot_learning_curves({name: values[:1] for name, values in CURVES.items()})
    figure.canvas.draw()
    assert len(figure.axes) == 2
    low, high = figure.axes[1].get_xlim()
    assert [tick for tick in figure.axes[1].get_xticks() if low <= tick <= high] == [1]
