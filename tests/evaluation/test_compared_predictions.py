"""Two sets of predictions for the same images."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from giemsa.errors import PredictionError
from giemsa.evaluation.compared_predictions import compare_predictions
from giemsa.evaluation.intervals import Score
from giemsa.evaluation.paired import newcombe
from giemsa.evaluation.predictions import Predictions
from giemsa.evaluation.resampling import draw_weights, prepare
from giemsa.evaluation.shares import doubt_of


def noisy(labels, sharpness, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), 3))
    logits[np.arange(len(labels)), labels] += sharpness
    table = np.exp(logits)
    return Predictions(labels, table / table.sum(axis=1, keepdims=True), ("a", "b", "c"))


LABELS = np.random.default_rng(9).integers(0, 3, 400)


def test_a_better_one_is_told():
    found = compare_predictions(
        noisy(LABELS, 1, 0),
        noisy(LABELS, 4, 1),
        generator=np.random.default_rng(0),
        names=("old", "new"),
        resamples=300,
    )
    first, second, difference = found.scores["accuracy"]
    assert difference.value == pytest.approx(second - first)
    assert 0 < difference.low < difference.value < difference.high
    gap, low, high = (100 * value for value in (difference.value, difference.low, difference.high))
    limits = f"95 % interval of the difference {low:+.2f} to {high:+.2f}; McNemar p = {found.p_value:.2g}"
    assert found.sentence == f"On 400 images new is more accurate than old by {gap:.2f} points ({limits})."
    assert found.p_value < 1e-6
    assert found.n == 400
    assert (
        len(found.only_first) + len(found.only_second) + len(found.both_right) + len(found.both_wrong) == 400
    )


def test_a_worse_one_is_told():
    found = compare_predictions(
        noisy(LABELS, 4, 1), noisy(LABELS, 1, 0), generator=np.random.default_rng(0), resamples=50
    )
    assert found.told_apart
    gap = 100 * (found.scores["accuracy"][0] - found.scores["accuracy"][1])
    assert f"first is more accurate than second by {gap:.2f} points" in found.sentence


def test_the_same_one_is_not_told_apart():
    same = noisy(LABELS, 2, 0)
    found = compare_predictions(same, same, generator=np.random.default_rng(0), resamples=50)
    assert found.scores["log_loss"][2].value == 0
    assert 0 < found.scores["log_loss"][2].high < 0.02
    assert found.p_value == 1
    assert "cannot be told apart" in found.sentence


def test_next_to_nothing_has_no_sign_of_its_own():
    same = noisy(LABELS, 2, 0)
    found = compare_predictions(same, same, generator=np.random.default_rng(0), resamples=50)
    barely = Score(-1e-5, -4e-5, 4e-5, 400)
    scores = {name: (one, other, barely) for name, (one, other, _) in found.scores.items()}
    told = str(dataclasses.replace(found, scores=scores))
    assert "difference +0.00 to +0.00" in told
    assert "+0.0000 (+0.0000 to +0.0000)" in told
    assert "-0.0" not in told


def test_paired_interval_of_accuracy_is_that_of_the_mean_difference():
    first, second = noisy(LABELS, 1.5, 0), noisy(LABELS, 1.8, 1)
    found = compare_predictions(first, second, generator=np.random.default_rng(0), resamples=2000)
    gaps = second.correct.astype(float) - first.correct
    half = 1.96 * gaps.std() / 20
    score = found.scores["accuracy"][2]
    assert (score.high - score.low) / 2 == pytest.approx(half, rel=0.08)


def test_balanced_accuracy_has_the_interval_of_accuracy_where_classes_are_alike():
    labels = np.arange(90) % 3
    first, second = (
        Predictions(labels, np.eye(3)[np.where(hits, labels, (labels + 1) % 3)], ("a", "b", "c"))
        for hits in (np.arange(90) >= 12, np.arange(90) >= 6)
    )
    found = compare_predictions(first, second, generator=np.random.default_rng(0), resamples=50)
    one, other = (found.scores[name][2] for name in ("accuracy", "balanced_accuracy"))
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))
    labels = np.sort(labels)
    rare = [
        Predictions(np.where(labels == 2, 1, labels), one.probabilities, one.class_names)
        for one in (first, second)
    ]
    found = compare_predictions(*rare, generator=np.random.default_rng(0), resamples=50)
    gap = found.scores["balanced_accuracy"][2]
    expected = newcombe(rare[0].correct, rare[1].correct, labels=rare[0].labels)
    assert (gap.low, gap.high) == pytest.approx(expected)


def test_other_images_are_refused():
    with pytest.raises(PredictionError, match="not about the same images"):
        compare_predictions(
            noisy(LABELS, 1, 0), noisy(LABELS[::-1], 1, 0), generator=np.random.default_rng(0)
        )


def judged(right, groups=None):
    """Return predictions of one class that are right where said."""
    table = np.where(np.asarray(right)[:, None], [[0.9, 0.1]], [[0.2, 0.8]])
    return Predictions(np.zeros(len(table), dtype=int), table, ("a", "b"), groups)


def test_four_images_all_one_way_are_no_difference():
    first, second = np.arange(400) >= 10, np.arange(400) >= 6
    found = compare_predictions(
        judged(first), judged(second), generator=np.random.default_rng(0), resamples=200
    )
    assert found.p_value == 0.125
    assert not found.told_apart
    assert "first and second cannot be told apart" in found.sentence
    gap = found.scores["accuracy"][2]
    assert gap.low < 0 < gap.high
    lines = str(found).splitlines()
    assert lines[2].split() == ["first", "second", "difference", "(95", "%", "interval)"]
    assert lines[3] == f"accuracy            0.9750  0.9850  +0.0100 ({gap.low:+.4f} to {gap.high:+.4f})"
    assert lines[-2:] == ["right alone: first   0 images", "right alone: second  4 images"]


def test_one_patient_is_one_opinion():
    # twelve images of one patient in ten: plain to an image-wise test
    first, second = np.arange(200) >= 20, np.arange(200) >= 8
    groups = np.arange(200) // 20
    alone, grouped, single = (
        compare_predictions(
            judged(first, one), judged(second, one), generator=np.random.default_rng(0), resamples=200
        )
        for one in (None, groups, np.zeros(200, dtype=int))
    )
    assert alone.told_apart
    assert alone.p_value < 0.001
    assert grouped.p_value == 1
    assert not grouped.told_apart
    assert not single.told_apart
    narrow, wide = (one.scores["log_loss"][2] for one in (alone, grouped))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert np.isnan(single.scores["accuracy"][2].low)
    assert np.isnan(single.scores["log_loss"][2].low)
    assert "no interval, since all images are of one group" in single.sentence
    assert single.to_json()["scores"]["accuracy"]["difference"]["low"] is None


def test_the_columns_stand_below_short_names_and_one_image_is_one():
    first, second = np.arange(40) >= 1, np.arange(40) >= 0
    found = compare_predictions(
        judged(first), judged(second), generator=np.random.default_rng(0), names=("a", "b"), resamples=20
    )
    lines = str(found).splitlines()
    assert [lines[2].index(name) for name in ("     a  ", "     b  ")] == [20, 28]
    assert lines[3].startswith("accuracy            0.9750  1.0000  +0.0250 (")
    assert lines[4].startswith("balanced accuracy   ")
    assert lines[-1] == "right alone: b       1 image"


def test_what_is_undefined_is_printed_so():
    single = judged(np.arange(20) >= 4, np.zeros(20, dtype=int))
    better = judged(np.arange(20) >= 2, np.zeros(20, dtype=int))
    told = str(compare_predictions(single, better, generator=np.random.default_rng(0), resamples=20))
    lines = {line.split()[0]: line.split()[1:] for line in told.splitlines() if line}
    assert lines["accuracy"] == ["0.8000", "0.9000", "+0.1000"]
    assert lines["auc"] == ["undefined"]  # of one class
    assert "nan" not in told


def test_that_two_agree_on_few_patients_is_no_proof_that_they_do_on_others():
    same = judged(np.arange(200) >= 20, np.arange(200) // 20)
    found = compare_predictions(same, same, generator=np.random.default_rng(0), resamples=50)
    parts = dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1"), 0.5) | {"log_loss": 4.5}
    for name, part in parts.items():  # half a mistake, through one patient of ten
        gap, half = found.scores[name][2], 1.96 * (part / (200 * 10)) ** 0.5
        assert (gap.low, gap.high) == pytest.approx((-half, half), rel=1e-3), name
    assert not found.told_apart


def test_of_few_patients_the_difference_has_students_interval():
    right, also = np.arange(200) % 20 >= 6, np.arange(200) % 20 >= 6 - np.arange(200) // 20 % 5
    patients = np.arange(200) // 20
    found = compare_predictions(
        judged(right, patients), judged(also, patients), generator=np.random.default_rng(0), resamples=4000
    )
    gaps = np.arange(10) % 5 / 20
    variance = gaps.var(ddof=1) / 10 * (stats.t.ppf(0.975, 9) / 1.96) ** 2
    score = found.scores["accuracy"][2]
    assert score.value == pytest.approx(0.1)
    reach = score.high - score.value
    grown = variance * (1 + reach / (0.3 + 0.2)) + 0.5 / 2000  # accuracies of 0.7 and 0.8
    assert reach == pytest.approx(1.96 * grown**0.5, rel=0.04)
    assert score.value - score.low == pytest.approx(score.high - score.value)


def ranked(labels, patients, separations, rng):
    """Return two classifiers' predictions, whose AUC is that of two normal distributions so far apart."""
    n, strange = len(labels), rng.normal(0, 0.6**0.5, patients.max() + 1)[patients]
    for separation in separations:
        ranks = separation * labels + strange + rng.normal(0, 0.4**0.5, n)
        likely = 1 / (1 + np.exp(separation / 2 - ranks))
        yield Predictions(labels, np.stack([1 - likely, likely], axis=1), ("a", "b"), patients)


