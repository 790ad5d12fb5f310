"""What a check says back is read by people: on a terminal, in a notebook, and as true or false."""

from giemsa.teaching.feedback import Feedback, Line, is_blank, missing, remark, right


def test_only_something_missing_keeps_an_exercise_open() -> None:
    done = Feedback("count", (right("eight numbers"), remark("well chosen")))
    open_still = Feedback("count", (right("eight numbers"), missing("one is wrong")))
    assert done and done.passed and done.missing == () and done.remarks == ("well chosen",)
    assert not open_still and open_still.missing == ("one is wrong",)


def test_it_shows_every_line_in_order_and_escapes_what_a_learner_named() -> None:
    feedback = Feedback("count", (right("a"), missing("no class is called <b>")))
    assert repr(feedback).splitlines() == ["count: not yet", "  ✓ a", "  ✗ no class is called <b>"]
    shown = feedback._repr_html_()
    assert "no class is called &lt;b&gt;" in shown and shown.index("✓ a") < shown.index("✗ no class")


def test_gather_keeps_the_order() -> None:
    lines = (right("a"), remark("b"))
    assert Feedback.gather("x", iter(lines)).lines == (Line("right", "a"), Line("remark", "b"))


def test_blank_is_three_dots_or_none() -> None:
    assert is_blank(...) and is_blank(None)
    assert not is_blank(0) and not is_blank([])
