import json

import pytest

from giemsa.cli.app import status_of


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GIEMSA_CACHE", str(tmp_path))
    return tmp_path


def test_all_sets_are_listed(capsys):
    assert status_of(["datasets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("mnist" in line for line in lines) == 12
    (blood,) = (line for line in lines if line.startswith("bloodmnist"))
    assert all(word in blood for word in ("17,092", "8", "multi-class", "CC BY 4.0", "28"))


def test_json_says_what_is_on_disk(capsys, empty_cache):
    (empty_cache / "pathmnist_64.npz").write_bytes(b"")
    assert status_of(["datasets", "--json"]) == 0
    cards = {card["name"]: card for card in json.loads(capsys.readouterr().out)["datasets"]}
    assert len(cards) == 12
    assert cards["bloodmnist"]["on_disk"] == [28]
    assert cards["pathmnist"]["on_disk"] == [64]
    assert cards["octmnist"]["on_disk"] == []


def test_one_card(capsys):
    assert status_of(["datasets", "dermamnist"]) == 0
    assert "melanoma" in capsys.readouterr().out


def test_an_unknown_name(capsys):
    assert status_of(["datasets", "dermanist"]) == 2
    error = capsys.readouterr().err
    assert "did you mean dermamnist" in error
    assert error.count("\n") == 1
