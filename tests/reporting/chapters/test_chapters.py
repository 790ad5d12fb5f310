"""Each chapter against what was put into the run folder."""

import dataclasses
import json

import numpy as np
import pytest

from giemsa.errors import RunError
from giemsa.reporting.chapters.audit import audit_chapter
from giemsa.reporting.chapters.card import card_chapter
from giemsa.reporting.chapters.data import data_chapter
from giemsa.reporting.chapters.evaluation import evaluation_chapter
from giemsa.reporting.chapters.headline import headline
from giemsa.reporting.chapters.interpretation import feature_map, interpretation_chapter
from giemsa.reporting.chapters.repetition import repetition_chapter
from giemsa.reporting.chapters.training import training_chapter
from giemsa.reporting.evaluation_tables import prediction_sets
from giemsa.reporting.material import Material, gather
from giemsa.reporting.parts import Missing
from giemsa.reporting.scores import class_tables, headline_numbers
from giemsa.training.recipes import RECIPES


@pytest.fixture
def material(told_run) -> Material:
    return gather(told_run)


def test_headline_gives_three_sentences_and_numbers_with_intervals(material: Material) -> None:
    told = headline(material)
    assert told.title == "Discs"
    assert len(told.sentences) == 3
    assert [number.title for number in told.numbers] == [
        "Accuracy",
        "AUC",
        "Balanced accuracy",
        "Calibration error",
    ]
    assert told.numbers[0].value == "93.3\u202f%"
    assert told.numbers[0].interval == "78.7 to 98.2\u202f%"  # Wilson, 28 of 30


def test_headline_finds_words_of_its_own_before_the_evaluation(fresh_run) -> None:
    told = headline(gather(fresh_run))
    assert told.sentences == (
        "A network was trained on Discs in 6.0 s; the weights of epoch 2 were kept.",
        "It has not been tested on unseen images yet.",
    )


def test_headline_names_no_class_as_the_worst_where_every_image_is_rightly_named(material: Material) -> None:
    labels = material.test[0]
    right = dataclasses.replace(material, evaluation=None, test=(labels, np.eye(3)[labels]))
    assert headline(right).sentences[-1].startswith("It made no mistake on these images")


def test_data_counts_every_class_in_every_split(material: Material) -> None:
    told = data_chapter(material)
    assert told.counts is not None
    assert [cell.text for cell in told.counts.rows[0]] == ["red disc", "32", "10", "10"]
    assert [cell.text for cell in told.counts.rows[-1]] == ["all", "96", "30", "30"]
    assert [len(strip.thumbnails) for strip in told.strips] == [5, 5, 5]


def test_files_that_could_not_be_read_are_counted_once_and_the_first_are_named(material: Material) -> None:
    skipped = tuple((f"{place}.png", f"{place}.png is empty") for place in range(5))
    note = "5 of 24 image files could not be read and were left out."
    data = dataclasses.replace(material.data, skipped=skipped, notes=(note,))
    told = data_chapter(dataclasses.replace(material, data=data)).notes
    assert told == (note, *(f"Left out: {place}.png is empty." for place in range(3)))


def test_audit_shows_the_images_of_a_finding(told_run) -> None:
    finding = {
        "severity": "warning",
        "title": "1 image far darker",
        "examples": [
            "discs::test/4",
            "gone::test/1",
            "moved/discs::val/3",
        ],  # of a file that lies elsewhere now
    }
    (told_run.folder / "audit.json").write_text(json.dumps({"findings": [finding]}), encoding="utf-8")
    told = audit_chapter(gather(told_run))
    assert not isinstance(told, Missing)
    assert told.opening == "1 finding, which is not severe."
    shown = [image.alt for image in told.findings[0].thumbnails]
    assert shown == ["test image 4, green disc", "val image 3, red disc"]


def test_training_says_what_was_chosen_on_which_split(material: Material) -> None:
    told = training_chapter(material)
    assert told.sentences[0].endswith("least validation loss (epoch 2 of 3).")
    rows = {row[0].text: row[1].text for row in told.choices.rows}
    assert rows["the epoch whose weights are kept"] == "val"
    assert rows["nothing"] == "test"
    assert told.history is not None
    assert len(told.history.rows) == 3
    assert "the symmetry of the images" not in rows  # the card said it


