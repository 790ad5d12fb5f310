"""What an audit adds to the failures."""

import numpy as np
import pytest

from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.subgroups import AuditHints, find_failures
from giemsa.evaluation.writing import read_audit_hints

TABLE = np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.4, 0.6]])
PREDICTIONS = Predictions(np.array([0, 0, 1, 0]), TABLE, ("a", "b"))


def test_without_leaks_and_with_suspects():
    hints = AuditHints(leaked=np.array([0]), suspects=np.array([1, 2]))
    found = find_failures(PREDICTIONS, hints=hints)
    assert found.without_leaks is not None
    assert found.without_leaks.accuracy.value == 1 / 3
    assert found.without_leaks.accuracy.n == 3
    assert found.suspect_mistakes is not None
    assert found.suspect_mistakes.tolist() == [1]
    assert found.to_json()["suspect_mistakes"] == [1]
    assert found.to_json()["without_leaks"] == found.without_leaks.to_json()


def test_a_quick_audit_has_judged_no_label(tmp_path):
    (tmp_path / "audit.json").write_text('{"test_leaks": [], "test_suspects": null}')
    told = find_failures(PREDICTIONS, hints=read_audit_hints(tmp_path, 4)).to_json()
    assert told["suspect_mistakes"] is None
    assert told["without_leaks"]["accuracy"]["n"] == 4


def test_before_an_audit():
    found = find_failures(
        PREDICTIONS, images=np.zeros((4, 5, 5, 3), dtype=np.uint8), metadata={"site": np.array(list("aabb"))}
    )
    assert found.without_leaks is None
    assert list(found.subgroups) == ["site"]  # all images are equally bright


@pytest.mark.parametrize(("width", "measured"), [(3, ["brightness", "sharpness"]), (2, [])])
def test_images_of_three_pixels_are_grouped_by_brightness_and_sharpness(width, measured):
    board = np.indices((9, width)).sum(axis=0)[None, :, :, None] % 2
    images = (board * np.arange(40)[:, None, None, None]).astype(np.uint8)
    predictions = Predictions(np.zeros(40, dtype=int), np.full((40, 2), 0.5), ("a", "b"))
    assert list(find_failures(predictions, images=images).subgroups) == measured


def test_groups_of_files_are_told_in_words():
    found = find_failures(PREDICTIONS, metadata={"bytes": np.array([1, 1, 2, 2])})
    assert list(found.subgroups) == ["file size"]
