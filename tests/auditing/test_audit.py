"""The stage as a whole: planted faults become findings, and bad input becomes findings or one line."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

import giemsa
from giemsa.auditing.audit import audit
from giemsa.auditing.findings import SEVERITIES
from giemsa.auditing.label_errors import LabelErrors
from giemsa.auditing.report import Labels, Outliers
from giemsa.auditing.shortcuts import Tell
from giemsa.auditing.surroundings import BACKGROUND, border_features
from giemsa.auditing.telling_labels import tell_shortcut
from giemsa.data.dataset import DataCard, ImageDataset, PackedAddresses, Split
from giemsa.errors import DataError, RecipeError, RunError


def made(sizes=(60, 20, 20), classes=2, seed=0, side=28, groups=False) -> ImageDataset:
    rng = np.random.default_rng(seed)
    names = tuple(f"kind {label}" for label in range(classes))
    card = DataCard("made", "Made", "Noise.", "multi-class", names, channels=1, symmetry="none")
    splits = {}
    for name, n in zip(("train", "val", "test"), sizes, strict=True):
        images = rng.integers(0, 256, (n, side, side, 1), dtype=np.uint8)
        labels = np.arange(n) % classes
        patients = np.array([f"{name} {i}" for i in range(n)], dtype="U9") if groups else None
        splits[name] = Split(images, labels, PackedAddresses("made", name, n), patients)
    return ImageDataset(card, **splits)


def kinds(report):
    return {finding.kind: finding for finding in report.findings}


def test_sound_data_has_nothing_severe():
    report = audit(made(), quick=True)
    assert not report.severe
    assert set(kinds(report)) <= {"no-groups", "rare-classes"}


def test_a_copy_in_test_with_another_label_is_leakage_and_a_contradiction():
    data = made()
    data.test.images[3] = np.rot90(data.train.images[10])
    found = kinds(report := audit(data, quick=True))
    assert found["leakage"].severity == "severe"
    assert "1 test image (5.0 % of test) has a copy in train or val" in found["leakage"].evidence
    assert found["contradiction"].count == 2
    assert report.findings[0].kind == "leakage"
    order = [SEVERITIES.index(finding.severity) for finding in report.findings]
    assert order == sorted(order)
    assert report.to_json()["test_leaks"] == [3]
    rows = report.flagged[report.flagged.finding == "leakage"]
    assert sorted(rows.address) == ["made::test/3", "made::train/10"]
    alts = {picture.name: picture.alt for picture in report.pictures()}
    assert alts["audit-duplicates"].endswith("1 group of duplicates; 1 of the groups stands in two splits.")


def test_one_image_of_the_class_hit_most_is_one():
    data = made()
    data.train.images[0], data.train.images[1] = 50, 200
    assert kinds(audit(data, quick=True))["empty"].evidence.endswith("; 1 of the 2 is of class kind 0.")


def test_that_splits_of_few_patients_look_different_is_no_drift():
    for known in (True, False):
        data = made(groups=known)
        for name, split in data.splits.items():
            split.images[:] = split.images // 2 + (60 if name == "val" else 0)
            if known:
                split.groups[:] = name
        assert ("drift" in kinds(audit(data, quick=True))) is not known


def test_a_patient_in_two_splits_is_severe():
    data = made(groups=True)
    data.val.groups[2] = data.train.groups[5]
    found = kinds(audit(data, quick=True))
    assert found["group-leakage"].severity == "severe"
    assert found["group-leakage"].count == 2
    assert "no-groups" not in found


def test_one_class_is_severe_and_no_traceback():
    data = made()
    for split in data.splits.values():
        split.labels[:] = 0
    found = kinds(report := audit(data))
    assert found["one-class"].severity == "severe"
    assert [f.severity for f in report.findings if f.kind == "missing-classes"] == [
        "severe",
        "warning",
        "warning",
    ]
    assert "Labels were not judged" in report.notes[0]


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_empty_split_is_severe(empty):
    sizes = [60, 20, 20]
    sizes[empty] = 0
    found = kinds(audit(made(tuple(sizes)), quick=True))
    assert found["empty-split"].severity == "severe"


def test_no_images_at_all_are_one_line():
    with pytest.raises(DataError, match="made has no images: there is nothing to audit"):
        audit(made((0, 0, 0)))


def test_all_images_equal():
    data = made()
    for split in data.splits.values():
        split.images[:] = 77
    found = kinds(audit(data, quick=True))
    assert found["leakage"].severity == found["contradiction"].severity == "severe"
    assert found["empty"].count == 100


def test_a_class_smaller_than_the_folds_is_named(monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 2)
    monkeypatch.setattr("giemsa.auditing.audit.EPOCHS", {"short": 1})
    data = made(classes=3, side=20)
    data.train.labels[data.train.labels == 2] = 0
    data.train.labels[:2] = 2
    found = kinds(audit(data, device="cpu"))
    assert found["unjudged-classes"].evidence == (
        "Fewer images in train than the 3 folds, copies and images of one patient or group counted once: kind 2 (2). "
        "0 images had no network that knew the class, and no label doubted."
    )


@pytest.fixture
def briefly(monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 2)
    monkeypatch.setattr("giemsa.auditing.audit.EPOCHS", {"short": 1})


def test_where_train_is_one_patient_or_one_image_again_and_again_no_network_is_asked():
    patient = made(groups=True)
    patient.train.groups[:] = "the only one"
    copies = made()
    copies.train.images[:] = copies.train.images[0]
    for data in (patient, copies):
        report = audit(data, device="cpu")
        assert report.results.labels is None
        assert "there are 60 images and 0 such classes" in report.notes[0]


def test_labels_of_a_class_that_no_judge_has_seen_are_not_doubted(briefly):
    data = made(classes=3, groups=True)
    data.train.groups[data.train.labels == 2] = "the only patient of kind 2"
    report = audit(data, device="cpu")
    of_kind_2 = report.pool.labels == 2
    in_train = report.pool.split_of == 0
    judged = report.results.labels.judged
    assert judged.tolist() == (~(of_kind_2 & in_train)).tolist()
    errors = report.results.labels.errors
    assert judged[errors.suspects].all()
    assert errors.joint.sum() == pytest.approx(judged.sum())
    assert (errors.suggested[~judged] == 2).all()
    finding = kinds(report)["unjudged-classes"]
    assert "kind 2 (1)" in finding.evidence
    assert "20 images had no network that knew the class" in finding.evidence


def test_images_that_are_not_square_are_judged_too(monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 2)
    monkeypatch.setattr("giemsa.auditing.audit.EPOCHS", {"short": 1})
    data = made(side=28)
    splits = {
        name: dataclasses.replace(split, images=split.images[:, :20]) for name, split in data.splits.items()
    }
    report = audit(dataclasses.replace(data, **splits), device="cpu")
    assert report.results.labels.probabilities.shape == (len(report.pool), len(data.class_names))


def test_a_training_that_is_refused_is_told_and_the_rest_goes_on(monkeypatch):
    def refuse(*arguments, **options):
        raise RecipeError("the loss became nan in epoch 1")

    monkeypatch.setattr("giemsa.auditing.out_of_fold.predict_out_of_fold", refuse)
    report = audit(made(side=28))
    assert "training was not possible: the loss became nan" in report.notes[0]
    assert report.results.labels is None


def test_sizes_that_differ_and_files_that_cannot_be_read_are_findings(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(12):
            size = (90, 30) if (name, number) == ("cat", 3) else (40, 40)
            Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(
                tmp_path / name / f"{number}.png"
            )
    (tmp_path / "dog" / "bad.png").write_bytes(b"no image")
    found = kinds(audit(giemsa.load(tmp_path, size=28, skip_bad=True), quick=True))
    assert found["unreadable"].count == 1
    assert found["unreadable"].evidence.count("bad.png") == 1
    assert found["odd-size"].count == 1
    assert "30x90" in found["odd-size"].evidence


@pytest.mark.parametrize("site", [False, True])
def test_the_size_of_compressed_files_alone_is_no_warning(tmp_path, site):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(80):
        plain = number % 2
        image = rng.integers(0, 256, (40, 40), dtype=np.uint8) // (64 if plain else 1)
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'plain' if plain else 'rich'}" + (f",{'xy'[plain]}" if site else ""))
    header = "path,label,site" if site else "path,label"
    (tmp_path / "cells.csv").write_text("\n".join([header, *rows]))
    found = kinds(audit(giemsa.load(tmp_path / "cells.csv", size=28), quick=True))["shortcut-files"]
    assert "bytes" in found.evidence
    assert "AUC 1.00, 0.91 to 1.00" in found.evidence  # exact; Wilson's interval of 40 of 40
    assert found.severity == ("severe" if site else "note")
    assert ("no fault" in found.why) is not site


def test_the_report_says_the_same_in_words_json_html_and_files(tmp_path, discs):
    report = audit(discs, quick=True)
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert content["test_suspects"] is None
    titles = [finding.title for finding in report.findings]
    assert [finding["title"] for finding in content["findings"]] == titles
    assert all(title in str(report) for title in titles)
    shown = report._repr_html_()
    assert shown.count("<tr>") == shown.count("</td><td style='text-align:left'><b>") == len(titles) > 0
    report.save(tmp_path)
    assert json.loads((tmp_path / "audit.json").read_text())["level"] == "quick"
    names = [picture.name for picture in report.pictures()]
    assert all((tmp_path / "figures" / f"{name}.png").exists() for name in names)
    assert "audit-shortcuts" in names


def test_a_run_is_as_good_as_its_folder_and_no_folder_is_told_before_any_work(tmp_path, discs):
    names = list(discs.class_names)
    facts = {
        "version": 1,
        "status": "complete",
        "recipe": {},
        "epochs": 1,
        "model": "convnet",
        "own_model": False,
    }
    facts |= {"data": {"name": "discs", "source": {}, "sha256": discs.fingerprint, "class_names": names}}
    facts |= {"symmetry": "none", "selection": "the last", "test_looks": 0, "seed": 0}
    facts |= {"device": "cpu", "precision": "float32", "threads": 1}
    (tmp_path / "config.json").write_text(json.dumps(facts))
    audit(discs, quick=True, run=str(tmp_path))
    assert json.loads((tmp_path / "audit.json").read_text())["data"] == "discs"
    with pytest.raises(RunError, match="there is no run folder nowhere"):
        audit("no data of that name", quick=True, run="nowhere")


def test_a_link_in_the_way_of_the_report_is_not_written_through(tmp_path, discs):
    other = tmp_path / "other.json"
    other.write_text("of somebody else")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "audit.json").symlink_to(other)
    audit(discs, quick=True).save(folder)
    assert other.read_text() == "of somebody else"
    assert json.loads((folder / "audit.json").read_text())["level"] == "quick"


def test_no_curve_is_drawn_through_one_size(discs, monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 2)
    monkeypatch.setattr("giemsa.auditing.audit.EPOCHS", {"thorough": 1})
    patients = np.where(np.arange(96) < 90, "most", np.arange(96).astype("U4"))
    train = dataclasses.replace(discs.train, groups=patients)
    rest = [dataclasses.replace(s, groups=np.arange(30).astype("U2")) for s in (discs.val, discs.test)]
    data = dataclasses.replace(discs, train=train, val=rest[0], test=rest[1])
    monkeypatch.setattr("giemsa.auditing.audit.FOLDS", 2)
    monkeypatch.setattr(
        "giemsa.auditing.out_of_fold.assign_folds",
        lambda labels, groups, folds, seed: np.where(np.arange(96) < 90, 0, np.arange(96) % folds),
    )
    report = audit(data, thorough=True, device="cpu")
    assert report.results.curve is None
    assert report.results.labels is not None


def test_thorough_adds_a_learning_curve_and_outliers_in_features(discs, monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 4)
    monkeypatch.setattr("giemsa.auditing.audit.FOLDS", 2)
    monkeypatch.setattr("giemsa.auditing.audit.EPOCHS", {"thorough": 1})
    report = audit(discs, thorough=True, device="cpu")
    assert "learning-curve" in kinds(report)
    assert report.results.outliers.space == "a network's features"
    curve = report.to_json()["learning_curve"]
    assert (curve["now"], curve["target"]) == (96, 192)
    assert "from 96 to 192 images" in kinds(report)["learning-curve"].evidence
    assert "audit-learning-curve" in [picture.name for picture in report.pictures()]


def test_of_many_classes_a_finding_names_the_first_and_how_many_more():
    data = made((1200, 40, 40), classes=20)
    data.test.labels[39] = 0  # the second of kind 19
    for split in data.splits.values():
        split.images[:] = 77
    found = kinds(audit(data, quick=True))
    assert found["rare-classes"].count == 20
    rare = found["rare-classes"].evidence
    assert rare.startswith(
        "Test images, copies and images of one patient or group counted once, and half the width of the 95 % interval of a "
        "recall of 0.9: kind 0 (1: ± 100 points), kind 1"
    )
    assert rare.endswith("kind 11 (1: ± 100 points) and 8 more.")
    assert found["contradiction"].evidence.endswith("kind 11 and 8 more.")
    assert found["leakage"].evidence.endswith("Pairs: 1,279 same pixels.")


def test_what_gives_a_class_away_almost_always_is_not_told_as_always(discs):
    report = audit(discs, quick=True)
    feature = next(iter(border_features(report.pool.images)))
    check = dataclasses.replace(
        report.results.shortcuts[BACKGROUND],
        balanced_accuracy=0.9996,
        low=0.9,
        probability=0.01,
        tells=(Tell(feature, 0, 0.997, 1.0, 0.99, 0.999),),
    )
    results = dataclasses.replace(report.results, shortcuts={BACKGROUND: check})
    alts = {picture.name: picture.alt for picture in dataclasses.replace(report, results=results).pictures()}
    assert alts["audit-shortcuts"].startswith(f"Balanced accuracy of plain models: {BACKGROUND} over 0.99;")
    assert alts["audit-tells"].endswith("(AUC over 0.99).")
    (told,) = tell_shortcut(report.pool, check, BACKGROUND, 0.9999)
    assert "a balanced accuracy of over 0.999 (95 % interval 0.900 to " in told.evidence
    assert told.evidence.count("over 0.999") == 2


def test_the_alt_text_of_a_single_image_speaks_of_one(discs):
    report = audit(discs, quick=True)
    one, n = np.array([3]), len(report.pool)
    errors = LabelErrors(np.ones(n), np.zeros(n, dtype=np.int64), one, np.eye(3), np.ones(3))
    results = dataclasses.replace(
        report.results,
        labels=Labels(errors, np.eye(3)[np.zeros(n, dtype=np.int64)], np.ones(n, dtype=bool), 3, np.ones(3)),
        outliers=Outliers(one, np.ones(n), "colour"),
    )
    alts = {picture.name: picture.alt for picture in dataclasses.replace(report, results=results).pictures()}
    assert alts["audit-outliers"] == "1 of 1 image far from all neighbours, the farthest first."
    assert alts["audit-label-suspects"].startswith("1 of 1 image whose label ")
