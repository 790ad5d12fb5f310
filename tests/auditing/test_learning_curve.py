import numpy as np
import pytest
from scipy.optimize import minimize

from giemsa.auditing.learning_curve import extrapolate, fit_power_laws

SIZES = np.array([500, 1000, 2000, 4000, 8000])


def test_a_power_law_without_noise_is_recovered():
    errors = 0.05 + 3 * SIZES**-0.6
    floor, scale, exponent = fit_power_laws(SIZES, errors[None], 10_000)[0]
    assert (floor, scale, exponent) == pytest.approx((0.05, 3, 0.6), rel=0.02)
    curve = extrapolate(SIZES, errors, held_out=10_000, now=8000)
    assert curve.expected == pytest.approx(0.05 + 3 * 16_000**-0.6, rel=0.01)
    assert curve.gain > 0


def test_the_interval_holds_the_truth_nearly_always():
    truth = 0.03 + 2 * 16_000**-0.5
    rng = np.random.default_rng(0)
    inside, widths = 0, []
    for seed in range(30):
        errors = rng.binomial(1500, 0.03 + 2 * SIZES**-0.5) / 1500
        curve = extrapolate(SIZES, errors, held_out=1500, now=8000, seed=seed, resamples=60)
        inside += curve.low <= truth <= curve.high
        widths.append(curve.high - curve.low)
    assert inside >= 25
    # one point alone has an interval of 2 points of accuracy
    assert np.median(widths) < 0.03


def test_the_gain_is_that_of_twice_the_images_though_the_curve_ends_before_those_at_hand():
    errors = 0.05 + 3 * SIZES**-0.6
    curve = extrapolate(SIZES, errors, held_out=100_000, now=10_000)
    assert curve.target == 20_000
    assert curve.gain == pytest.approx(3 * (10_000**-0.6 - 20_000**-0.6), rel=0.02)
    assert curve.gain_low < curve.gain < curve.gain_high < 1.5 * curve.gain


def test_errors_that_do_not_fall_promise_nothing():
    curve = extrapolate(SIZES, np.full(5, 0.2), held_out=500, now=8000)
    assert abs(curve.gain) < 0.01
    assert curve.gain_high < 0.05


@pytest.mark.parametrize(
    "errors",
    [
        0.1 + 4 * SIZES**-0.55 + np.array([0.01, -0.01, 0.004, -0.003, 0.002]),
        np.array([0.1, 0.12, 0.15, 0.2, 0.22]),  # rises: a floor alone
        20 * SIZES**-0.8 - 0.012,  # would have a negative floor
        np.array([0.6, 0.25, 0.14, 0.05, 0.045]),  # of unlike weights
    ],
)
def test_the_fit_is_no_worse_than_a_search_over_all_laws(errors):
    weights = np.sqrt(900 / (errors * (1 - errors)))

    def misfit(law):
        return np.sum((weights * (law[0] + law[1] * SIZES ** -law[2] - errors)) ** 2)

    best = minimize(
        lambda law: misfit(np.abs(law)), [0.1, 4, 0.55], method="Nelder-Mead", options={"maxiter": 2000}
    )
    assert misfit(fit_power_laws(SIZES, errors[None], 900)[0]) <= 1.02 * best.fun


def test_perfect_scores_stay_perfect():
    curve = extrapolate(SIZES, np.zeros(5), held_out=500, now=8000)
    assert curve.expected == curve.low == 0
    assert 0.5 / 500 < curve.high < 5 / 500  # none of 500 is not none of all
    assert curve.gain_high > 0
