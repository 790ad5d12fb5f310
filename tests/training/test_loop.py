"""The loop learns, keeps the right weights, repeats itself bit for bit, and can be stopped."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.data.dataset import ImageDataset
from giemsa.errors import DataError, ModelError, RecipeError, RunError
from giemsa.training import loop, shards
from giemsa.training.building import build_classifier
from giemsa.training.classifier import Classifier
from giemsa.training.device import Compute
from giemsa.training.loop import epochs_of, fit, score_split
from giemsa.training.optimisers import learning_rate
from giemsa.training.recipes import Recipe
from giemsa.training.state import TrainingState, begin, load_state, save_state

SHORT = Recipe(
    model="tutorial",
    epochs=3,
    batch_size=16,
    learning_rate=3e-3,
    precision="float32",
    minimum_steps=0,
    selection="best",
    patience=None,
)


def _trained(data: ImageDataset, recipe: Recipe, seed: int = 0) -> tuple[Classifier, list]:
    classifier = build_classifier(data, recipe, seed=seed, compute=Compute())
    return classifier, list(fit(classifier, data, recipe, seed=seed))


def _weights(classifier: Classifier) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in classifier.parameters()])


def test_it_learns(discs: ImageDataset) -> None:
    classifier, history = _trained(discs, SHORT.replace(epochs=6))
    assert history[-1].loss < history[0].loss
    assert score_split(classifier, discs.test)[1] > 0.9


def test_a_single_image_that_is_left_does_not_stop_norms_that_want_two(discs: ImageDataset) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    odd = dataclasses.replace(discs, train=discs.train.subset(np.arange(65)))
    seen: list[int] = []
    list(fit(network, odd, SHORT.replace(epochs=1), progress=lambda done, *_: seen.append(done)))
    assert seen == [16, 32, 48, 65]


def test_no_images_to_learn_from_are_refused(discs: ImageDataset) -> None:
    classifier = build_classifier(discs, SHORT, seed=0, compute=Compute())
    for name in ("train", "val"):
        empty = dataclasses.replace(discs, **{name: discs.train.subset(np.arange(0))})
        with pytest.raises(DataError, match=f"the {name} split of discs is empty"):
            next(fit(classifier, empty, SHORT))


def test_layers_that_take_their_size_from_the_images_are_taken(discs: ImageDataset) -> None:
    network = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))
    (epoch,) = fit(network, discs, SHORT.replace(epochs=1))
    assert epoch.loss < 2
    assert network[0].weight.shape == (4, 3, 3, 3)


@pytest.mark.parametrize("begun", ["cpu", "meta"])
def test_a_network_is_asked_for_its_output_where_it_will_compute(discs: ImageDataset, begun: str) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3)).to(begun)
    classifier = build_classifier(discs, SHORT, seed=0, compute=Compute("meta"), network=network)
    assert all(parameter.is_meta for parameter in classifier.parameters())


@pytest.mark.usefixtures("two_threads")
def test_the_same_seed_gives_the_same_bits(discs: ImageDataset) -> None:
    first, second, other = (_weights(_trained(discs, SHORT, seed)[0]) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_best_weights_are_restored_also_at_the_last_epoch(discs: ImageDataset) -> None:
    classifier, history = _trained(discs, SHORT.replace(epochs=5, learning_rate=2e-2))
    best = min(epoch.val_loss for epoch in history)
    assert score_split(classifier, discs.val)[0] == best


def test_best_weights_are_restored_when_the_caller_stops(discs: ImageDataset) -> None:
    classifier = build_classifier(discs, SHORT, seed=0, compute=Compute())
    losses = []
    epochs = fit(classifier, discs, SHORT.replace(epochs=50), seed=0)
    for epoch in epochs:
        losses.append(epoch.val_loss)
        if epoch.epoch == 3:
            break
    epochs.close()
    assert score_split(classifier, discs.val)[0] == min(losses)


@pytest.mark.parametrize("selection", ["best", "last", "average"])
def test_a_loop_that_is_stopped_goes_on_to_the_very_weights(
    discs: ImageDataset, selection: str, tmp_path: Path
) -> None:
    recipe = SHORT.replace(epochs=4, learning_rate=5e-2, selection=selection)
    whole, history = _trained(discs, recipe)
    losses = [epoch.val_loss for epoch in history]
    assert (losses[1] > losses[0]) == (selection != "average")  # so that the best at a stop does not move on

    def one_epoch(state: TrainingState) -> None:
        for _ in fit(state.classifier, discs, recipe, state=state):
            break

    def begun() -> TrainingState:
        return begin(build_classifier(discs, recipe, seed=0, compute=Compute()), recipe, 96, seed=0)

    state = begun()
    one_epoch(state)
    one_epoch(state)
    save_state(state, tmp_path / "state.safetensors")
    again = begun()
    load_state(again, tmp_path / "state.safetensors")
    for _ in range(2):
        one_epoch(state)
        one_epoch(again)
    for each in (state, again):
        assert [epoch.val_loss for epoch in each.history] == losses
        assert torch.equal(_weights(each.classifier), _weights(whole))


def test_patience_ends_the_training(discs: ImageDataset) -> None:
    recipe = SHORT.replace(epochs=60, learning_rate=1e-12, patience=2)
    history = _trained(discs, recipe)[1]
    best = int(np.argmin([epoch.val_loss for epoch in history])) + 1
    assert len(history) == best + 2 < 60


def test_averaged_weights_are_the_moving_mean(discs: ImageDataset) -> None:
    recipe = SHORT.replace(epochs=1, batch_size=96, selection="average", average_decay=0.05)
    before = _weights(build_classifier(discs, recipe, seed=0, compute=Compute()))
    last = _weights(_trained(discs, recipe.replace(selection="last"))[0])
    averaged = _weights(_trained(discs, recipe)[0])
    torch.testing.assert_close(averaged, 0.05 * before + 0.95 * last)


def test_of_a_short_training_the_average_holds_nothing_of_the_untrained_weights(discs: ImageDataset) -> None:
    recipe = SHORT.replace(epochs=10, selection="average", average_decay=0.998)
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    nn.init.zeros_(network[1].weight)
    nn.init.constant_(network[1].bias, 1e6)  # which no step brings down
    classifier = build_classifier(discs, recipe, seed=0, compute=Compute(), network=network)
    state = begin(classifier, recipe, len(discs.train), seed=0)
    for value in state.kept.values():
        value.zero_()  # the untrained weights, told from those that were learnt
    list(fit(classifier, discs, recipe, state=state))
    assert state.kept["network.1.bias"].mean().item() == pytest.approx(1e6, rel=1e-5)


def test_a_small_set_is_passed_over_more_often() -> None:
    assert epochs_of(Recipe(epochs=2, batch_size=10, minimum_steps=100), 45) == 20
    assert epochs_of(Recipe(epochs=2, batch_size=10, minimum_steps=101), 45) == 21
    assert epochs_of(Recipe(epochs=30, batch_size=10, minimum_steps=100), 45) == 30
    assert epochs_of(Recipe(epochs=2, batch_size=128, minimum_steps=300), 96) == 100  # three batches of 32


def test_validation_loss_is_plain_cross_entropy(discs: ImageDataset) -> None:
    classifier, history = _trained(discs, SHORT.replace(epochs=1, selection="last", class_weights=True))
    probabilities = classifier.probabilities(discs.val.images)
    expected = -np.log(probabilities[np.arange(30), discs.val.labels]).mean()
    assert history[0].val_loss == pytest.approx(expected, rel=1e-6)


def test_a_network_is_left_in_evaluation_also_where_the_caller_stops(discs: ImageDataset) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    for _ in fit(network, discs, SHORT):
        break
    assert not network.training


def test_divergence_in_the_very_last_step_is_said(discs: ImageDataset) -> None:
    class Loud(nn.Linear):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return 1e30 * super().forward(input)

    network = nn.Sequential(nn.Flatten(), Loud(1200, 3))
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    recipe = SHORT.replace(epochs=1, batch_size=96, optimiser="sgd", learning_rate=1e8, schedule="constant")
    with pytest.raises(RecipeError, match="the loss became nan in epoch 1: training diverged"):
        next(fit(network, discs, recipe))


def test_divergence_is_said(discs: ImageDataset) -> None:
    with pytest.raises(RecipeError, match="training diverged; try a lower --learning-rate"):
        _trained(discs, SHORT.replace(learning_rate=9e8, optimiser="sgd"))


def test_a_network_of_ones_own_trains(discs: ImageDataset) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(1200, 3))
    history = list(fit(network, discs, SHORT))
    assert history[-1].val_loss < history[0].val_loss


def test_a_network_that_does_not_fit_is_refused(discs: ImageDataset) -> None:
    with pytest.raises(ModelError, match=r"must give logits \(2, 3\) for two images, it gives \(2, 4\)"):
        next(fit(nn.Sequential(nn.Flatten(), nn.Linear(1200, 4)), discs, SHORT))
    with pytest.raises(ModelError, match="does not take images of 20x20 pixels and 3 channels"):
        next(fit(nn.Conv2d(1, 3, 3), discs, SHORT))


def test_one_class_is_refused(discs: ImageDataset) -> None:
    train = discs.train.subset(np.flatnonzero(discs.train.labels == 1))
    with pytest.raises(DataError, match="all 32 training images of discs are of one class"):
        next(fit(nn.Flatten(), dataclasses.replace(discs, train=train), SHORT))


STILL = SHORT.replace(symmetry="none", shift_pixels=0, skip_known=0.0, learning_rate=1e-12, selection="last")


def _uneven(data: ImageDataset) -> ImageDataset:
    """Return data of which one class has a third as many images as the others, 76 in all."""
    labels = data.train.labels
    rare = np.flatnonzero(labels == 2)[:12]
    return dataclasses.replace(data, train=data.train.subset(np.r_[np.flatnonzero(labels < 2), rare]))


def _logits(network: nn.Module, data: ImageDataset) -> tuple[torch.Tensor, torch.Tensor]:
    classifier = build_classifier(data, STILL, seed=0, compute=Compute(), network=network)
    return classifier.logits(data.train.images), torch.from_numpy(data.train.labels)


def test_the_loss_of_an_epoch_is_the_mean_over_its_images_smoothed(discs: ImageDataset) -> None:
    data, network = _uneven(discs), nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    logits, labels = _logits(network, data)
    (epoch,) = fit(network, data, STILL.replace(epochs=1, batch_size=32, label_smoothing=0.3))
    of_targets = 0.7 * torch.eye(3)[labels] + 0.1
    expected = -(of_targets * logits.log_softmax(dim=1)).sum(dim=1).mean()
    assert epoch.loss == pytest.approx(expected.item(), rel=1e-5)
    assert epoch.accuracy == pytest.approx((logits.argmax(dim=1) == labels).float().mean().item())


def test_rare_classes_weigh_more_where_that_is_asked_for(discs: ImageDataset) -> None:
    data, network = _uneven(discs), nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    logits, labels = _logits(network, data)
    recipe = STILL.replace(epochs=1, batch_size=76, label_smoothing=0.0, class_weights=True)
    (epoch,) = fit(network, data, recipe)
    each = -logits.log_softmax(dim=1).gather(1, labels[:, None])[:, 0]
    expected = torch.stack([each[labels == label].mean() for label in range(3)]).mean()
    assert epoch.loss == pytest.approx(expected.item(), rel=1e-5)


def test_classes_weigh_the_same_however_few_images_are_taken_at_a_time(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for pixels in (2**20, 4 * 20 * 20):
        monkeypatch.setattr(shards, "PIXELS_AT_A_TIME", pixels)
        network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
        nn.init.zeros_(network[1].weight)
        nn.init.zeros_(network[1].bias)
        recipe = STILL.replace(
            epochs=1,
            batch_size=76,
            optimiser="sgd",
            class_weights=True,
            learning_rate=1e-3,
            schedule="constant",
        )
        list(fit(network, _uneven(discs), recipe))
        found.append(network[1].weight.detach())
    assert found[0].abs().max() > 1e-6
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-8)


def test_labels_of_any_whole_numbers_are_learnt_alike(discs: ImageDataset) -> None:
    splits = {
        name: dataclasses.replace(split, labels=split.labels.astype(np.int32))
        for name, split in discs.splits.items()
    }
    recipe = SHORT.replace(epochs=1)
    expected, found = (_trained(data, recipe)[0] for data in (discs, dataclasses.replace(discs, **splits)))
    assert torch.equal(_weights(found), _weights(expected))


def test_each_epoch_has_an_order_and_a_seed_of_its_own(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, draw = [], loop.draw_epoch

    def watched(*arguments: Any) -> torch.Tensor:
        orders.append(tuple(draw(*arguments).tolist()))
        return torch.tensor(orders[-1])

    monkeypatch.setattr(loop, "draw_epoch", watched)
    for seed in (0, 1):
        list(fit(nn.Sequential(nn.Flatten(), nn.Linear(1200, 3)), discs, STILL, seed=seed))
    assert len(set(orders)) == len(orders) == 6


def test_rate_and_skipping_run_through_the_whole_training(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, draw = [], loop.draw_epoch
    monkeypatch.setattr(loop, "draw_epoch", lambda *given: drawn.append(given[2:4]) or draw(*given))
    recipe = Recipe(model="tutorial", epochs=2, minimum_steps=16, batch_size=32, precision="float32")
    classifier = build_classifier(discs, recipe, seed=0, compute=Compute())
    state = begin(classifier, recipe, 96, seed=0)
    rates, at_work = [], []
    for epoch in fit(classifier, discs, recipe, state=state):
        rates.append(epoch.learning_rate)
        at_work += [group["lr"] for group in state.optimiser.param_groups]
    assert rates == [learning_rate(recipe, 3 * number - 1, 18) for number in range(1, 7)]
    assert at_work == [rate for rate in rates for _ in range(3)]
    assert drawn == [(number, 6) for number in range(6)]


def test_of_few_images_small_batches_are_made(discs: ImageDataset) -> None:
    seen: list[int] = []
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    next(fit(network, discs, Recipe(precision="float32"), progress=lambda done, *_: seen.append(done)))
    assert seen == [32, 64, 96]


def test_what_the_network_knows_of_each_image_is_remembered(discs: ImageDataset) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    logits, labels = _logits(network, discs)
    recipe = STILL.replace(skip_known=0.5, skip_known_from=0, epochs=1)
    classifier = build_classifier(discs, recipe, seed=0, compute=Compute(), network=network)
    state = begin(classifier, recipe, 96, seed=0)
    list(fit(classifier, discs, recipe, state=state))
    expected = 1 - logits.softmax(dim=1).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(state.memory.errors, expected)


def test_dropout_draws_from_the_seed_and_leaves_pytorchs_generator_alone(discs: ImageDataset) -> None:
    found = []
    for number in range(2):
        network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1200, 3))
        nn.init.zeros_(network[2].weight)
        nn.init.zeros_(network[2].bias)
        torch.manual_seed(number)
        before = torch.get_rng_state()
        list(fit(network, discs, SHORT))
        assert torch.equal(torch.get_rng_state(), before)
        found.append(network[2].weight.detach())
    assert torch.equal(*found)


def test_averaging_goes_on_from_the_weights_that_move_and_is_what_val_sees(discs: ImageDataset) -> None:
    recipe = SHORT.replace(model="convnet", batch_size=96, schedule="constant", learning_rate=1e-2)
    begun = _weights(build_classifier(discs, recipe, seed=0, compute=Compute()))
    first, second = (
        _weights(_trained(discs, recipe.replace(selection="last", epochs=epochs))[0]) for epochs in (1, 2)
    )
    average = recipe.replace(selection="average", average_decay=0.15, epochs=2)
    classifier, history = _trained(discs, average)
    torch.testing.assert_close(_weights(classifier), 0.15 * (0.1 * begun + 0.9 * first) + 0.85 * second)
    assert score_split(classifier, discs.val) == (history[-1].val_loss, history[-1].val_accuracy)
    assert classifier.network.norm1.num_batches_tracked == 2


def test_a_stop_within_the_first_epoch_keeps_what_was_learnt(discs: ImageDataset) -> None:
    def stop(done: int, total: int, words: str) -> None:
        if done == 32:
            raise ZeroDivisionError

    classifier = build_classifier(discs, SHORT, seed=0, compute=Compute())
    before = _weights(classifier)
    with pytest.raises(ZeroDivisionError):
        next(fit(classifier, discs, SHORT, progress=stop))
    assert not torch.equal(_weights(classifier), before)


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_state_of_a_stop_within_an_epoch_is_refused(
    discs: ImageDataset, tmp_path: Path, epochs: int
) -> None:
    """Else the epoch would be begun again, silently, with weights that had seen a part of it."""
    calls: list[int] = []

    def stop(done: int, total: int, words: str) -> None:
        calls.append(done)
        if len(calls) == epochs * 6 + 3:
            raise KeyboardInterrupt

    state = begin(build_classifier(discs, SHORT, seed=0, compute=Compute()), SHORT, 96, seed=0)
    with pytest.raises(KeyboardInterrupt):
        list(fit(state.classifier, discs, SHORT, state=state, progress=stop))
    assert (state.epochs_done, len(calls)) == (epochs, epochs * 6 + 3)
    words = rf"stopped within epoch {epochs + 1}, .*: load_state into a new one what .*, or begin anew$"
    with pytest.raises(RunError, match=words):
        next(fit(state.classifier, discs, SHORT, state=state))
    with pytest.raises(RunError, match=words):
        save_state(state, tmp_path / "state.safetensors")
    assert not any(tmp_path.iterdir())


def test_norms_that_see_few_images_at_a_time_are_told_of_when_the_training_begins(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "PIXELS_AT_A_TIME", 1)
    recipe = SHORT.replace(model="convnet-light", epochs=2)
    classifier = build_classifier(discs, recipe, seed=0, compute=Compute())
    with pytest.warns(
        match=r"20x20 pixels are learnt from 4 at a time, .*: a smaller --size learns better"
    ) as told:
        list(fit(classifier, discs, recipe))
    assert len(told) == 1


def test_a_network_computes_in_the_precision_of_the_recipe(
    discs: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(loop, "choose_compute", lambda **wanted: asked.append(wanted) or Compute())
    next(fit(nn.Sequential(nn.Flatten(), nn.Linear(1200, 3)), discs, SHORT.replace(precision="bfloat16")))
    assert asked == [{"precision": "bfloat16"}]
