"""Every choice of a training, in one frozen value, and the recipes that the package recommends."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_origin, get_type_hints

from giemsa.data.dataset import Symmetry
from giemsa.errors import RecipeError, nearest_names

MOST = 10**9  # of anything
MOST_TIMES = 40  # that each image is shown before smaller batches are taken


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every choice of a training; the defaults are those of ``fast``.

    Parameters
    ----------
    name : the word for the recipe in folder names and reports.
    model : the network, a key of ``giemsa.models.MODELS``.
    epochs : passes over the training images, at least 1.
    minimum_steps : a small set is passed over more often, until this many steps are made; 0 for never.
    batch_size : images a step; the last, partial batch of an epoch is kept, a single image joins the batch before.
    least_batch_size : a small set is learnt in smaller batches, down to so many images, where its least number of steps would
        otherwise show each image more than 40 times.
    optimiser : ``adam``, ``adamw``, ``sgd`` (Nesterov, momentum 0.9), or ``muon``: that for convolutions, and ``adamw`` at
        a tenth of the rate for the rest.
    learning_rate : its highest value.
    epsilon : the small number in the denominator of ``adam`` and ``adamw``.
    weight_decay : decoupled, on weights of two and more dimensions; at least 0.
    schedule : ``constant``; or a rise from a tenth over ``warmup``, then a cosine (``one-cycle``) or a line (``triangle``)
        to zero.
    warmup : fraction of the steps in which the learning rate rises, 0 to 1.
    label_smoothing : share of the target that is spread over all classes, 0 to below 1.
    class_weights : weigh each class by the inverse of its frequency in train; an image's weight is the same in every batch.
    symmetry : moves under which a label holds: ``card`` takes the data card's, or else a short trial's; each image is shown in
        all its views before one comes again.
    skip_known : in the middle of the training, the probability that an image is left out of a pass where the network did better
        on it than on the mean; others take its place. 0 to below 1.
    skip_known_from : in a set of fewer images none is skipped: the few that are not known, which may be the wrongly labelled,
        would come so often that they are learnt by heart.
    horizontal_flip, vertical_flip : mirror half of the images, whatever the symmetry.
    rotation_degrees : each image is turned by up to this angle, bilinear, edges repeated.
    shift_pixels : each image is moved by up to this many whole pixels if it is 28 high and wide, in proportion to its size
        otherwise, edges mirrored; see :func:`giemsa.training.augmentation.furthest_shift`.
    colour_jitter : strength of changed brightness, contrast, saturation and stain in half of the images; 0 for none.
    standardize : subtract a mean and divide by a standard deviation: those of the training pixels, channel by channel (``data``),
        each image's own over all channels, so that light and contrast do not count (``image``), or not here
        (``none``: the network of ``best`` does it itself).
    selection : weights kept: those of the epoch with the ``best`` validation loss, the ``last``, or the moving ``average``.
    average_decay : of the moving average a step, 0 to below 1; used where ``selection`` is ``average``. The first steps keep
        less of it, so that the untrained weights fade: ``(1 + n) / (10 + n)`` after ``n`` steps, until that is more.
    patience : stop after so many epochs without a better validation loss; ``None`` for never.
    precision : ``auto`` takes bfloat16 where a short measurement shows that it is faster here.

    Raises
    ------
    RecipeError : a value is unknown or out of range.

    Examples
    --------
    >>> Recipe(epochs=2).epochs
    2
    """

    name: str = "fast"
    model: str = "convnet"
    epochs: int = 8
    minimum_steps: int = 300
    batch_size: int = 128
    least_batch_size: int = 32
    optimiser: Literal["adam", "adamw", "sgd", "muon"] = "muon"
    learning_rate: float = 0.1
    epsilon: float = 1e-7
    weight_decay: float = 0.05
    schedule: Literal["constant", "one-cycle", "triangle"] = "triangle"
    warmup: float = 0.1
    label_smoothing: float = 0.2
    class_weights: bool = False
    symmetry: Literal["card", "none", "mirror", "mirror and quarter turns"] = "card"
    skip_known: float = 0.7
    skip_known_from: int = 2000
    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotation_degrees: float = 0.0
    shift_pixels: int = 1
    colour_jitter: float = 0.0
    standardize: Literal["data", "image", "none"] = "data"
    selection: Literal["best", "last", "average"] = "last"
    average_decay: float = 0.998
    patience: int | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        for field in ("name", "model"):
            if not isinstance(getattr(self, field), str):
                raise RecipeError(f"{field} must be a word, got {getattr(self, field)!r:.60}")
        for field, known in CHOICES.items():
            value = getattr(self, field)
            if value not in known:
                raise RecipeError(
                    f"{field} {value!r:.60} is unknown; {nearest_names(str(value), list(known))}"
                )
        for field, low, high in _RANGES:
            value = getattr(self, field)
            if value is None and field == "patience":
                continue
            if not isinstance(value, Real) or not low <= value < high:  # type: ignore[operator]
                raise RecipeError(f"{field} must be {_range_words(low, high, value)}, got {value!r:.60}")
            if field in _WHOLE and not isinstance(value, Integral):
                raise RecipeError(f"{field} must be a whole number, got {value!r}")
            kind = int if field in _WHOLE else float
            object.__setattr__(self, field, kind(value))  # type: ignore[call-overload]  # NumPy's numbers too
        for switch in (field.name for field in dataclasses.fields(self) if isinstance(field.default, bool)):
            value = getattr(self, switch)
            if value not in (True, False):
                raise RecipeError(f"{switch} must be True or False, got {value!r}")
            object.__setattr__(self, switch, bool(value))

    def replace(self, **changes: Any) -> Recipe:
        """Return the recipe with some fields changed; an unknown field is a :class:`RecipeError`."""
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise RecipeError(f"a recipe has no field {name!r}; {nearest_names(name, known)}")
        return dataclasses.replace(self, **changes)

    def for_epochs(self, epochs: int) -> Recipe:
        """Return the recipe with just so many epochs, however small the set.

        Examples
        --------
        >>> RECIPES["best"].for_epochs(1).minimum_steps
        0
        """
        return self.replace(epochs=epochs, **implied({"epochs": epochs}))

    def for_images(self, n_images: int) -> Recipe:
        """Return the recipe as it is carried out on ``n_images``: with smaller batches, and none skipped, where they are few.

        Examples
        --------
        >>> [RECIPES["fast"].for_images(n).batch_size for n in (12_000, 800, 100)]
        [128, 64, 32]
        >>> [RECIPES["fast"].for_images(n).skip_known for n in (12_000, 800)]
        [0.7, 0.0]
        """
        size = self.batch_size
        while (
            size > self.least_batch_size
            and math.ceil(self.minimum_steps / math.ceil(n_images / size)) > MOST_TIMES
        ):
            size = max(size // 2, self.least_batch_size)
        skipped = self.skip_known if n_images >= self.skip_known_from else 0.0
        return self.replace(batch_size=size, skip_known=skipped, skip_known_from=0)

    def symmetry_given(self, of_card: Symmetry | None) -> Symmetry:
        """Return the moves under which a label holds, for a card that says ``of_card``; unsaid is none."""
        return (of_card or "none") if self.symmetry == "card" else self.symmetry

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a plain dict."""
        return dataclasses.asdict(self)


# the words that a field may hold, of each field that holds one
CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(kind) for name, kind in get_type_hints(Recipe).items() if get_origin(kind) is Literal
}
_RANGES: tuple[tuple[str, float, float], ...] = (
    ("epochs", 1, MOST),
    ("minimum_steps", 0, MOST),
    ("batch_size", 1, MOST),
    ("least_batch_size", 1, MOST),
    ("learning_rate", 1e-12, MOST),
    ("epsilon", 1e-16, 1.0),
    ("weight_decay", 0, MOST),
    ("warmup", 0, 1),
    ("label_smoothing", 0, 1),
    ("skip_known", 0, 1),
    ("skip_known_from", 0, MOST),
    ("rotation_degrees", 0, 180.01),
    ("shift_pixels", 0, MOST),
    ("colour_jitter", 0, MOST),
    ("average_decay", 0, 1),
    ("patience", 1, MOST),
)


_WHOLE = (
    "epochs",
    "minimum_steps",
    "batch_size",
    "least_batch_size",
    "skip_known_from",
    "shift_pixels",
    "patience",
)


def _range_words(low: float, high: float, value: object) -> str:
    if high < MOST:
        return f"from {low:g} to below {high:g}"
    is_too_high = isinstance(value, Real) and value >= high  # type: ignore[operator]
    return f"below {high:,}" if is_too_high else f"at least {low:g}"


RECIPES: dict[str, Recipe] = {
    "tutorial": Recipe(
        name="tutorial",
        model="tutorial",
        epochs=100,
        minimum_steps=0,
        batch_size=32,
        optimiser="adam",
        learning_rate=5e-5,
        weight_decay=0.0,
        schedule="constant",
        label_smoothing=0.0,
        symmetry="none",
        skip_known=0.0,
        shift_pixels=0,
        horizontal_flip=True,
        vertical_flip=True,
        rotation_degrees=10.0,
        standardize="none",
        selection="best",
        patience=20,
    ),
    "fast": Recipe(),
    "best": Recipe(
        name="best",
        model="convnet-ensemble",
        epochs=29,
        minimum_steps=1000,
        label_smoothing=0.1,
        shift_pixels=2,
        standardize="none",
    ),
}


def implied(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fields that are asked for by themselves imply for others: that they hold for any set, however small.

    Examples
    --------
    >>> implied({"epochs": 3, "batch_size": 16, "warmup": 0.2})
    {'minimum_steps': 0, 'least_batch_size': 16}
    """
    table = {
        "epochs": ("minimum_steps", 0),
        "batch_size": ("least_batch_size", said.get("batch_size")),
        "skip_known": ("skip_known_from", 0),
    }
    return dict(table[field] for field in said if field in table)


def recipe_with(name: str, said: Mapping[str, Any]) -> Recipe:
    """Return the named recipe with the fields that are asked for, and what these imply for others.

    Raises
    ------
    RecipeError : no recipe has that name, or a field is unknown or out of range.
    """
    return get_recipe(name).replace(**(implied(said) | dict(said)))


def get_recipe(recipe: str | Recipe) -> Recipe:
    """Return the recipe of that name; a :class:`Recipe` is returned as it is.

    Raises
    ------
    RecipeError : no recipe has that name.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if not isinstance(recipe, str) or recipe not in RECIPES:
        raise RecipeError(f"no recipe is called {recipe!r}; {nearest_names(str(recipe), list(RECIPES))}")
    return RECIPES[recipe]