@pytest.mark.parametrize(
    ("patience", "words"),
    [(None, "no split: fixed beforehand"), (20, "val, which may end the training early")],
)
def test_training_says_that_val_may_end_it(material: Material, patience: int | None, words: str) -> None:
    recipe = RECIPES["fast"].replace(patience=patience).to_json()
    told = training_chapter(dataclasses.replace(material, config=material.config | {"recipe": recipe}))
    rows = {row[0].text: row[1].text for row in told.choices.rows}
    assert rows["the epoch whose weights are kept"] == words


def test_prediction_sets_say_where_the_share_held_should_lie() -> None:
    sets = {
        "target": 0.95,
        "coverage": {"value": 0.941, "low": 0.9325, "high": 0.9484, "n": 3421},
        "expected": [0.9336, 0.9661],
        "held": True,
        "mean_size": 1.0,
        "n_calibration": 856,
    }
    told = prediction_sets([sets])
    assert told is not None
    promised, held, expected, _ = told.rows[0]
    assert (promised.text, held.text, held.below) == ("95\u202f%", "94.1\u202f%", "93.2 to 94.8\u202f%")
    assert (expected.text, expected.below) == ("yes", "93.4 to 96.6\u202f%")
    told = prediction_sets([sets | {"target": 0.995}])
    assert told is not None
    assert told.rows[0][0].text == "99.5\u202f%"


def _remarks_of(told_run, failures: dict[str, object], **more: object) -> str:
    path = told_run.folder / "evaluation" / "evaluation.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(told | {"failures": failures} | more), encoding="utf-8")
    chapter = evaluation_chapter(gather(told_run))
    assert not isinstance(chapter, Missing)
    return " ".join(chapter.remarks)


@pytest.mark.parametrize(
    ("n", "words"),
    [(30, "no test image that has"), (29, "Without the test images that have"), (0, "Every test image has")],
)
def test_evaluation_tells_no_score_without_copies_where_there_are_none(told_run, n: int, words: str) -> None:
    apart = {"accuracy": {"value": 28 / 30, "low": 0.787, "high": 0.982, "n": n}}
    assert f"{words} a copy" in _remarks_of(told_run, {"without_leaks": apart})


def test_a_number_of_images_that_is_none_is_refused(told_run) -> None:
    apart = {"accuracy": {"value": 28 / 30, "low": 0.787, "high": 0.982, "n": 30}}
    with pytest.raises(
        RunError, match=r"n is .thirty., expected a whole number; run `giemsa evaluate` again"
    ):
        _remarks_of(told_run, {"without_leaks": apart}, n="thirty")


def test_evaluation_says_nothing_of_doubtful_labels_where_the_audit_judged_none(told_run) -> None:
    assert "0 have a label that the audit doubts" in _remarks_of(told_run, {"suspect_mistakes": []})
    assert "the audit doubts" not in _remarks_of(told_run, {"suspect_mistakes": None})


def test_training_says_where_val_was_too_small_for_a_temperature(material: Material) -> None:
    told = {"calibration": {"n_fit": 0, "temperature": 1.0}, "prediction_sets": [{"n_calibration": 16}]}
    few = dataclasses.replace(material, evaluation=told)
    rows = {row[0].text: row[1].text for row in training_chapter(few).choices.rows}
    assert rows["the temperature of the probabilities (1.00)"] == "no split: val is too small"
    assert rows["the size of the prediction sets"] == "val"


def test_training_tells_how_a_symmetry_was_found(material: Material) -> None:
    trial = {"chosen": "mirror", "loss": {"none": 0.41, "mirror": 0.4}, "images": 1200}
    told = training_chapter(dataclasses.replace(material, config=material.config | {"symmetry_trial": trial}))
    assert told.choices.rows[0][0].text == "the symmetry of the images"
    assert told.choices.rows[0][1].text.startswith("train")
    assert "decided for mirror images" in told.sentences[0]
    assert told.sentences[0].endswith("0.410 with no moves, 0.400 with mirror images.")


