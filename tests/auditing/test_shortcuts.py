import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from giemsa.auditing.shortcuts import (
    check_shortcuts,
    cross_validated_recalls,
    expand,
    find_tells,
    shuffle,
    strongest_tells,
)
from giemsa.evaluation.intervals import wilson


def made(n: int = 400, seed: int = 0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=n) for name in ("first", "second", "third")}, rng.integers(0, 4, n)


def test_a_planted_tell_is_claimed_and_named():
    features, labels = made()
    features["second"] = features["second"] + 1.5 * (labels == 2)
    check = check_shortcuts(features, labels, 4)
    assert check.claimed
    assert check.chance == 0.25
    assert check.low < check.balanced_accuracy < check.high
    assert (check.tells[0].feature, check.tells[0].label) == ("second", 2)
    assert check.tells[0].auc == pytest.approx(roc_auc_score(labels == 2, features["second"]))
    assert check.tells[0].shift > 0


def test_a_class_in_the_middle_of_the_others_is_told_by_the_square():
    features, labels = made(600)
    features["first"] = np.where(labels == 1, 0.2, 2.0) * features["first"]
    assert check_shortcuts(features, labels, 4).claimed


def test_shuffled_labels_are_claimed_at_most_once_in_twenty():
    features, labels = made()
    features["second"] = features["second"] + labels
    rng = np.random.default_rng(7)
    claims = [check_shortcuts(features, rng.permutation(labels), 4, seed=seed).claimed for seed in range(20)]
    assert sum(claims) <= 1


def test_a_patient_who_has_one_label_is_no_shortcut():
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(20), 20)
    labels = rng.integers(0, 2, 20)[patients]
    features = {"stain": rng.normal(size=20)[patients] + 0.05 * rng.normal(size=400)}
    assert check_shortcuts(features, labels, 2).low > 0.53
    assert not check_shortcuts(features, labels, 2, groups=patients).claimed


def test_one_pair_of_two_labels_does_not_turn_patients_into_images():
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(20), 20)
    labels = rng.integers(0, 2, 20)[patients]
    features = {"stain": rng.normal(size=20)[patients] + 0.05 * rng.normal(size=400)}
    labels[3] = 1 - labels[3]  # one of the first patient's images contradicts the others
    assert not check_shortcuts(features, labels, 2, groups=patients).claimed


def test_pure_units_change_labels_as_wholes_and_mixed_ones_image_by_image():
    units = np.repeat(np.arange(30), 4)
    labels = (units % 3).copy()
    labels[:8] = [0, 1, 2, 0, 1, 1, 2, 2]  # units 0 and 1 are mixed
    rng = np.random.default_rng(0)
    changed = np.zeros(120, dtype=bool)
    for _ in range(50):
        shuffled = shuffle(labels, units, rng)
        assert sorted(shuffled[:8]) == sorted(labels[:8])
        assert (shuffled[8:].reshape(-1, 4) == shuffled[8::4, None]).all()
        assert sorted(shuffled) == sorted(labels)
        changed |= shuffled != labels
    assert changed.all()


def test_single_images_are_shuffled_as_ever():
    labels = np.random.default_rng(1).integers(0, 5, 80)
    plain = np.random.default_rng(2).permutation(labels)
    np.testing.assert_array_equal(shuffle(labels, np.arange(80), np.random.default_rng(2)), plain)


def test_few_images_or_few_patients_are_no_certainty():
    labels = np.arange(60) % 3
    features = {"tint": labels + np.random.default_rng(0).normal(scale=0.01, size=60)}
    alone = check_shortcuts(features, labels, 3)
    patients = check_shortcuts(features, labels, 3, groups=labels + 3 * (np.arange(60) // 12))
    assert alone.balanced_accuracy == patients.balanced_accuracy == alone.high == 1
    assert (alone.low, patients.low) == (wilson(1.0, 60)[0], wilson(1.0, 15)[0])


def test_of_many_images_the_interval_is_that_of_independent_recalls():
    features, labels = made(4000)
    features["second"] = features["second"] + 1.5 * (labels == 2)
    check = check_shortcuts(features, labels, 4)
    sizes = np.bincount(labels)
    half = 1.96 * np.sqrt((check.recalls * (1 - check.recalls) / sizes).sum()) / 4
    assert check.high - check.balanced_accuracy == pytest.approx(half, rel=0.02)
    assert check.balanced_accuracy - check.low == pytest.approx(half, rel=0.02)


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        ({}, np.array([0, 1] * 10)),
        ({"a": np.arange(9.0)}, np.zeros(9, int)),
        ({"a": np.arange(6.0)}, np.arange(6) % 3),
    ],
)
def test_nothing_is_claimed_where_nothing_can_be_measured(features, labels):
    check = check_shortcuts(features, labels, 3)
    assert not check.claimed
    assert check.tells == ()


