import numpy as np

from giemsa.auditing.findings import Finding, worst_first

WORDS = ("title", 1, "evidence", "why", "advice")


def test_a_finding_names_at_most_twelve_of_its_images():
    assert Finding("a", "note", *WORDS).to_json(str)["examples"] == []
    many = Finding("a", "note", *WORDS, images=np.arange(20)[::-1])
    assert many.to_json(str)["examples"] == [str(place) for place in range(19, 7, -1)]


def test_the_worst_come_first_and_the_others_as_they_came():
    severities = ("note", "warning", "severe", "note", "severe")
    findings = [Finding(str(place), severity, *WORDS) for place, severity in enumerate(severities)]
    assert [finding.kind for finding in worst_first(findings)] == ["2", "4", "1", "0", "3"]
