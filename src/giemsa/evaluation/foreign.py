"""Tests of the novelty score on a run's own features: foreign images at hand and made ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from giemsa.evaluation.measures import looks
from giemsa.evaluation.novelty import (
    ACCEPTED,
    Measures,
    NoveltyTest,
    choose_threshold,
    fit_to_shape,
    learn_novelty,
    made_images,
    separation,
)
from giemsa.evaluation.robustness import stratified_sample

Extract = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class NoveltyReport:
    """The novelty score on the test split and on foreign images.

    Parameters
    ----------
    threshold : scores above it count as unlike the training data.
    passed : share of the test images below it.
    test_scores : ``(n,)``.
    foreign_scores : ``(m,)`` by name.
    tests : one a kind of foreign images.
    """

    threshold: float
    passed: float
    test_scores: np.ndarray
    foreign_scores: Mapping[str, np.ndarray]
    tests: tuple[NoveltyTest, ...]

    def to_json(self) -> dict[str, object]:
        """Return the summary as a plain dict."""
        return {
            "score": "Mahalanobis distance to the nearest class, the worse of two: in the features that the last dense "
            "layer takes in (unit length), and in looks (colour, spread, detail)",
            "threshold": self.threshold,
            "accepted_on_val": ACCEPTED,
            "passed_on_test": self.passed,
            "n_test": len(self.test_scores),
            "tests": [test.to_json() for test in self.tests],
        }


@dataclass(frozen=True, eq=False)
class Network:
    """The two ways in which a classifier is asked here: images ``(n, h, w, c)`` to features, and to probabilities."""

    features: Extract
    probabilities: Extract

    def measure(self, images: np.ndarray) -> Measures:
        """Return features and looks of ``images``."""
        return self.features(images), looks(images)


def measure_novelty(
    network: Network,
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    generator: np.random.Generator,
    groups: np.ndarray | None = None,
    foreign: Mapping[str, np.ndarray] | None = None,
    sample: int | None = 400,
) -> NoveltyReport:
    """Learn what is familiar from train, choose the threshold on val, and test it.

    Parameters
    ----------
    network : gives features and probabilities.
    splits : images and labels of ``train``, ``val`` and ``test``.
    generator : chooses samples and makes images.
    groups : ``(n,)`` whole numbers, the patient or slide of each image of test; none are known if not given.
    foreign : images of other sets by name, ``uint8 (n, h, w[, c])`` of any size; brought to the shape of test.
    sample : so many foreign images of each kind, and few times as many of the splits; ``None`` for all there are.
    """

    def some(split: str, times: int) -> np.ndarray:
        return stratified_sample(splits[split][1], sample and times * sample, generator)

    train = some("train", 5)
    val = network.measure(splits["val"][0][some("val", 3)])
    learnt_from = network.measure(splits["train"][0][train])
    novelty = learn_novelty(learnt_from, splits["train"][1][train], val)
    threshold = choose_threshold(novelty.scores(*val))
    test = some("test", 3)
    test_scores = novelty.scores(*network.measure(splits["test"][0][test]))
    source = some("test", 1)
    kinds = _foreign_kinds(splits["test"][0][source], foreign or {}, sample, generator)
    scores, tests = {}, []
    for name, (images, made) in kinds.items():
        patients = None if groups is None else _patients(groups, test, source, None if made else len(images))
        scores[name] = novelty.scores(*network.measure(images))
        tests.append(
            NoveltyTest(
                name=name,
                made=made,
                auroc=separation(test_scores, scores[name], generator=generator, groups=patients),
                caught=float((scores[name] > threshold).mean()),
                mean_confidence=float(network.probabilities(images).max(axis=1).mean()),
            )
        )
    passed = float((test_scores <= threshold).mean())
    return NoveltyReport(threshold, passed, test_scores, scores, tuple(tests))


def _patients(groups: np.ndarray, test: np.ndarray, source: np.ndarray, strangers: int | None) -> np.ndarray:
    """Return the patients of the images at ``test``, and of images made from those at ``source`` or of so many ``strangers``."""
    others = groups[source] if strangers is None else int(groups.max()) + 1 + np.arange(strangers)
    return np.concatenate([groups[test], others])


def _foreign_kinds(
    test: np.ndarray, foreign: Mapping[str, np.ndarray], sample: int | None, generator: np.random.Generator
) -> dict[str, tuple[np.ndarray, bool]]:
    """Return images of each kind and whether they were made."""
    kinds = {name: (images, True) for name, images in made_images(test, generator=generator).items()}
    for name, images in foreign.items():
        few = images[np.sort(generator.permutation(len(images))[: sample or len(images)])]
        kinds[name] = fit_to_shape(few, test.shape[1:]), False
    return kinds
