"""The stage from a run to its files, with a made network."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest

from giemsa.data.dataset import DataCard, ImageDataset, Split
from giemsa.errors import ModelError, PredictionError, RunError
from giemsa.evaluation.evaluate import evaluate, score
from giemsa.evaluation.predictions_file import read_predictions
from giemsa.evaluation.writing import read_audit_hints

N = {"train": 90, "val": 60, "test": 80}
NAMES = ("dark", "grey", "bright")


class BrightnessNetwork:
    """Tells images by their mean, too sure of itself by a factor of three."""

    symmetry = "mirror and quarter turns"

    def __init__(self):
        self.classes = SimpleNamespace(temperature=1.0)

    def logits(self, images):
        mean = images.reshape(len(images), -1).mean(axis=1, keepdims=True)
        corner = (
            images[:, :1, :1].reshape(len(images), -1).mean(axis=1, keepdims=True)
        )  # not the same in every view
        return -3 * np.abs(mean + corner / 50 - np.array([60.0, 120.0, 180.0])) / 12

    def probabilities(self, images):
        raised = np.exp(self.logits(images) / self.classes.temperature)
        return raised / raised.sum(axis=1, keepdims=True)

    def features(self, images):
        return images.reshape(len(images), -1)[:, :20].astype(np.float32) + 1


class FakeRun:
    """What the stage needs of a run."""

    def __init__(self, folder, data):
        self.folder, self._data, self.classifier = folder, data, BrightnessNetwork()
        self.config = {
            "recipe": {"selection": "last", "name": "made"},
            "test_looks": 0,
            "data": {"name": "made"},
        }

    def data(self):
        return self._data

    def update_config(self, **changes):
        self.config |= changes


def made_split(name, rng):
    labels = rng.integers(0, 3, N[name])
    level = np.array([60, 120, 180])[labels] + rng.normal(0, 26, N[name])
    images = np.clip(level[:, None, None, None] + rng.normal(0, 5, (N[name], 8, 8, 3)), 0, 255).astype(
        np.uint8
    )
    return Split(
        images, labels, tuple(str(i) for i in range(N[name])), metadata={"site": np.arange(N[name]) % 2}
    )


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(0)
    card = DataCard("made", "Made cells", "", "multi-class", NAMES, 3, licence="CC0")
    data = ImageDataset(card, *(made_split(name, rng) for name in N))
    (tmp_path / "model.json").write_text('{"temperature": 1.0}')
    return FakeRun(tmp_path, data)


def read(run, name):
    return json.loads((run.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr("giemsa.evaluation.evaluate.SAMPLE", 20)
    monkeypatch.setattr("giemsa.evaluation.evaluate.VAL_RESAMPLES", 20)


def test_a_run_is_evaluated_into_its_folder(run, monkeypatch):
    told = []
    evaluation = evaluate(run, progress=lambda done, total, what: told.append((done, total)))
    assert told == [(step, 7) for step in range(1, 8)]
    metrics = read(run, "metrics.json")
    assert set(metrics) == {"val", "test"}
    assert set(metrics["test"]["accuracy"]) == {"value", "low", "high", "n"}
    assert metrics["test"]["accuracy"]["n"] == 80
    found = read(run, "evaluation/evaluation.json")
    assert len(found["sentences"]) == 3
    assert sum(len(cell["indices"]) for cell in found["cells"]) == 80
    assert found["confusion"] == evaluation.card.confusion.tolist()
    assert found["calibration"]["temperature"] == read(run, "model.json")["temperature"] > 1.3
    assert run.classifier.classes.temperature == found["calibration"]["temperature"]
    assert found["calibration"]["n_fit"] == found["prediction_sets"][0]["n_calibration"] == 30
    assert {one["target"] for one in found["prediction_sets"]} == {0.9, 0.95, 0.99}
    assert found["failures"]["subgroups"]["site"][0]["accuracy"]["n"] == 40
    assert {test["name"] for test in found["novelty"]["tests"]} == {
        "noise",
        "blank",
        "negative",
        "shuffled pieces",
    }
    assert found["robustness"]["n"] == 20
    assert any(item["answer"] == "CC0" for item in found["model_card"])
    assert run.config["test_looks"] == 1
    table = read_predictions(run.folder / "predictions" / "test.csv", class_names=NAMES)
    np.testing.assert_allclose(
        table.probabilities, run.classifier.probabilities(run.data().test.images), atol=1e-12
    )
    assert (run.folder / "predictions" / "val.csv").exists()
    standard = list((run.folder / "evaluation").glob("made_8_test_*.csv"))
    assert len(standard) == 1
    assert len(list((run.folder / "figures").glob("evaluate-*.png"))) == 11
    monkeypatch.setattr("giemsa.evaluation.result.Evaluation.pictures", lambda self: ())
    again = evaluate(run)
    assert run.config["test_looks"] == 2
    assert again.card.to_json() == evaluation.card.to_json()
    assert "evaluated 2 times" in again.facts["test_looks"]


def test_views_foreign_images_and_audit(run, monkeypatch):
    monkeypatch.setattr("giemsa.evaluation.result.Evaluation.pictures", lambda self: ())
    (run.folder / "audit.json").write_text('{"test_leaks": [0, 1, 2], "test_suspects": [5]}')
    foreign = {"X-rays": np.full((30, 16, 16), 200, dtype=np.uint8)}
    evaluation = evaluate(run, views=8, foreign=foreign, coverage=0.8)
    assert evaluation.views_gain is not None
    assert evaluation.views_gain.names == ("one view", "8 views")
    assert evaluation.novelty is not None
    assert [test.name for test in evaluation.novelty.tests if not test.made] == ["X-rays"]
    assert evaluation.failures.without_leaks is not None
    assert evaluation.failures.without_leaks.accuracy.n == 77
    assert "(but 3 of them have a copy, or nearly one, in train or val)" in evaluation.sentences[0]
    assert evaluation.target == 0.8
    with pytest.raises(ModelError, match="2 views are not possible"):
        evaluate(run, views=2)


@pytest.mark.parametrize("name", ["val", "test"])
def test_a_split_without_images_is_one_line(run, name):
    run._data = dataclasses.replace(run._data, **{name: run._data.splits[name].subset(np.arange(0))})
    with pytest.raises(PredictionError, match=f"the {name} split of made holds no images"):
        evaluate(run)
    assert run.config["test_looks"] == 0


def with_groups(data, *names):
    """Return the data with one patient a split, named in order."""
    splits = {
        split: dataclasses.replace(images, groups=None if name is None else np.full(len(images), name))
        for (split, images), name in zip(data.splits.items(), names, strict=True)
    }
    return dataclasses.replace(data, **splits)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("anna", "berta", "clara"), "patient, slide or other group, as the data names it"),
        (
            ("anna", "berta", "anna"),
            "image: 1 of the groups (patients, slides) that the data names stands in two splits",
        ),
        ((None, None, None), "image: which images share a patient or slide is not known"),
        (("anna", "berta", None), "image: which images share a patient or slide is not known"),
    ],
)
def test_splits_are_disjoint_by_patient_only_where_no_patient_is_in_two(run, monkeypatch, names, words):
    monkeypatch.setattr("giemsa.evaluation.result.Evaluation.pictures", lambda self: ())
    run._data = with_groups(run._data, *names)
    card = {item.item: item.answer for item in evaluate(run).model_card}
    assert card["Level at which the splits are disjoint"] == words


def test_of_one_patient_no_interval_is_drawn_or_told(run):
    run._data = with_groups(run._data, "anna", "berta", "clara")
    evaluation = evaluate(run)
    assert "undefined" not in evaluation.sentences[1]
    assert evaluation.sentences[1].endswith("there is no interval.")
    assert read(run, "metrics.json")["test"]["accuracy"]["low"] is None
    assert (
        read(run, "evaluation/evaluation.json")["failures"]["subgroups"]["site"][0]["accuracy"]["low"] is None
    )
    assert len(list((run.folder / "figures").glob("evaluate-*.png"))) == 11


def test_coverage_out_of_range(run):
    with pytest.raises(PredictionError, match="coverage must lie between"):
        evaluate(run, coverage=1.5)


def test_a_tiny_val_keeps_the_temperature(run, monkeypatch):
    monkeypatch.setattr("giemsa.evaluation.result.Evaluation.pictures", lambda self: ())
    data = run.data()
    run._data = ImageDataset(data.card, data.train, data.val.subset(np.arange(12)), data.test)
    evaluation = evaluate(run)
    assert run.classifier.classes.temperature == 1
    assert any("too few images, or patients, to find a temperature" in note for note in evaluation.notes)


def test_score_draws_and_prints():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 40)
    table = np.where(labels[:, None] == np.arange(2), 0.8, 0.2)
    table[:5] = table[:5, ::-1]
    evaluation = score(
        labels, table, class_names=("<b>", "white"), images=np.zeros((40, 8, 8, 1), dtype=np.uint8)
    )
    names = [picture.name for picture in evaluation.pictures()]
    assert names[:3] == ["evaluate-confusion", "evaluate-classes", "evaluate-mistakes"]
    assert "support" in str(evaluation)
    assert "&lt;b&gt;" in evaluation._repr_html_()
    json.dumps(evaluation.to_json(), allow_nan=False)


def test_a_broken_audit_is_one_line(tmp_path):
    (tmp_path / "audit.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"audit\.json is not readable JSON"):
        read_audit_hints(tmp_path, 30)


def test_grey_images_need_no_channels():
    labels, table = np.arange(40) % 2, np.tile([[0.7, 0.3]], (40, 1))
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    grey, stacked = (score(labels, table, images=some) for some in (images, images[..., None]))
    assert grey.to_json() == stacked.to_json()


@pytest.mark.parametrize("shape", [(39, 8, 8), (40, 8), (40, 8, 8, 2)])
def test_images_that_are_none_are_refused(shape):
    with pytest.raises(PredictionError, match="expected 40 images, one a row of the probabilities"):
        score(np.arange(40) % 2, np.tile([[0.7, 0.3]], (40, 1)), images=np.zeros(shape, np.uint8))