def test_constant_features_tell_nothing():
    labels = np.arange(60) % 3
    check = check_shortcuts({"grey": np.full(60, 7.0)}, labels, 3)
    assert not check.claimed
    assert check.probability == 1  # every shuffle does as well


def test_columns_are_standardised_and_far_values_drawn_in():
    table = np.stack([np.repeat([0.0, 4], 50), np.arange(100) == 3, np.full(100, 7.0)], axis=1)
    expected = np.stack(
        [np.repeat([-1, 1], 50), np.where(np.arange(100) == 3, 4, -0.1005), np.zeros(100)], axis=1
    )
    np.testing.assert_allclose(expand(table), np.concatenate([expected, expected**2], axis=1), atol=1e-4)


def test_recalls_are_those_of_the_nearest_mean_by_mahalanobis():
    rng = np.random.default_rng(0)
    labels, fold_of = rng.integers(0, 3, 200), np.arange(200) % 5
    table = 5 + (np.eye(3)[labels] + rng.normal(size=(200, 3))) @ rng.normal(size=(3, 3))
    guess = np.empty(200)
    for fold in range(5):
        known, held = table[fold_of != fold], labels[fold_of != fold]
        means = [known[held == label].mean(axis=0) for label in range(3)]
        apart = cdist(table[fold_of == fold], means, "mahalanobis", VI=np.linalg.inv(np.cov(known.T)))
        guess[fold_of == fold] = apart.argmin(axis=1)
    expected = [(guess == label)[labels == label].mean() for label in range(3)]
    assert min(expected) < 0.8
    np.testing.assert_allclose(
        cross_validated_recalls(table, labels[None], fold_of, 4), [[*expected, np.nan]]
    )


def test_recalls_of_classes_that_do_not_overlap_are_one():
    labels = np.arange(60) % 3
    table = np.eye(3)[labels] + np.random.default_rng(0).normal(scale=0.01, size=(60, 3))
    recalls = cross_validated_recalls(table, labels[None], np.arange(60) // 12, 4)
    np.testing.assert_array_equal(recalls, [[1.0, 1.0, 1.0, np.nan]])


def test_many_looks_at_noise_find_nothing():
    rng = np.random.default_rng(9)
    features = {str(number): rng.normal(size=300) for number in range(40)}
    assert find_tells(features, rng.integers(0, 5, 300), 5) == ()


def test_images_of_one_patient_make_a_tell_no_surer():
    rng = np.random.default_rng(3)
    labels = np.arange(30) % 3
    features = {"tint": rng.normal(size=30) + 3 * (labels == 2), "noise": rng.normal(size=30)}
    (alone,) = find_tells(features, labels, 3)
    assert (alone.feature, alone.label) == ("tint", 2)
    many = {name: np.repeat(values, 40) for name, values in features.items()}
    labels, patients = np.repeat(labels, 40), np.repeat(np.arange(30), 40)
    assert len(find_tells(many, labels, 3)) > 1
    (tell,) = check_shortcuts(many, labels, 3, groups=patients).tells
    assert (tell.feature, tell.label) == ("tint", 2)
    measured = ("auc", "shift", "low", "high")
    assert [getattr(tell, name) for name in measured] == pytest.approx(
        [getattr(alone, name) for name in measured]
    )


def test_a_class_of_few_patients_gives_no_tell():
    labels = np.repeat([0, 1], 100)
    features = {"tint": labels + np.random.default_rng(0).normal(scale=0.1, size=200)}
    assert len(find_tells(features, labels, 2, groups=np.arange(200) // 10)) == 2
    assert find_tells(features, labels, 2, groups=np.arange(200) // 25) == ()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_tell_has_hanley_and_mcneils_interval(sign):
    # 20 of the class against 30, of which 3 lie beyond: an area of .9 with standard error .0497
    values = sign * np.repeat([1.0, 0, 2], [20, 27, 3])
    tell = next(tell for tell in find_tells({"a": values}, np.repeat([1, 0], [20, 30]), 2) if tell.label == 1)
    assert (tell.auc, tell.low, tell.high) == pytest.approx((0.9, 0.8026, 0.9974), abs=1e-4)
    assert tell.shift == pytest.approx(sign * 0.8 / values.std())


def test_a_perfect_tell_keeps_the_interval_of_the_fewer_images():
    labels = np.repeat([0, 1], [30, 50])
    first, second = find_tells({"a": labels.astype(float)}, labels, 2)
    assert (
        (first.auc, first.low, first.high) == (second.auc, second.low, second.high) == (1, *wilson(1.0, 30))
    )


def test_of_four_images_nothing_is_told_and_of_many_tells_each_class_keeps_its_strongest():
    labels = np.repeat([0, 1, 2], [4, 60, 60])
    features = {"weak": labels + np.arange(124) % 3, "strong": labels.astype(float)}
    tells = find_tells(features, labels, 3)
    assert {tell.label for tell in tells} == {1, 2}
    assert len(tells) == 4
    assert [tell.feature for tell in strongest_tells(tells)] == ["strong", "strong"]
