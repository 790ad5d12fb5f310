"""Exercise: change one thing, say what will happen, look.

The guess is written down before the training. A guess that does not come true is no failure: the check says what happened, and
whether the difference is larger than the chance in which images the validation set happens to hold.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from giemsa.teaching.feedback import NOTHING_YET, Feedback, Line, is_blank, missing, remark, right
from giemsa.training.recipes import Recipe
from giemsa.wording import listed

GUESSES = ("better", "worse", "about the same")
_PREDICTIONS = tuple[np.ndarray, np.ndarray]


def check_change(answer: object, guess: object, recipe: Recipe) -> Feedback:
    """Check that exactly one field of a recipe was changed, and that a guess stands beside it.

    Parameters
    ----------
    answer : the changed recipe, as ``recipe.replace(...)`` returns it. Its ``model`` alone is no change: the network that is
        trained is the one that the learner has built.
    guess : ``better``, ``worse`` or ``about the same``.
    recipe : the recipe before the change.

    Returns
    -------
    Feedback : true when one field differs and the guess is one of the three.

    Examples
    --------
    >>> from giemsa.training.recipes import RECIPES
    >>> check_change(RECIPES["fast"].replace(batch_size=32), "better", RECIPES["fast"]).passed
    True
    """
    title = "change one thing"
    if is_blank(answer):
        return Feedback(title, (NOTHING_YET,))
    if not isinstance(answer, Recipe):
        words = f"a recipe is asked for, as recipe.replace(...) gives it; a {type(answer).__name__} came"
        return Feedback(title, (missing(words),))
    return Feedback.gather(title, _judge_change(answer, _tidy(guess), recipe))


def _tidy(guess: object) -> object:
    """Return a guess without capitals and a full stop; what is no word cannot be compared with one."""
    return guess.strip(" .!").lower() if isinstance(guess, str) else guess if is_blank(guess) else ""


def _judge_change(changed: Recipe, guess: object, recipe: Recipe) -> Iterator[Line]:
    before, after = recipe.to_json(), changed.to_json()
    fields = [name for name in before if name != "name" and before[name] != after[name]]
    if not fields:
        yield missing("nothing is changed yet: the two recipes are the same")
    elif fields == ["model"]:
        yield missing(
            "model is changed, and that does nothing: the network is the one that you have built; change another field"
        )
    elif len(fields) > 1:
        yield missing(
            f"{listed(fields)} are changed; with more than one you could not tell which of them did it"
        )
    else:
        yield right(f"one thing is changed: {fields[0]}, from {before[fields[0]]} to {after[fields[0]]}")
    if guess in GUESSES:
        yield right(f"your guess: {guess}")
    else:
        yield missing(f"write down your guess before you look: {', '.join(GUESSES[:-1])} or {GUESSES[-1]}")


def check_guess(guess: object, before: _PREDICTIONS, after: _PREDICTIONS) -> Feedback:
    """Hold a guess against what happened.

    Parameters
    ----------
    guess : ``better``, ``worse`` or ``about the same``.
    before, after : labels ``(n,)`` and probabilities ``(n, classes)`` of the same validation images, as
        ``run.predictions("val")`` returns them, of the training without and with the change.

    Returns
    -------
    Feedback : true when there was a guess and both trainings saw the same images, whether or not it came true.

    Notes
    -----
    The difference of two accuracies on the same ``n`` images is the mean of ``d``, 1 where only the second is right, -1 where
    only the first is, else 0. Its 95 % interval is the mean plus or minus 1.96 standard errors of ``d``.

    Examples
    --------
    >>> import numpy as np
    >>> labels, good = np.arange(100) % 2, np.eye(2)[np.arange(100) % 2]
    >>> check_guess("worse", (labels, good), (labels, good[::-1]))
    what happened: done, well done!
      ✓ accuracy on validation went from 100.0 % to 0.0 %: that is worse
      ✓ your guess came true
    """
    title, guess = "what happened", _tidy(guess)
    if guess not in GUESSES:
        words = f"a guess is one of: {', '.join(GUESSES)}"
        return Feedback(title, (NOTHING_YET if is_blank(guess) else missing(words),))
    if not np.array_equal(before[0], after[0]):
        return Feedback(
            title,
            (missing("the two trainings were not judged on the same images: use one data set for both"),),
        )
    return Feedback.gather(title, _judge_guess(str(guess), _correct(before), _correct(after)))


def _correct(predictions: _PREDICTIONS) -> np.ndarray:
    labels, probabilities = predictions
    return (probabilities.argmax(axis=1) == labels).astype(np.float64)


def _judge_guess(guess: str, before: np.ndarray, after: np.ndarray) -> Iterator[Line]:
    difference = after - before
    margin = 1.96 * float(difference.std()) / np.sqrt(len(difference))
    outcome = _outcome(float(difference.mean()), margin)
    yield right(
        f"accuracy on validation went from {100 * before.mean():.1f} % to {100 * after.mean():.1f} %: that is {outcome}"
    )
    if margin:
        yield remark(
            f"with other images of the same kind the difference of {100 * difference.mean():+.1f} points could have been up to "
            f"{100 * margin:.1f} points more or less (in 95 of 100 cases)"
        )
    if guess == outcome:
        yield right("your guess came true")
    else:
        yield remark(f"you had guessed {guess}: surprises are what experiments are for; can you say why?")


def _outcome(difference: float, margin: float) -> str:
    if abs(difference) <= margin:
        return "about the same"
    return "better" if difference > 0 else "worse"
