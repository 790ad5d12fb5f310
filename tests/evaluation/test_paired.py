"""Paired shares: published examples, exact tests counted out, and that interval and test agree."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from giemsa.evaluation.intervals import wilson
from giemsa.evaluation.paired import difference_interval, flip_groups, mcnemar, newcombe


def pairs(both, only_first, only_second, neither):
    counts = [both, only_first, only_second, neither]
    return np.repeat([1, 1, 0, 0], counts).astype(bool), np.repeat([1, 0, 1, 0], counts).astype(bool)


@pytest.mark.parametrize(
    ("table", "limits"),
    [
        # Altman, Machin, Bryant and Gardner, Statistics with confidence, 2nd edition, 2000, table 6.2
        ((14, 5, 0, 22), (0.011, 0.226)),
        # Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850: airways before and after a transplantation
        ((1, 1, 7, 12), (-0.507, -0.026)),
    ],
)
def test_published_examples(table, limits):
    first, second = pairs(*table)
    # the books subtract the second from the first
    assert newcombe(second, first) == pytest.approx(limits, abs=6e-4)
    low, high = newcombe(first, second)
    assert (-high, -low) == pytest.approx(newcombe(second, first))


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_of_no_correlation_and_of_minus_one_it_is_known(level):
    low, high = wilson(0.75, 40, level=level)
    reach = 1 - wilson(1.0, 40, level=level)[0]
    expected = (low - 1, -0.25 + np.hypot(high - 0.75, reach))
    assert newcombe(*pairs(30, 10, 0, 0), level=level) == pytest.approx(expected)
    reach = 2 * (0.5 - wilson(0.5, 4, level=level)[0])
    assert newcombe(*pairs(0, 2, 2, 0), level=level) == pytest.approx((-reach, reach))


@pytest.mark.parametrize("table", [(400, 0, 0, 0), (0, 0, 0, 400), (390, 0, 0, 10), (1, 0, 0, 0)])
def test_of_two_alike_it_holds_nought(table):
    low, high = newcombe(*pairs(*table))
    assert -1 < low <= 0 <= high < 1
    assert low < high


def test_of_balanced_classes_it_is_the_same_whether_images_or_classes_weigh_alike():
    first, second = pairs(30, 5, 9, 4)
    classes = np.repeat(np.arange(3), 48)
    alike, also = np.tile(first, 3), np.tile(second, 3)
    assert newcombe(alike, also, labels=classes) == pytest.approx(newcombe(alike, also))
    shifted = newcombe(alike, also, labels=classes + 2)  # classes without an image do not count
    assert shifted == pytest.approx(newcombe(alike, also))
    assert newcombe(first, second, level=0.5) == pytest.approx(
        newcombe(first, second, labels=np.zeros(48, dtype=int), level=0.5)
    )


def test_where_a_class_is_right_for_both_its_images_say_little_of_it():
    """Seven classes of 200 images and one of two, of which the bootstrap sees so little that its interval held in 55 of 100."""
    labels = np.repeat(np.arange(8), [200] * 7 + [2])
    recalls = np.where(np.arange(8) < 7, 0.97, [[0.6], [0.7]])
    truth, rng, held = np.diff(recalls.mean(axis=1))[0], np.random.default_rng(0), 0
    for _ in range(400):
        seen, own = rng.standard_normal((2, len(labels)))
        first, second = (
            noise < stats.norm.ppf(recall)[labels]
            for noise, recall in zip((seen, 0.7 * seen + 0.51**0.5 * own), recalls, strict=True)
        )
        low, high = newcombe(first, second, labels=labels)
        held += low <= truth <= high
    assert held / 400 > 0.88


@pytest.mark.parametrize(
    ("counts", "recalls"),
    [([200] * 7 + [60], [0.98] * 7 + [0.32]), ([500, 60], [0.98, 0.3]), ([100, 100], [0.998, 0.1])],
)
def test_that_a_class_is_hard_for_both_is_no_doubt_that_they_share(counts, recalls):
    """Where the correlation was taken over all images, such intervals held in 68 to 86 of 100."""
    labels, rng, held = np.repeat(np.arange(len(counts)), counts), np.random.default_rng(0), 0
    for _ in range(400):
        first, second = rng.random((2, len(labels))) < np.array(recalls)[labels]
        low, high = newcombe(first, second, labels=labels)
        held += low <= 0 <= high
    assert held / 400 > 0.9


def test_it_never_contradicts_mcnemar_grossly():
    checked = contradictions = 0
    for few, more, wrong, n in itertools.product(range(12), range(30), (0, 5, 60), (200, 3000)):
        if few < more:
            low, high = newcombe(*pairs(n - few - more - wrong, few, more, wrong))
            chance = mcnemar(few, more)
            assert low < (more - few) / n < high
            contradictions += (low > 0) != (chance < 0.05)
            checked += 1
            if low > 0:
                assert chance < 0.08, (few, more, wrong, n)
            if chance < 0.01:
                assert low > 0, (few, more, wrong, n)
    assert checked > 1500
    assert contradictions < 0.05 * checked


def test_it_covers_the_difference():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        first, second = pairs(*rng.multinomial(400, [0.955, 0.005, 0.02, 0.02]))
        low, high = newcombe(first, second)
        inside += low <= 0.015 <= high
    assert inside >= 0.92 * 400


@pytest.mark.parametrize(("b", "c"), [(0, 0), (3, 3), (10, 2), (1, 0)])
def test_mcnemar_is_an_exact_binomial_test(b, c):
    lower = sum(stats.binom.pmf(i, b + c, 0.5) for i in range(min(b, c) + 1))
    assert mcnemar(b, c) == pytest.approx(min(1.0, 2 * lower))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5))
def test_of_single_images_flipping_groups_is_mcnemar(b, c, alike):
    gaps = np.repeat([-1, 1, 0], [b, c, alike])
    assert flip_groups(gaps) == pytest.approx(mcnemar(b, c))


@given(st.lists(st.integers(-6, 6), max_size=9))
def test_flipping_groups_counts_every_way(gaps):
    ways = [
        abs(sum(sign * gap for sign, gap in zip(signs, gaps, strict=True))) >= abs(sum(gaps))
        for signs in itertools.product((-1, 1), repeat=len(gaps))
    ]
    assert flip_groups(np.array(gaps, dtype=np.int64)) == pytest.approx(np.mean(ways))


def test_the_interval_of_a_difference_is_nearly_wilsons_where_one_is_perfect():
    low, high = difference_interval(-0.1, losses=0.1, variance=0.1 * 0.9 / 200, unseen=0)
    below, _ = wilson(0.9, 200)
    assert -1 - low == pytest.approx(-below, abs=0.004)
    assert high + 0.1 == pytest.approx(-0.1 - low)


def test_a_difference_that_never_varied_has_the_interval_of_what_was_not_seen():
    low, high = difference_interval(0.0, losses=0.0, variance=0.0, unseen=0.01**2)
    assert (low, high) == pytest.approx((-0.0196, 0.0196), abs=1e-5)