def test_evaluation_puts_the_score_without_leaks_beside(told_run) -> None:
    path = told_run.folder / "evaluation" / "evaluation.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    apart = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 20}
    told["failures"] |= {"without_leaks": {"name": "x", "accuracy": apart}, "suspect_mistakes": [3]}
    path.write_text(json.dumps(told), encoding="utf-8")
    chapter = evaluation_chapter(gather(told_run))
    assert not isinstance(chapter, Missing)
    assert chapter.remarks == (
        "Without the test images that have a copy in train or val, accuracy is 90.0\u202f% (80.0 to 95.0\u202f%) on 20 images.",
        "Among the mistakes, 1 has a label that the audit doubts.",
    )
    titles = [section.title for section in chapter.sections]
    assert titles[0] == "Class by class"
    assert titles[-1] == "All scores"


def test_interpretation_fades_a_method_that_fails(material: Material) -> None:
    told = interpretation_chapter(material)
    assert not isinstance(told, Missing)
    assert [(verdict.title, verdict.faded) for verdict in told.verdicts] == [
        ("Grad-CAM", False),
        ("Gradient", True),
    ]
    assert told.checks is not None
    assert told.checks.rows[0][3].text == "0.75"


def test_checks_of_an_earlier_giemsa_are_told_as_such(told_run) -> None:
    path = told_run.folder / "interpretation" / "interpretation.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    middle = {"gain_of_centre": {"value": 0.582, "low": 0.5, "high": 0.6, "n": 12}}
    for version, is_earlier in ((1, True), (2, False)):
        path.write_text(json.dumps(told | {"version": version} | middle), encoding="utf-8")
        chapter = interpretation_chapter(gather(told_run))
        assert not isinstance(chapter, Missing)
        assert chapter.checks is not None
        assert ("of an earlier giemsa" in " ".join(chapter.notes)) is is_earlier
        assert ("drawn anew for each image" in chapter.checks.note) is not is_earlier
        assert chapter.checks.note.endswith("Gain of a spot in the middle of every image: 0.58.")
    path.write_text(json.dumps(told), encoding="utf-8")
    chapter = interpretation_chapter(gather(told_run))
    assert not isinstance(chapter, Missing)
    assert chapter.notes[-1].endswith("run giemsa interpret again.")


def test_all_parameters_are_told_also_those_outside_the_layers(told_run) -> None:
    path = told_run.folder / "interpretation" / "interpretation.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    layers = [{"name": "head", "kind": "Linear", "output_shape": [3], "parameters": 3603}]
    for more, total, outside in (({"parameters": 4803}, "4,803", True), ({}, "3,603", False)):
        path.write_text(json.dumps(told | {"layers": layers} | more), encoding="utf-8")
        chapter = interpretation_chapter(gather(told_run))
        assert not isinstance(chapter, Missing)
        assert chapter.layers is not None
        assert chapter.layers.caption == f"The network, layer by layer: {total} parameters"
        assert ("1,200 of them are in none of these layers" in chapter.layers.note) is outside


def test_a_map_keeps_order_and_marks_what_is_wrong() -> None:
    told = {
        "indices": [2, 0],
        "positions": [[0.0, 0.0], [10.0, 5.0]],
        "pca": [[1.0, 1.0], [1.0, 1.0]],
        "labels": [1, 0],
        "predicted": [1, 1],
        "explained": [0.5, 0.5],
    }
    images = np.zeros((3, 4, 4, 3), dtype=np.uint8)
    found = feature_map(told, images, ("red", "green"))
    assert [(point.x, point.y) for point in found.points] == [(24.0, 976.0), (976.0, 24.0)]
    assert [point.words for point in found.points] == ["green", "red, taken for green"]
    assert [point.wrong for point in found.points] == [False, True]
    assert "2 images" in found.alt


def test_card_separates_the_known_from_the_blanks(material: Material, fresh_run) -> None:
    for told in (card_chapter(material), card_chapter(gather(fresh_run))):
        assert {"Model", "Data", "Study"} <= {section for section, _ in told.known}
        assert len(told.blanks) > 10
        assert all(fact.value.endswith("?") for fact in told.blanks)
    looks = [
        fact.value for _, facts in told.known for fact in facts if fact.term == "Looks at the test split"
    ]
    assert looks == ["The test split has not been looked at yet."]


