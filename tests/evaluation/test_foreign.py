"""Foreign images beside those of test, with what is known of their patients."""

import numpy as np

from giemsa.evaluation import foreign
from giemsa.evaluation.foreign import Network, measure_novelty
from giemsa.evaluation.novelty import separation


def test_made_images_belong_to_the_patients_that_they_were_made_of_and_strangers_to_none(monkeypatch):
    asked = []

    def ask(known, strange, *, generator, groups):
        asked.append((len(strange), groups))
        return separation(known, strange, generator=generator, groups=groups, resamples=20)

    monkeypatch.setattr(foreign, "separation", ask)
    rng = np.random.default_rng(0)
    splits = {
        name: (rng.integers(0, 256, (30, 6, 6, 3), dtype=np.uint8), np.arange(30) % 2)
        for name in ("train", "val", "test")
    }
    network = Network(lambda images: images.mean(axis=(1, 2)), lambda images: np.full((len(images), 2), 0.5))
    patients = np.arange(30) // 5
    strangers = {"X-rays": rng.integers(0, 256, (7, 6, 6), dtype=np.uint8)}
    found = measure_novelty(network, splits, generator=rng, groups=patients, foreign=strangers, sample=None)
    made = [groups for n, groups in asked if n == 30]
    assert len(made) == 4
    for groups in made:
        np.testing.assert_array_equal(groups, np.concatenate([patients, patients]))
    ((n, groups),) = [one for one in asked if one[0] == 7]
    np.testing.assert_array_equal(groups[:30], patients)
    assert len(np.unique(groups[30:])) == n
    assert not set(groups[30:]) & set(patients)
    assert [test.made for test in found.tests] == [True] * 4 + [False]
    asked.clear()
    measure_novelty(network, splits, generator=rng, sample=None)
    assert [groups for _, groups in asked] == [None] * 4
