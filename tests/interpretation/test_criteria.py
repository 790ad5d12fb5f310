from giemsa.interpretation.criteria import CRITERIA
from giemsa.interpretation.interval import Mean


def test_what_is_asked_for_is_said_from_the_good_side():
    found = Mean(0.5, 0.2, 0.7, 9)
    assert (
        CRITERIA["similarity"]
        .left_open(found)
        .endswith("(0.50, 95 % interval 0.20 to 0.70; at most 0.50 is asked for)")
    )
    assert CRITERIA["stability"].left_open(found).endswith("more than 0.50 is asked for)")


def test_a_mean_as_json():
    assert Mean(0.5, float("nan"), 0.7, 9).to_json() == {"value": 0.5, "low": None, "high": 0.7, "n": 9}
