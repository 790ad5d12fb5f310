import numpy as np

from giemsa.auditing.out_of_fold import held_out, predict_out_of_fold
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
