"""A brief training learns from the images that it is given, and looks at no others."""

import dataclasses

import numpy as np
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.training.brief import train_briefly
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.loop import fit
from giemsa.training.recipes import Recipe

RECIPE = Recipe(model="convnet-light", epochs=2, minimum_steps=0, batch_size=32, precision="float32")


def test_no_other_image_is_looked_at(discs: ImageDataset) -> None:
    places = np.arange(0, 96, 2)
    train = discs.train
    spoilt = dataclasses.replace(train, images=train.images.copy(), labels=train.labels.copy())
    spoilt.images[1::2], spoilt.labels[1::2] = 0, 1
    nothing = train.subset(np.empty(0, dtype=np.int64))
    alone = dataclasses.replace(discs, train=spoilt, val=nothing, test=nothing)
    told: list[tuple[int, int, str]] = []

    def learn(data: ImageDataset) -> torch.Tensor:
        classifier = train_briefly(
            data, places, RECIPE, seed=0, compute=Compute(), progress=lambda *news: told.append(news)
        )
        assert classifier.symmetry == discs.card.symmetry
        return classifier.logits(discs.test.images)

    assert torch.equal(learn(discs), learn(alone))
    assert told == [(1, 2, "epochs"), (2, 2, "epochs")] * 2


def test_it_is_the_training_itself_on_a_part(discs: ImageDataset) -> None:
    places, recipe = np.arange(48), RECIPE.replace(minimum_steps=8)
    told: list[tuple[int, int, str]] = []
    found = train_briefly(
        discs,
        places,
        recipe,
        seed=5,
        compute=Compute(),
        symmetry="mirror",
        progress=lambda *news: told.append(news),
    )
    part = dataclasses.replace(discs, train=discs.train.subset(places))
    expected = build_classifier(part, recipe, seed=5, compute=Compute(), symmetry="mirror")
    assert len(list(fit(expected, part, recipe, seed=5))) == 4
    assert found.symmetry == "mirror"
    assert told[-1] == (4, 4, "epochs")
    assert torch.equal(found.logits(discs.test.images), expected.logits(discs.test.images))


def test_a_network_that_is_given_is_trained(discs: ImageDataset) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    found = train_briefly(discs, np.arange(48), RECIPE, seed=0, compute=Compute(), network=network)
    assert found.network is network
