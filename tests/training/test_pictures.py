"""The learning curves carry their figures in words too."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.training.history import Epoch
from giemsa.training.pictures import learning_curves_picture, training_pictures
from giemsa.training.recipes import RECIPES

HISTORY = (Epoch(1, 1.2, 0.5, 1.0, 0.6, 1e-3, 2.0), Epoch(2, 0.7, 0.75, 0.65, 0.8, 1e-3, 2.0))


def finished(recipe: str, names: tuple[str, str] = ("round", "lobed")) -> Any:
    """As much of a run as its pictures need."""
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    split = Split(images, np.array([0, 1, 0, 1]), [str(i) for i in range(4)])
    data = ImageDataset(DataCard("cells", "", "", "", names, 3), split, split, split)
    return SimpleNamespace(
        history=HISTORY,
        recipe=RECIPES[recipe],
        config={"best_epoch": 2, "symmetry": "mirror"},
        data=lambda: data,
        seed=0,
    )


def test_the_words_hold_the_numbers_of_the_history() -> None:
    picture = learning_curves_picture(finished("tutorial"))
    assert picture.name == "train-curves" and picture.stage == "train"
    assert "accuracy 0.750 on train and 0.800 on val, loss 0.700 and 0.650" in picture.alt
    accuracy, loss = picture.figure.axes
    assert list(accuracy.lines[0].get_ydata()) == [0.5, 0.75]
    assert list(loss.lines[1].get_ydata()) == [1.0, 0.65]


def test_the_kept_epoch_is_marked_where_val_chose_it() -> None:
    marked, plain = (learning_curves_picture(finished(name)).figure.axes[0] for name in ("tutorial", "fast"))
    assert len(marked.lines) == len(plain.lines) + 1


def test_each_row_of_variants_begins_with_the_image_itself() -> None:
    run = finished("tutorial")
    _, variants = training_pictures(run)
    first = variants.figure.axes[0].images[0].get_array()
    np.testing.assert_allclose(first, run.data().train.images[0] / 255, atol=1e-6)


def test_a_long_name_does_not_push_the_variants_apart() -> None:
    _, variants = training_pictures(
        finished("tutorial", ("a very long name of a class of cells " * 3, "lobed"))
    )
    figure = variants.figure
    figure.draw_without_rendering()
    lefts = [image.get_window_extent().x0 for image in figure.axes[0].images[:6]]
    np.testing.assert_allclose(np.diff(lefts), lefts[1] - lefts[0], atol=0.5)
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in figure.axes[0].texts)


def test_it_shows_itself_in_a_notebook_with_its_alternative_text() -> None:
    shown = learning_curves_picture(finished("fast"))._repr_html_()
    assert 'alt="Two panels over 2 epochs.' in shown
    assert "data:image/png;base64,iVBOR" in shown and "<b>How accuracy and loss went.</b>" in shown


def test_one_epoch_is_told_of_as_one() -> None:
    run = finished("fast")
    run.history = HISTORY[:1]
    assert learning_curves_picture(run).alt.startswith("Two panels over 1 epoch. ")
