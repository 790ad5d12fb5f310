"""One thing changed, a guess written down, and the outcome told with its margin."""

import numpy as np
import pytest

from giemsa.teaching import check_change, check_guess
from giemsa.training.recipes import RECIPES

FAST = RECIPES["fast"]
LABELS = np.arange(400) % 4


def predictions(n_right: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities of which the first ``n_right`` are right."""
    predicted = np.where(np.arange(400) < n_right, LABELS, (LABELS + 1) % 4)
    return LABELS, np.eye(4)[predicted]


def test_a_guess_may_be_written_large_and_end_with_a_full_stop() -> None:
    assert check_change(FAST.replace(epochs=3), "Worse ", FAST)
    assert check_change(FAST.replace(epochs=3), "about the same.", FAST)
    assert "your guess came true" in repr(check_guess("Better", predictions(300), predictions(360)))


def test_one_changed_field_is_right_and_named() -> None:
    feedback = check_change(FAST.replace(learning_rate=0.2, name="mine"), "worse", FAST)
    assert feedback.passed
    assert "learning_rate, from 0.1 to 0.2" in repr(feedback)


@pytest.mark.parametrize(
    ("changed", "guess", "words"),
    [
        (FAST, "better", "nothing is changed yet"),
        (
            FAST.replace(model="nonsense"),
            "better",
            "the network is the one that you have built; change another field",
        ),
        (FAST.replace(epochs=3, batch_size=64), "better", "epochs and batch_size are changed"),
        (FAST.replace(epochs=3), "hm", "better, worse or about the same"),
        (FAST.replace(epochs=3), np.array(["better", "worse"]), "better, worse or about the same"),
        (FAST.replace(epochs=3), ..., "write down your guess before you look"),
        ({"epochs": 3}, "better", "a recipe is asked for, as recipe.replace(...) gives it; a dict came"),
        (..., ..., "there is no answer yet"),
    ],
)
def test_what_is_missing_before_the_training(changed: object, guess: object, words: str) -> None:
    feedback = check_change(changed, guess, FAST)
    assert not feedback.passed
    assert any(words in line for line in feedback.missing), feedback


@pytest.mark.parametrize(
    ("n_after", "outcome"),
    [(380, "better"), (340, "worse"), (361, "about the same"), (360, "about the same")],
)
def test_the_outcome_is_told_and_a_wrong_guess_is_no_failure(n_after: int, outcome: str) -> None:
    for guess in ("better", "worse", "about the same"):
        feedback = check_guess(guess, predictions(360), predictions(n_after))
        assert feedback.passed
        assert f"that is {outcome}" in repr(feedback)
        assert ("your guess came true" in repr(feedback)) == (guess == outcome)


def test_the_margin_is_that_of_the_paired_difference() -> None:
    difference = np.r_[np.ones(20), np.zeros(380)]
    margin = 100 * 1.96 * difference.std() / 20
    said = " ".join(check_guess("better", predictions(360), predictions(380)).remarks)
    assert f"up to {margin:.1f} points" in said and "+5.0 points" in said


def test_other_images_and_no_guess_are_refused() -> None:
    labels, probabilities = predictions(360)
    assert not check_guess("better", (labels, probabilities), (labels[::-1], probabilities))
    assert not check_guess(..., (labels, probabilities), (labels, probabilities))
    assert not check_guess("dunno", (labels, probabilities), (labels, probabilities))
