"""The public surface, pinned: a name enters or leaves only on purpose."""

from importlib.metadata import version

import giemsa

PUBLIC = {
    "AuditReport",
    "Classifier",
    "Comparison",
    "DataCard",
    "Epoch",
    "Evaluation",
    "Exploration",
    "GiemsaError",
    "ImageClassifier",
    "ImageDataset",
    "Interpretation",
    "RECIPES",
    "Recipe",
    "Run",
    "Split",
    "audit",
    "compare",
    "evaluate",
    "explore",
    "fit",
    "interpret",
    "load",
    "open_run",
    "predict",
    "report",
    "resume",
    "run",
    "score",
    "train",
}


def test_the_public_names_are_these() -> None:
    assert set(giemsa.__all__) == PUBLIC


def test_every_public_name_resolves_and_is_documented() -> None:
    for name in giemsa.__all__:
        value = getattr(giemsa, name)
        if name != "RECIPES":
            assert value.__doc__, name
            assert value.__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(giemsa, "no_such_name")


def test_the_version_is_that_of_the_installed_package() -> None:
    assert giemsa.__version__ == version("giemsa")
