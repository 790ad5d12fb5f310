import numpy as np
import pytest
from scipy import stats

from giemsa.auditing.splits import check_splits, recall_half_widths


def three(rng, sizes=(600, 200, 200)):
    return dict(zip(("train", "val", "test"), (rng.normal(size=size) for size in sizes), strict=True))


def test_equal_splits_do_not_drift():
    rng = np.random.default_rng(0)
    labels = {split: rng.integers(0, 3, len(values)) for split, values in three(rng).items()}
    check = check_splits(labels, {"brightness": three(rng), "contrast": three(rng)}, 3)
    assert check.clear_drifts() == ()
    order = [(drift.probability, -drift.size) for drift in check.drifts]
    assert len(order) == 6
    assert order == sorted(order)


def test_a_sure_but_small_difference_is_no_clear_drift():
    values = {"train": np.arange(20_000.0), "val": np.empty(0), "test": np.arange(20_000.0) + 1000}
    labels = {split: np.zeros(len(of), dtype=int) for split, of in values.items()}
    check = check_splits(labels, {"brightness": values}, 1)
    assert check.clear_drifts() == ()
    assert [drift.size for drift in check.clear_drifts(least=0.05)] == pytest.approx([0.05])


def test_labels_differ_by_cramers_v():
    labels = {
        "train": np.repeat([0, 1], [60, 40]),
        "val": np.repeat([0, 1], [30, 70]),
        "test": np.zeros(0, int),
    }
    (drift,) = check_splits(labels, {}, 3).drifts
    table = np.array([[60, 40], [30, 70]])
    assert drift.size == pytest.approx(
        stats.contingency.association(table, method="cramer", correction=False)
    )
    assert drift.probability == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_planted_drifts_are_found_and_named():
    rng = np.random.default_rng(1)
    values = three(rng)
    values["test"] = values["test"] + 1
    labels = {split: rng.integers(0, 3, len(of)) for split, of in values.items()}
    labels["val"] = np.zeros(200, dtype=int)
    found = check_splits(labels, {"brightness": values}, 3).clear_drifts()
    assert {(drift.split, drift.measure) for drift in found} == {("test", "brightness"), ("val", "labels")}


def test_of_independent_images_the_test_is_that_of_kolmogorov_and_smirnov():
    values = three(np.random.default_rng(3), (2000, 400, 0))
    values["val"] = values["val"] + 0.1
    labels = {split: np.repeat([0, 1], [len(of) // 2, len(of) // 2]) for split, of in values.items()}
    found = {drift.measure: drift for drift in check_splits(labels, {"brightness": values}, 2).drifts}
    oracle = stats.ks_2samp(values["train"], values["val"], method="asymp")
    assert found["brightness"].size == pytest.approx(oracle.statistic, abs=1e-12)
    assert 0.001 < oracle.pvalue < 0.5
    assert found["brightness"].probability == pytest.approx(2 * oracle.pvalue, rel=0.1)  # of two tests
    assert found["labels"].probability == 1


def test_a_split_of_one_image_is_compared_without_a_warning():
    values = {"train": np.zeros(1), "val": np.ones(1), "test": np.empty(0)}
    labels = {split: np.zeros(len(of), dtype=int) for split, of in values.items()}
    check = check_splits(labels, {"brightness": values}, 1)
    assert max(drift.size for drift in check.drifts) == 1
    assert check.clear_drifts() == ()


def test_of_one_patient_in_each_split_no_difference_is_sure():
    values = {"train": np.zeros(50), "val": np.ones(50), "test": np.empty(0)}
    labels = {split: np.zeros(len(of), dtype=int) for split, of in values.items()}
    patients = {
        "train": np.zeros(50, dtype=int),
        "val": np.ones(50, dtype=int),
        "test": np.empty(0, dtype=int),
    }
    check = check_splits(labels, {"brightness": values}, 1, groups=patients)
    assert max(drift.size for drift in check.drifts) == 1
    assert check.clear_drifts() == ()
    assert len(check_splits(labels, {"brightness": values}, 1).clear_drifts()) == 1


def test_that_patients_differ_is_no_drift():
    """Each patient's images are of one brightness and mostly one class; patients were dealt out to the splits by chance."""
    drifts = alone = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        groups = {
            "train": np.repeat(np.arange(14), 50),
            "val": np.repeat(np.arange(3), 50),
            "test": np.repeat(np.arange(3), 50),
        }
        values = {s: rng.normal(size=20)[of] + 0.1 * rng.normal(size=len(of)) for s, of in groups.items()}
        labels = {s: rng.integers(0, 3, 20)[of] for s, of in groups.items()}
        known = check_splits(labels, {"brightness": values}, 3, groups=groups)
        unknown = check_splits(labels, {"brightness": values}, 3)
        drifts += len(known.clear_drifts())
        alone += len(unknown.clear_drifts())
        assert sorted(d.size for d in known.drifts) == pytest.approx(sorted(d.size for d in unknown.drifts))
    assert drifts == 0
    assert alone > 40  # of 80 tests


def test_half_widths_are_half_of_wilsons_interval():
    expected = stats.binomtest(90, 100).proportion_ci(method="wilson")
    assert recall_half_widths(np.array([100]))[0] == pytest.approx((expected.high - expected.low) / 2)
    assert recall_half_widths(np.array([0, 1])) == pytest.approx([1, 0.415], abs=1e-3)


def test_images_of_few_patients_test_a_class_no_better_than_the_patients():
    labels = {"train": np.zeros(9, int), "val": np.zeros(0, int), "test": np.repeat([0, 1, 2], [200, 200, 1])}
    groups = {
        "train": np.arange(9),
        "val": np.zeros(0, int),
        "test": np.r_[np.arange(200) % 2, np.full(200, 2), 3],
    }
    alone, known = check_splits(labels, {}, 4), check_splits(labels, {}, 4, groups=groups)
    assert alone.tested.tolist() == [200, 200, 1, 0]
    assert known.tested.tolist() == [2, 1, 1, 0]
    assert known.half_widths.tolist() == [recall_half_widths(np.array([2]))[0], 1, 1, 1]


def test_an_empty_split_is_counted_and_not_tested():
    rng = np.random.default_rng(2)
    values = three(rng, (50, 0, 50))
    labels = {split: rng.integers(0, 2, len(of)) for split, of in values.items()}
    check = check_splits(labels, {"brightness": values}, 2)
    assert {drift.split for drift in check.drifts} == {"test"}
    assert check.counts["val"].tolist() == [0, 0]
    labels["train"], values["train"] = labels["val"], values["val"]
    untrained = check_splits(labels, {"brightness": values}, 2)
    assert untrained.drifts == ()
    assert np.isnan(untrained.imbalance)


def test_imbalance_is_the_largest_over_the_smallest():
    for smallest in (1, 5):
        labels = {
            "train": np.repeat([0, 1], [50, smallest]),
            "val": np.zeros(0, int),
            "test": np.zeros(0, int),
        }
        assert check_splits(labels, {}, 3).imbalance == 50 / smallest
