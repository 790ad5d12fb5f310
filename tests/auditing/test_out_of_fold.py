import numpy as np

from giemsa.auditing.out_of_fold import classes_known, held_out, predict_out_of_fold
from giemsa.auditing.pool import Pool


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


def test_a_network_knows_the_classes_of_the_other_folds():
    labels, fold_of = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 1, 0])
    assert classes_known(labels, fold_of, 3, 4).tolist() == [
        [True, True, True],
        [True, False, True],
        [False, True, True],
        [False, False, False],
    ]


def test_only_networks_that_know_the_class_judge_its_images(discs, monkeypatch):
    monkeypatch.setattr("giemsa.auditing.out_of_fold.LEAST_STEPS", 30)
    pool = Pool(discs)
    groups = np.arange(len(pool))
    blue = pool.labels == 2
    groups[blue & (pool.split_of == 0)] = len(pool)
    result = predict_out_of_fold(pool, groups, folds=2, epochs=1, device="cpu")
    np.testing.assert_array_equal(result.judged, ~blue | (pool.split_of > 0))
    # a mean with the network that never saw the class would lie about .5
    assert result.probabilities[blue & result.judged, 2].mean() > 0.7
    assert result.probabilities[~result.judged, 2].mean() < 0.3


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
