"""The matrix of the page against counts made by hand."""

import numpy as np

from giemsa.reporting.confusion import MOST_IMAGES, Outcome, confusion_matrix, worst_mistakes

NAMES = ("red", "green", "blue")


def _outcome(labels: list[int], said: list[int], certainty: list[float], *, images: bool = True) -> Outcome:
    probabilities = np.zeros((len(labels), 3))
    for row, (label, p) in enumerate(zip(said, certainty, strict=True)):
        probabilities[row] = (1 - p) / 2
        probabilities[row, label] = p
    pixels = np.arange(len(labels), dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 4, 4, 3), dtype=np.uint8
    )
    return Outcome(np.array(labels), probabilities, NAMES, NAMES, pixels if images else None)


def test_cells_count_images_and_open_their_panels() -> None:
    matrix = confusion_matrix(_outcome([0, 0, 0, 1], [0, 0, 2, 1], [0.9, 0.8, 0.7, 0.6]))
    texts = [[cell.text for cell in row.cells] for row in matrix.rows]
    assert texts == [["2", "·", "1"], ["·", "1", "·"], ["·", "·", "·"]]
    assert [row.recall for row in matrix.rows] == ["66.7\u202f%", "100\u202f%", "\u2013"]
    assert matrix.first == "cell-0-2"
    assert matrix.hint.endswith("its images appear, 16 at most.")
    assert {panel.identifier for panel in matrix.panels} == {"cell-0-0", "cell-0-2", "cell-1-1"}
    assert matrix.rows[0].cells[2].words == "1 of 3 red taken for blue"


def test_panels_show_mistakes_by_certainty_and_the_rest_by_doubt() -> None:
    matrix = confusion_matrix(_outcome([0, 0, 1, 1], [0, 0, 2, 2], [0.9, 0.6, 0.7, 0.8]))
    captions = {panel.identifier: [image.caption for image in panel.thumbnails] for panel in matrix.panels}
    assert captions == {"cell-0-0": ["0.60", "0.90"], "cell-1-2": ["0.80", "0.70"]}


def test_panels_stay_within_their_budget() -> None:
    rng = np.random.default_rng(0)
    matrix = confusion_matrix(
        _outcome(rng.integers(0, 3, 2000).tolist(), rng.integers(0, 3, 2000).tolist(), [0.5] * 2000)
    )
    shown = sum(len(panel.thumbnails) for panel in matrix.panels)
    assert 9 * 16 == shown <= MOST_IMAGES


def test_without_images_the_matrix_still_counts() -> None:
    outcome = _outcome([0, 1], [0, 0], [0.9, 0.9], images=False)
    matrix = confusion_matrix(outcome)
    assert (matrix.panels, matrix.hint) == ((), "")
    assert matrix.rows[1].cells[0].text == "1"
    assert worst_mistakes(outcome) == ()


def test_worst_mistakes_come_worst_first() -> None:
    worst = worst_mistakes(_outcome([0, 1, 2], [1, 2, 2], [0.6, 0.9, 0.9]))
    assert [image.caption for image in worst] == ["green", "red"]
    assert worst[0].detail == "taken for blue, 0.90"


def test_a_long_name_keeps_its_beginning_and_its_end_on_the_axes() -> None:
    names = ("platelet", "type of cell of the bone marrow number 17")
    outcome = Outcome(np.array([0, 1]), np.eye(2), names, names, None)
    matrix = confusion_matrix(outcome)
    assert matrix.columns == ("platelet", "type of cell …ow number 17")
    assert [row.name for row in matrix.rows] == list(matrix.columns)
    assert matrix.full_columns == names


def test_an_empty_cell_says_nothing_so_that_many_classes_stay_a_small_page() -> None:
    matrix = confusion_matrix(_outcome([0, 1], [0, 1], [0.9, 0.9]))
    assert [[bool(cell.words) for cell in row.cells] for row in matrix.rows] == [
        [True, False, False],
        [False, True, False],
        [False, False, False],
    ]