def test_the_difference_of_two_auc_is_covered_where_each_patient_has_one_class():
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(10), 20)
    labels = (patients < 4).astype(np.int64)
    separations = np.array([1.6, 2.8])
    truth = np.diff(stats.norm.cdf(separations / 2**0.5))[0]
    gaps = [
        compare_predictions(*ranked(labels, patients, separations, rng), generator=rng, resamples=100)
        for _ in range(120)
    ]
    limits = [(found.scores["auc"][2].low, found.scores["auc"][2].high) for found in gaps]
    covered = np.mean([low <= truth <= high for low, high in limits])
    assert covered > 0.91  # 0.85 if the error did not grow with the losses


def test_where_a_class_is_of_one_patient_the_difference_of_two_auc_has_no_interval():
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(10), 20)
    labels = (patients == 3).astype(np.int64)
    found = compare_predictions(*ranked(labels, patients, (1.2, 2.4), rng), generator=rng, resamples=100)
    assert found.scores["auc"][2].value > 0
    assert np.isnan(found.scores["auc"][2].low)
    assert not np.isnan(found.scores["log_loss"][2].low)


def test_that_two_agree_on_few_images_is_no_proof_that_they_do_on_others():
    labels = np.arange(60) % 2
    perfect = Predictions(labels, np.where(labels[:, None] == np.arange(2), 0.9, 0.1), ("a", "b"))
    found = compare_predictions(perfect, perfect, generator=np.random.default_rng(0), resamples=50)
    for name, part in {"auc": 0.02, "macro_f1": 0.5}.items():
        gap, half = found.scores[name][2], 1.96 * part**0.5 / 60
        assert (gap.low, gap.high) == pytest.approx((-half, half), rel=1e-3), name