def test_repetition_gives_the_command_with_what_differs_from_the_recipe(material: Material) -> None:
    told = repetition_chapter(material)
    assert len(told.commands) == 1
    command = told.commands[0]
    assert command.startswith('giemsa run "my discs.npz" --size 20 --rename ')
    assert " --recipe fast" in command
    assert "--epochs 3" in command
    assert "--selection best" in command
    assert command.endswith("--seed 7")
    assert "label" not in command


def test_a_users_own_network_is_not_promised_a_command(material: Material) -> None:
    own = dataclasses.replace(material, config={**material.config, "own_model": True})
    assert "giemsa.train(data, model=..." in repetition_chapter(own).commands[0]


def test_weights_are_told_by_their_hash(told_run) -> None:
    (told_run.folder / "model.safetensors").write_bytes(b"weights")
    facts = {fact.term: fact.value for fact in repetition_chapter(gather(told_run)).facts}
    assert (
        facts["SHA-256 of the weights"] == "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
    )


def _mistakes_note(told_run, wrong: int) -> str:
    labels = told_run.discs.test.labels
    said = np.where(np.arange(len(labels)) < wrong, (labels + 1) % 3, labels)
    told_run.answers = labels, np.eye(3)[said]
    chapter = evaluation_chapter(gather(told_run))
    assert not isinstance(chapter, Missing)
    return chapter.mistakes_note


def test_the_number_of_mistakes_is_a_sentence(told_run) -> None:
    assert _mistakes_note(told_run, 0) == "No test image was wrongly named."
    assert _mistakes_note(told_run, 1).startswith("1 of 30 test images was wrongly named. Below it ")
    assert _mistakes_note(told_run, 2).startswith("2 of 30 test images were wrongly named. Below each ")
    assert "; here are the 16 whose true class got the least probability." in _mistakes_note(told_run, 20)


def test_the_recipe_is_told_in_words(material: Material) -> None:
    rows = {row[0].text: row[1].text for row in training_chapter(material).recipe.rows}
    assert rows["passes over the training images"] == "3"
    assert rows["weights that are kept"] == "of the epoch with the least val loss"


def test_a_long_table_of_classes_is_folded() -> None:
    entry = dict.fromkeys(("precision", "recall", "f1", "specificity", "auc", "average_precision"), 0.5)
    for classes, folded in ((8, False), (100, True)):
        tables = class_tables([entry | {"support": 3}] * classes, [str(label) for label in range(classes)])
        assert [table.folded for table in tables] == [folded] * 2


@pytest.mark.parametrize(("n", "shared"), [(8, False), (9, True), (20, True), (21, False)])
def test_a_map_says_where_classes_share_a_colour(n: int, shared: bool) -> None:
    labels, places = list(range(n)), [[float(label), 0.0] for label in range(n)]
    told = {"indices": labels, "positions": places, "pca": places, "labels": labels, "predicted": labels}
    images = np.zeros((n, 8, 8, 3), dtype=np.uint8)
    shows = feature_map(told | {"explained": [0.5, 0.5]}, images, [str(label) for label in labels]).shows
    assert ("Some classes share a colour." in shows) is shared


def test_a_map_of_many_classes_colours_those_most_often_mistaken() -> None:
    labels = np.arange(200) % 100
    said = np.where(np.isin(labels, [40, 41]), 3, labels)
    places = np.stack([labels, said], axis=1).tolist()
    told = {
        "indices": list(range(200)),
        "positions": places,
        "pca": places,
        "labels": labels.tolist(),
        "predicted": said.tolist(),
        "explained": [0.5, 0.5],
    }
    found = feature_map(told, np.zeros((200, 4, 4, 3), dtype=np.uint8), [f"kind {k}" for k in range(100)])
    colours = {point.label: point.colour for point in found.points}
    assert (colours[40], colours[41], colours[99]) == (0, 1, 8)
    assert sorted(set(colours.values())) == [*range(7), 8]
    assert found.legend[-1] == ("all other classes", 8)
    assert len(found.legend) == 8
    assert len(found.names) == 100
    assert "In colour: the 7 classes most often mistaken." in found.shows


def test_a_headline_number_that_is_undefined_says_why() -> None:
    auc = {"value": None, "low": None, "high": None, "n": 60}
    missing, known = headline_numbers({"auc": auc}) + headline_numbers({"auc": auc | {"value": 0.9}})
    assert missing.meaning.endswith("; here undefined, since a class has no test image")
    assert "undefined" not in known.meaning
