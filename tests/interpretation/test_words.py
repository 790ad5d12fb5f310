"""The sentences say no more than what was seen."""

import dataclasses

import numpy as np
import pytest
from torch import nn

from giemsa.interpretation.activation_maximisation import DEFAULTS, Maximisation
from giemsa.interpretation.interpretation import Interpretation
from giemsa.interpretation.interval import Mean
from giemsa.interpretation.looks import AttributionLook, MadeLook
from giemsa.interpretation.subject import Amounts, Subject
from giemsa.interpretation.symmetry_response import MOVES, SymmetryResponse
from giemsa.interpretation.transfer import MadeImages
from giemsa.interpretation.trust import MethodTrust
from giemsa.interpretation.words import sentences_of
from giemsa.training.classifier import Classes, Classifier, Preprocessing


@pytest.fixture
def found(discs) -> Interpretation:
    preprocessing = Preprocessing((20, 20, 3), (0.5,) * 3, (0.2,) * 3)
    network = Classifier(nn.Flatten(), preprocessing, Classes(discs.class_names))
    nothing = {"layers": (), "filters": (), "maps": None, "made": None, "attribution": None, "space": None}
    return Interpretation(Subject(network, None, discs, Amounts(), 0), **nothing, symmetry=None)


def test_an_interpretation_of_which_nothing_is_to_be_said_shows_itself(found):
    assert sentences_of(found) == ()
    assert repr(found) == "<Interpretation of discs, 0 layers: Nothing is to be said of it.>"
    assert str(found) == "Nothing is to be said of it."
    assert "<li>Nothing is to be said of it.</li>" in found._repr_html_()
    noted = dataclasses.replace(found, notes=("Filters: left out, since <none>.",))
    assert repr(noted).endswith("0 layers: Filters: left out, since <none>.>")
    assert "since &lt;none&gt;.</li></ul>" in noted._repr_html_()


@pytest.mark.parametrize(("n", "words"), [(1, "need 8 images, and there is 1."), (7, "and there are 7.")])
def test_of_few_images_it_is_not_said_what_can_be_believed(found, n, words):
    good = Mean(0.4, 0.3, 0.45, n)
    look = AttributionLook(
        np.array([0]), np.array([0]), {}, (MethodTrust("occlusion", good, good, None, good),), {}, ()
    )
    said = sentences_of(dataclasses.replace(found, attribution=look))
    assert len(said) == 1
    assert said[0].endswith(words)
    assert "trust" not in said[0]


def test_where_no_move_changes_an_answer_none_is_said_to_change_the_most(found):
    degrees = np.array([0.0, 90.0])
    ones, none = np.ones((4, 2)), np.zeros(len(MOVES))
    still = SymmetryResponse(np.zeros(4), ones[:, 0], degrees, ones, tuple(MOVES), ones, none, np.zeros(2))
    said = sentences_of(dataclasses.replace(found, symmetry=still))
    assert said == ("Turning the image changes no answer of 4 images; of the other moves, none does.",)


@pytest.mark.parametrize(
    ("weak", "words"), [(2, "made for disc 0 and disc 1 do"), (9, "for 9 of 10 classes do")]
)
def test_of_many_classes_that_do_not_convince_the_number_is_said(found, weak, words):
    names = tuple(f"disc {number}" for number in range(10))
    data = dataclasses.replace(
        found.subject.data, card=dataclasses.replace(found.subject.data.card, class_names=names)
    )
    sure = np.where(np.arange(10) < weak, 0.1, 0.9)
    judged = MadeImages(sure, sure, None, sure, sure, np.zeros(10, dtype=int))
    look = MadeLook(
        Maximisation(np.ones((10, 2, 2, 3)), sure, sure[None], DEFAULTS), judged, np.zeros(10, dtype=int), 9
    )
    subject = dataclasses.replace(found.subject, data=data)
    assert words in sentences_of(dataclasses.replace(found, subject=subject, made=look))[0]


