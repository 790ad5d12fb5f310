from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.interval import Mean


def test_what_is_asked_for_is_said_from_the_good_side():
    found = Mean(0.5, 0.2, 0.7, 9)
    numbers = "(0.50, 95 % interval 0.20 to 0.70; at most 0.50 is asked for)"
    assert CRITERIA["similarity"].words(found).endswith(numbers)
    assert CRITERIA["stability"].words(found).endswith("more than 0.50 is asked for)")


def test_good_open_and_bad_are_told_with_their_numbers():
    asked = CRITERIA["most"]
    assert asked.words(Mean(0.6, 0.55, 0.7, 9)) == f"{asked.passed} (0.60)"
    assert asked.words(Mean(0.9951, 0.99, 0.999, 9)) == f"{asked.passed} (over 0.99)"
    assert asked.words(Mean(1.0, 1.0, 1.0, 9)) == f"{asked.passed} (1.00)"
    assert asked.words(Mean(0.6, 0.45, 0.7, 9)).startswith(
        f"the images looked at leave open whether {asked.asked} (0.60, 95 % interval 0.45 to 0.70"
    )
    assert asked.words(Mean(0.3, 0.27, 0.33, 9)).startswith(
        f"{asked.failed} (0.30, 95 % interval 0.27 to 0.33"
    )


def test_limits_that_read_alike_are_told_once():
    asked = CRITERIA["similarity"]
    told = asked.words(Mean(0.998, 0.997, 0.999, 9))
    assert told == f"{asked.failed} (over 0.99, 95 % interval over 0.99; at most 0.50 is asked for)"


def test_a_mean_as_json():
    assert Mean(0.5, float("nan"), 0.7, 9).to_json() == {"value": 0.5, "low": None, "high": 0.7, "n": 9}


def test_where_passing_chance_is_not_enough_both_bounds_are_said():
    found = Mean(0.2, 0.15, 0.3, 9)
    assert CRITERIA["pointing"].words(found).endswith("; 0.25 is chance, more than 0.50 is asked for)")
    assert CRITERIA["most"].words(found).endswith("; more than 0.50 is asked for)")
    assert CRITERIA["most"].bound == 0.5