def test_the_error_of_a_difference_of_auc_grows_with_what_both_lose():
    rng = np.random.default_rng(0)
    labels = (np.arange(30) < 10).astype(np.int64)
    both = [dataclasses.replace(one, groups=None) for one in ranked(labels, np.arange(30), (1.6, 2.8), rng)]
    first, second, score = compare_predictions(
        *both, generator=np.random.default_rng(1), resamples=500
    ).scores["auc"]
    prepared = [prepare(one) for one in both]
    draws = [
        prepared[1].whole(weights)["auc"] - prepared[0].whole(weights)["auc"]
        for weights in draw_weights(30, resamples=500, generator=np.random.default_rng(1))
    ]
    variance = doubt_of(np.arange(30)) * np.concatenate(draws).var()
    reach = score.high - score.value
    grown = variance * (1 + reach / (2 - first - second)) + 0.02 / 30**2
    assert reach == pytest.approx(1.96 * grown**0.5, rel=1e-3)
    assert score.value - score.low == pytest.approx(score.high - score.value)


def test_of_two_patients_a_difference_may_be_anything_that_there_is():
    patients = np.arange(40) // 20
    found = compare_predictions(
        judged(np.arange(40) >= 15, patients),
        judged(np.arange(40) >= 5, patients),
        generator=np.random.default_rng(0),
        resamples=50,
    )
    gap, loss = found.scores["accuracy"][2], found.scores["log_loss"][2]
    assert (gap.low, gap.high) == (-1, 1)
    assert loss.low < -1