@pytest.mark.parametrize("explained", [[1], [0, 1]])
def test_where_all_images_are_called_the_same_it_is_said(found, explained):
    good = Mean(0.4, 0.3, 0.45, 20)
    sure = Mean(0.9, 0.8, 0.95, 20)
    trust = (MethodTrust("occlusion", good, good, None, sure),)
    look = AttributionLook(np.zeros(len(explained), int), np.array(explained), {}, trust, {}, ())
    said = " ".join(sentences_of(dataclasses.replace(found, attribution=look)))
    assert said.startswith("Of 1 way to map what it looks at, 1 earns trust")
    assert ("All images in these checks are called green disc by the network" in said) == (explained == [1])


def judged(pointing: dict[str, float], *, gain: float = 0.4) -> AttributionLook:
    """Methods that pass all checks but for the share of their mark on the right one of four images."""
    good, sure, gained = (Mean(x, x - 0.05, x + 0.05, 20) for x in (0.3, 0.9, gain))
    trust = tuple(
        MethodTrust(name, good, gained, Mean(share, share - 0.02, share + 0.02, 24), sure)
        for name, share in pointing.items()
    )
    return AttributionLook(np.zeros(2, int), np.arange(2), {}, trust, {}, ())


def test_every_method_is_named_with_its_verdict_and_why(found):
    look = judged({"grad_cam": 0.9, "integrated_gradients": 0.4, "gradient": 0.2})
    said = sentences_of(dataclasses.replace(found, attribution=look))
    assert said[0] == (
        "Of 3 ways to map what it looks at, 1 earns trust on this network: Grad-CAM. To be read with care: Integrated "
        "gradients. Not to be believed: Gradient times image."
    )
    assert said[1:4] == tuple(x.sentence for x in look.trust)
    for sentence, words in zip(
        said[1:4], ("most of its mark", "lies on the others", "does not point"), strict=True
    ):
        assert words in sentence
    none = sentences_of(dataclasses.replace(found, attribution=judged({"gradient": 0.2})))[0]
    assert none.endswith("do not rely on one. Not to be believed: Gradient times image.")


@pytest.mark.parametrize(("spot", "told"), [(0.34, False), (0.36, True), (0.6, True)])
def test_where_a_spot_gains_as_much_it_is_said_that_the_check_tells_little(found, spot, told):
    look = dataclasses.replace(judged({"grad_cam": 0.9}), centre_gain=Mean(spot, spot - 0.1, spot + 0.1, 20))
    said = " ".join(sentences_of(dataclasses.replace(found, attribution=look)))
    assert ("Covering and uncovering tells little here: a mere spot" in said) is told
    assert (f"gains {spot:.2f} over a random order, the best method, Grad-CAM, 0.40." in said) is told
    unknown = " ".join(sentences_of(dataclasses.replace(found, attribution=judged({"grad_cam": 0.9}))))
    assert "spot" not in unknown


def test_the_limits_of_a_share_can_be_told_apart(found):
    look = judged({"grad_cam": 0.995})
    (row,) = look.trust
    row = dataclasses.replace(row, pointing=Mean(0.996, 0.9934, 0.9991, 24))
    said = sentences_of(dataclasses.replace(found, attribution=dataclasses.replace(look, trust=(row,))))
    assert said[-1].endswith("right one (95 % interval 99.3 % to 99.9 %; chance 25 %).")


@pytest.mark.parametrize(("mosaics", "told"), [(1, False), (7, False), (8, True)])
def test_of_few_mosaics_no_share_is_told(found, mosaics, told):
    look = judged({"grad_cam": 0.9})
    (row,) = look.trust
    row = dataclasses.replace(row, pointing=Mean(0.9, 0.9, 0.9, mosaics))
    said = " ".join(
        sentences_of(dataclasses.replace(found, attribution=dataclasses.replace(look, trust=(row,))))
    )
    assert ("Shown four images at once, Grad-CAM puts" in said) is told
    assert "was not played" not in said
