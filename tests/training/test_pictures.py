"""The learning curves carry their figures in words too."""

from giemsa.training.history import Epoch
from giemsa.training.pictures import learning_curves

HISTORY = (Epoch(1, 1.2, 0.5, 1.0, 0.6, 1e-3, 2.0), Epoch(2, 0.7, 0.75, 0.65, 0.8, 1e-3, 2.0))


def test_the_words_hold_the_numbers_of_the_history() -> None:
    picture = learning_curves(HISTORY, kept_epoch=2)
    assert picture.name == "train-curves" and picture.stage == "train"
    assert "0.600 to 0.800" in picture.alt and "1.000 to 0.650" in picture.alt
    accuracy, loss = picture.figure.axes
    assert list(accuracy.lines[0].get_ydata()) == [0.5, 0.75]
    assert list(loss.lines[1].get_ydata()) == [1.0, 0.65]


def test_it_shows_itself_in_a_notebook_with_its_alternative_text() -> None:
    shown = learning_curves(HISTORY)._repr_html_()
    assert 'alt="Over 2 epochs accuracy on val went from 0.600' in shown
    assert "data:image/png;base64,iVBOR" in shown and "<b>How the training went.</b>" in shown
