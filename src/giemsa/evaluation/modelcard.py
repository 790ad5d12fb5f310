"""A model card and a checklist: what software knows is filled in, what it cannot know is a visible blank with its question.

The questions follow the model cards of Mitchell et al. (FAccT 2019) and the topics of CLAIM (Tejani et al., Radiology:
Artificial Intelligence 6, 2024, e240300), in words of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BLANKS = (
    (
        "Use",
        "Intended use",
        "Who should use it, for which decision, on which images? Which uses are ruled out?",
    ),
    ("Use", "Users", "What must a user know to judge its answers, and who checks them?"),
    (
        "Data",
        "Patients or specimens",
        "How many, how chosen, from where and when? Which were left out, and why?",
    ),
    (
        "Data",
        "Make-up of the splits",
        "How do age, sex, disease and site differ between train, val and test?",
    ),
    (
        "Data",
        "Image acquisition",
        "Which stain, microscope, camera, magnification and software made the images?",
    ),
    ("Data", "De-identification", "How was it made sure that no image or file name points to a person?"),
    ("Labels", "Reference standard", "How was the true class of an image decided, and why in this way?"),
    ("Labels", "Annotators", "Who labelled, how trained, how many an image, how were disagreements settled?"),
    ("Labels", "Agreement", "How far do annotators agree with each other and with themselves?"),
    ("Study", "Sample size", "How was the number of test images chosen?"),
    ("Study", "External test", "How good is it on images of another laboratory, scanner or population?"),
    ("Study", "Ethics", "Which board approved the study, under which number? Was consent needed?"),
    ("Study", "Protocol and registration", "Where is the protocol, and was it registered before the study?"),
    ("Study", "Funding and interests", "Who paid, and who gains?"),
    ("Study", "Limitations", "What would make these results not hold where you want to use them?"),
    ("Study", "Availability", "Where can others get the code, the model and the data?"),
)


@dataclass(frozen=True)
class CardItem:
    """One line of the card.

    Parameters
    ----------
    section, item : where it stands and what it is about.
    answer : what is known, or ``None``.
    question : for a person to answer where nothing is known.
    """

    section: str
    item: str
    answer: str | None
    question: str = ""

    def to_json(self) -> dict[str, str | None]:
        """Return a plain dict."""
        return {"section": self.section, "item": self.item, "answer": self.answer, "question": self.question}


def fill_model_card(
    config: Mapping[str, Any], facts: Mapping[str, str], results: Mapping[str, str]
) -> tuple[CardItem, ...]:
    """Return all items: those filled in from a run, then those left to a person.

    Parameters
    ----------
    config : the run's ``config.json``.
    facts : licence, citation and splits of the data, by item.
    results : what this evaluation found, by item.
    """
    filled = [*_model_items(config), *_data_items(config, facts)]
    filled += [CardItem("Results", item, words) for item, words in results.items()]
    filled += [CardItem("Study", "Looks at the test split", looks_in_words(int(config.get("test_looks", 0))))]
    blanks = [CardItem(section, item, None, question) for section, item, question in BLANKS]
    return tuple(item for item in filled if item.answer) + tuple(blanks)


def looks_in_words(looks: int) -> str:
    """Say how often the test split was looked at, and what that means."""
    if looks == 0:
        return "The test split has not been looked at yet."
    if looks == 1:
        return "The test split was looked at once, after every choice was made."
    return (
        f"The test split was evaluated {looks} times with this run. If anything was changed after an earlier look, "
        "the numbers are too good."
    )


def _model_items(config: Mapping[str, Any]) -> list[CardItem]:
    from giemsa.training.recipe_words import recipe_in_words

    recipe = config.get("recipe", {})
    versions = ", ".join(f"{name} {number}" for name, number in config.get("versions", {}).items())
    return [
        CardItem("Model", "Network", _known(config.get("model"))),
        CardItem("Model", "Training", recipe_in_words(recipe) if recipe else None),
        CardItem("Model", "Seed", _known(config.get("seed"))),
        CardItem("Model", "Device and precision", _joined(config.get("device"), config.get("precision"))),
        CardItem("Model", "Software", versions or None),
        CardItem("Model", "Selection of the final weights", _known(config.get("selection"))),
    ]


def _data_items(config: Mapping[str, Any], facts: Mapping[str, str]) -> list[CardItem]:
    data = config.get("data", {})
    counts = ", ".join(f"{name} {count:,}" for name, count in data.get("counts", {}).items())
    shape = " x ".join(str(side) for side in data.get("image_shape", ()))
    items = [
        CardItem("Data", "Data set", _known(data.get("title") or data.get("name"))),
        CardItem("Data", "Images in each split", counts or None),
        CardItem("Data", "Height, width and channels", shape or None),
        CardItem("Data", "Classes", ", ".join(data.get("class_names", ())) or None),
        CardItem("Data", "SHA-256 of the arrays", _known(data.get("sha256"))),
        CardItem("Data", "Notes", " ".join(data.get("notes", ())) or None),
    ]
    return items + [CardItem("Data", item, words) for item, words in facts.items()]


def _known(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def _joined(*values: object) -> str | None:
    return ", ".join(str(value) for value in values if value) or None
