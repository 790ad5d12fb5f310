import dataclasses

import numpy as np

from giemsa.auditing.out_of_fold import assign_folds, held_out, predict_out_of_fold, shrink
from giemsa.auditing.pool import Pool


def test_folds_keep_groups_whole_and_classes_even():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [60, 30, 9])
    groups = np.arange(99)
    groups[10:15] = 10
    fold = assign_folds(labels, groups, 3, seed=int(rng.integers(9)))
    assert len(set(fold[10:15].tolist())) == 1
    counts = np.array([np.bincount(fold[labels == label], minlength=3) for label in range(3)])
    assert (np.ptp(counts, axis=1) <= [6, 1, 1]).all()
    assert counts.min() > 0


def test_no_network_judges_what_it_saw_or_a_copy_of_it():
    groups = np.array([0, 1, 2, 3, 1, 4])  # image 4, of test, is a copy of image 1, of train
    judges = held_out(6, np.arange(4), np.array([0, 1, 0, 1]), groups, 2)
    assert judges.tolist() == [
        [True, False],
        [False, True],
        [True, False],
        [False, True],
        [False, True],
        [True, True],
    ]


def test_held_out_probabilities_of_easy_images_are_right(discs, monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 30)
    told = []
    pool = Pool(discs)
    result = predict_out_of_fold(
        pool,
        np.arange(len(pool)),
        folds=2,
        epochs=1,
        with_features=True,
        device="cpu",
        progress=lambda *step: told.append(step),
    )
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1)
    assert len(result.features) == len(pool)
    assert (result.probabilities.argmax(axis=1) == pool.labels).mean() > 0.8
    assert told[-1][0] == told[-1][1]


def test_large_images_are_shrunk_by_whole_blocks(discs):
    large = {
        name: dataclasses.replace(split, images=split.images.repeat(5, axis=1).repeat(5, axis=2))
        for name, split in discs.splits.items()
    }
    small = shrink(Pool(dataclasses.replace(discs, **large)))
    assert small.data.image_shape == (50, 50, 3)
    np.testing.assert_array_equal(small.images[0, 0, 0], discs.train.images[0, 0, 0])
    assert shrink(Pool(discs)).images.shape == Pool(discs).images.shape
