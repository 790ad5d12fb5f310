"""The tutorial's first rows on the real BloodMNIST: card, loading, labels, pixels, names, examples, distribution."""

import dataclasses
import json

import numpy as np
import pytest

from giemsa.data.dataset import Split
from giemsa.data.exploration import card_lines, explore
from giemsa.data.load import load
from giemsa.errors import DataError


@pytest.fixture(scope="module")
def blood():
    return load("bloodmnist")


@pytest.fixture(scope="module")
def exploration(blood):
    return explore(blood)


def test_the_tutorials_facts(exploration):
    assert exploration.shapes == {
        "train": (11959, 28, 28, 3),
        "val": (1712, 28, 28, 3),
        "test": (3421, 28, 28, 3),
    }
    assert exploration.labels == tuple(range(8))
    assert (exploration.channels.low, exploration.channels.high) == (0, 255)
    assert exploration.counts["train"].tolist() == [852, 2181, 1085, 2026, 849, 993, 2330, 1643]
    assert exploration.agreement.p_value > 0.99


def test_first_pixels_are_those_of_the_first_image(blood, exploration):
    np.testing.assert_array_equal(exploration.first_pixels, blood.train.images[0, :2, :2])


def test_examples_are_the_first_five_of_each_class_in_train_order(blood, exploration):
    assert len(exploration.examples) == 8
    for label, images in enumerate(exploration.examples):
        places = [place for place, other in enumerate(blood.train.labels) if other == label][:5]
        np.testing.assert_array_equal(images, blood.train.images[places])


def test_weights_balance_the_classes(exploration):
    np.testing.assert_allclose(exploration.weights * exploration.counts["train"], 11959 / 8)


def test_words_for_a_terminal(exploration):
    words = str(exploration)
    for word in (
        "CC BY 4.0",
        "11959 x 28 x 28 x 3",
        "immature gran.",
        "2,330",
        "The splits agree",
        "0 to 255",
    ):
        assert word in words
    assert max(map(len, words.splitlines())) <= 110


def test_a_card_in_words(blood):
    words = "\n".join(card_lines(blood.card))
    assert "8 labels" in words
    assert "train 11,959, val 1,712, test 3,421" in words


def test_json_is_plain_and_whole(exploration):
    stored = json.loads(json.dumps(exploration.to_json()))
    assert stored["counts"]["test"] == exploration.counts["test"].tolist()
    assert stored["card"]["licence"] == "CC BY 4.0"
    assert stored["splits"]["agree"] is True
    assert stored["class_weights"][6] == pytest.approx(11959 / 8 / 2330)


def test_html_escapes_what_a_user_wrote(discs):
    card = dataclasses.replace(discs.card, title="<b>", class_names=("<script>", "b", "c"))
    shown = explore(dataclasses.replace(discs, card=card))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_pictures(exploration):
    pictures = exploration.pictures()
    assert [picture.name for picture in pictures] == ["explore-examples", "explore-classes"]
    assert "neutrophil with 2,330" in pictures[1].alt


def test_an_empty_split_and_a_missing_class(discs):
    nothing = Split(discs.val.images[:0], discs.val.labels[:0], ())
    only_two = discs.train.subset(np.flatnonzero(discs.train.labels < 2))
    found = explore(dataclasses.replace(discs, train=only_two, val=nothing, test=nothing))
    assert found.weights[2] == 0
    assert found.labels == (0, 1)
    assert len(found.examples[2]) == 0
    assert len(found.pictures()) == 2
    json.dumps(found.to_json())


def test_nothing_is_copied_to_floating_point(blood):
    import tracemalloc

    explore(blood)  # the fingerprint and the statistics are warm
    tracemalloc.start()
    explore(blood)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < blood.train.images.nbytes * 2


def test_a_name_is_as_good_as_the_data(blood):
    assert explore("bloodmnist").fingerprint == blood.fingerprint
    with pytest.raises(DataError, match="no data is called 'bloodmist'; did you mean bloodmnist"):
        explore("bloodmist")


