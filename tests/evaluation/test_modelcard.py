"""The model card: filled in or visibly blank."""

from giemsa.evaluation.modelcard import BLANKS, fill_model_card, looks_in_words

CONFIG = {
    "recipe": {"name": "fast", "model": "small", "epochs": 3},
    "model": "small",
    "seed": 0,
    "device": "cpu",
    "precision": "float32",
    "selection": "the weights of the last epoch",
    "test_looks": 3,
    "versions": {"torch": "2.13.0"},
    "data": {
        "name": "cells",
        "counts": {"train": 1200},
        "class_names": ["a", "b"],
        "sha256": "ab",
        "image_shape": [28, 28, 3],
    },
}


def test_known_items_are_filled_and_others_blank():
    items = fill_model_card(CONFIG, {"Licence": "CC BY 4.0", "Source": ""}, {"Accuracy": "96.5 %"})
    filled = {item.item: item.answer for item in items if item.answer is not None}
    blank = [item for item in items if item.answer is None]
    assert filled["Seed"] == "0"
    assert filled["Training"] == "Recipe fast. Passes over the training images: 3."
    assert filled["Images in each split"] == "train 1,200"
    assert filled["Licence"] == "CC BY 4.0"
    assert "Source" not in filled
    assert "evaluated 3 times" in filled["Looks at the test split"]
    assert len(blank) == len(BLANKS) == 16
    assert all(item.question.endswith("?") for item in blank)


def test_an_empty_config_invents_nothing():
    items = fill_model_card({}, {}, {})
    assert [item.item for item in items if item.answer] == ["Looks at the test split"]


def test_looks():
    assert "not been looked at" in looks_in_words(0)
    assert "once" in looks_in_words(1)
    assert "too good" in looks_in_words(2)