def test_the_lines_for_a_terminal_word_by_word(discs):
    card = dataclasses.replace(
        discs.card, name="Discs", description="Discs. " * 20, licence="CC0", symmetry=None
    )
    fewer = dataclasses.replace(
        discs, card=card, val=discs.val.subset(np.flatnonzero(discs.val.labels == 2)), notes=("word " * 30,)
    )
    found = explore(fewer)
    first, second = found.first_pixels.tolist()
    low, high, mean = (
        fewer.train.images.min(),
        fewer.train.images.max(),
        fewer.train.images.mean(axis=(0, 1, 2)),
    )
    sd = fewer.train.images.std(axis=(0, 1, 2))
    assert found.lines() == (
        "Discs",
        ("Discs. " * 11).strip(),
        ("Discs. " * 9).strip(),
        "task         multi-class",
        "3 labels     0 red disc; 1 green disc; 2 blue disc",
        "channels     3",
        "symmetry     not known",
        "licence      CC0",
        "",
        "train        96 x 20 x 20 x 3 uint8",
        "val          10 x 20 x 20 x 3 uint8",
        "test         30 x 20 x 20 x 3 uint8",
        "labels       0 1 2",
        f"first pixels {first[0]} {first[1]}",
        f"range        {low} to {high}",
        f"mean         {', '.join(f'{one / 255:.4f}' for one in mean)} (of 1, each channel, train)",
        f"sd           {', '.join(f'{one / 255:.4f}' for one in sd)}",
        "",
        "label  class         train      val     test   weight",
        "    0  red disc         32        0       10    1.000",
        "    1  green disc       32        0       10    1.000",
        "    2  blue disc        32       10       10    1.000",
        "       all              96       10       30",
        "",
        "The splits differ clearly: the largest difference of a class's share is 66.7",
        "points (chi-square p = 0.0016, Cramer's V = 0.253).",
        ("word " * 16).strip(),
        ("word " * 14).strip(),
    )
    assert second != first
    stored = found.to_json()
    assert stored["splits"]["agree"] is False
    assert stored["range"] == [low, high]
    assert stored["first_pixels"] == [first, second]


def test_html_has_a_row_a_class(discs):
    shown = explore(discs)._repr_html_()
    assert shown.startswith("<h3>Discs</h3><p>Discs in three colours, made for the tests.</p><table>")
    assert (
        "<th style='text-align:left'>class</th><th>train</th><th>val</th><th>test</th><th>weight</th>"
        in shown
    )
    row = "<tr><td>2</td><td style='text-align:left'>blue disc</td><td>32</td><td>10</td><td>10</td><td>1.000</td></tr>"
    assert row in shown
    assert "<p>The splits agree: the largest difference of a class&#x27;s share is 0.0 points" in shown


def test_the_words_beside_the_pictures_count_what_is_shown(discs):
    few = dataclasses.replace(discs, train=discs.train.subset(np.array([0, 1, 2, 3, 4, 5, 7, 8, 10, 13, 16])))
    examples, classes = explore(few).pictures()
    assert (
        examples.alt
        == "10 training images, up to 5 a row, one row for each of 3 classes: red disc, green disc and blue disc."
    )
    assert "the largest class is green disc with 6, the smallest red disc with 2" in classes.alt
    many = dataclasses.replace(discs.card, class_names=tuple(f"class {label}" for label in range(13)))
    assert (
        "13 classes: class 0 to class 12." in explore(dataclasses.replace(few, card=many)).pictures()[0].alt
    )


def test_of_classes_of_one_size_none_is_called_the_largest(discs):
    four = np.concatenate([np.flatnonzero(discs.train.labels == label)[:4] for label in range(3)])
    alike = dataclasses.replace(discs, train=discs.train.subset(four))
    _, classes = explore(alike).pictures()
    assert "In train every class has 4. " in classes.alt


def test_of_large_images_few_are_counted_at_a_time(discs):
    import tracemalloc

    images = np.random.default_rng(0).integers(0, 256, (200, 224, 224, 3), np.uint8)
    large = Split(images, np.arange(200) % 3, tuple(map(str, range(200))))
    data = dataclasses.replace(
        discs, train=large, val=discs.val.subset(np.empty(0)), test=large.subset(np.array([0]))
    )
    explore(discs)
    tracemalloc.start()
    explore(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 2


def test_no_line_is_wider_than_a_terminal():
    lines = str(explore("bloodmnist")).splitlines()
    assert len(lines) > 30
    assert max(map(len, lines)) < 80
    assert not any(line.endswith("-") for line in lines)
