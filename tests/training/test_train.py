"""A training leaves a folder that says everything, and goes on after a kill to the very same weights."""

import dataclasses
import errno
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from giemsa.data.cores import threads_allowed
from giemsa.data.dataset import ImageDataset
from giemsa.errors import GiemsaError, ModelError, RunError
from giemsa.training.building import build_classifier
from giemsa.training.device import Compute
from giemsa.training.files import read_tensors
from giemsa.training.history import Epoch
from giemsa.training.loop import fit, score_split
from giemsa.training.recipes import Recipe
from giemsa.training.run import Run, open_run
from giemsa.training.threads import threads_of
from giemsa.training.train import EpochCallback, resume, train

SHORT = Recipe(
    name="short",
    model="tutorial",
    epochs=3,
    minimum_steps=0,
    batch_size=32,
    learning_rate=3e-3,
    precision="float32",
)


@pytest.fixture(scope="module")
def finished(discs: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(discs, SHORT, out=tmp_path_factory.mktemp("runs") / "whole")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return read_tensors(folder / "model.safetensors")[0]


def _assert_same_weights(first: Path, second: Path) -> None:
    weights, others = _weights(first), _weights(second)
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_the_folder_holds_what_the_design_says(finished: Run) -> None:
    names = {
        path.relative_to(finished.folder).as_posix() for path in finished.folder.rglob("*") if path.is_file()
    }
    figures = {
        f"figures/train-{name}.{ending}" for name in ("curves", "augmentation") for ending in ("png", "svg")
    }
    other = {"config.json", "history.csv", "model.json", "model.safetensors", "predictions/val.csv"}
    assert names == other | figures | {"figures/index.json"}


def test_the_configuration_tells_the_story(finished: Run, discs: ImageDataset) -> None:
    config = json.loads((finished.folder / "config.json").read_text(encoding="utf-8"))
    assert config["status"] == "complete"
    assert config["data"]["sha256"] == discs.fingerprint
    assert config["data"]["counts"] == {"train": 96, "val": 30, "test": 30}
    assert (config["seed"], config["test_looks"], config["precision"]) == (0, 0, "float32")
    assert Recipe(**config["recipe"]) == SHORT.for_images(96)
    assert config["versions"]["torch"] == torch.__version__


def test_a_seed_of_numpys_is_taken(discs: ImageDataset, tmp_path: Path) -> None:
    """As of ``for seed in np.arange(5)``."""
    run = train(discs, SHORT.replace(epochs=1), seed=np.int64(3), out=tmp_path / "run")
    assert open_run(run.folder).seed == 3


def test_the_history_has_a_row_an_epoch(finished: Run) -> None:
    lines = (finished.folder / "history.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds"
    assert [epoch.epoch for epoch in finished.history] == [1, 2, 3]


def test_the_configuration_says_what_was_done_with_few_images(discs: ImageDataset, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    recipe = Recipe(model="tutorial", minimum_steps=122, epochs=1, precision="float32", selection="best")
    run = train(discs, recipe, out=tmp_path / "few", on_epoch=lambda epoch, n: told.append((epoch.epoch, n)))
    assert (run.config["recipe"]["batch_size"], run.config["epochs"]) == (32, 41)
    assert told == [(number, 41) for number in range(1, 42)]
    losses = [epoch.val_loss for epoch in run.history]
    assert (run.config["epochs_done"], run.config["best_epoch"]) == (41, int(np.argmin(losses)) + 1)
    assert run.config["train_seconds"] == sum(epoch.seconds for epoch in run.history)
    opened = open_run(run.folder, data=discs).classifier
    assert score_split(opened, discs.val)[0] == min(losses)


def test_it_is_the_loop_with_the_same_seed(discs: ImageDataset, tmp_path: Path) -> None:
    run = train(discs, SHORT, seed=1, device="cpu", out=tmp_path / "run")
    classifier = build_classifier(discs, SHORT, seed=1, compute=Compute())
    list(fit(classifier, discs, SHORT, seed=1))
    found, expected = _weights(run.folder), classifier.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_predictions_of_val_are_written_in_full(finished: Run, discs: ImageDataset) -> None:
    labels, probabilities = finished.predictions("val")
    np.testing.assert_array_equal(labels, discs.val.labels)
    np.testing.assert_array_equal(probabilities, finished.classifier.probabilities(discs.val.images))


def test_an_opened_run_predicts_the_same(finished: Run, discs: ImageDataset) -> None:
    opened = open_run(finished.folder, data=discs)
    expected = finished.classifier.probabilities(discs.test.images, views=8)
    np.testing.assert_array_equal(opened.classifier.probabilities(discs.test.images, views=8), expected)
    assert opened.classifier.class_names == ("red disc", "green disc", "blue disc")


def test_initial_weights_are_built_again_from_the_seed(finished: Run) -> None:
    first, second = finished.initial_classifier(), finished.initial_classifier()
    before, again = first.network.state_dict(), second.network.state_dict()
    trained = finished.classifier.network.state_dict()
    assert all(torch.equal(before[name], again[name]) for name in before)
    assert not torch.equal(before["conv1.weight"], trained["conv1.weight"])


class _Stopped(Exception):
    pass


def _stop_after(number: int) -> EpochCallback:
    def stop(epoch: Epoch, epochs: int) -> None:
        if epoch.epoch == number:
            raise _Stopped

    return stop


@pytest.mark.parametrize(
    "recipe",
    [
        SHORT,
        SHORT.replace(selection="average"),
        SHORT.replace(selection="best"),
        SHORT.replace(optimiser="adam", learning_rate=1e-3),
        SHORT.replace(optimiser="sgd", learning_rate=1e-2),
        SHORT.replace(model="convnet", batch_size=64, epochs=5),
    ],
    ids=["muon", "average", "best", "adam", "sgd", "norms in shards"],
)
@pytest.mark.usefixtures("two_threads")
def test_resuming_gives_the_very_weights(
    discs: ImageDataset, tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("giemsa.training.train.usable_cores", lambda: 2)
    train(discs, recipe, seed=1, out=tmp_path / "whole")
    stop = recipe.epochs // 2 + 1
    with pytest.raises(_Stopped):
        train(discs, recipe, seed=1, out=tmp_path / "broken", on_epoch=_stop_after(stop))
    broken = open_run(tmp_path / "broken", data=discs)
    assert broken.config["status"] == "training"
    assert len(broken.history) == stop
    assert broken.classifier.probabilities(discs.val.images).shape == (30, 3)
    torch.set_num_threads(1)  # it was begun with two
    resumed = resume(tmp_path / "broken", data=discs)
    assert torch.get_num_threads() == 1
    assert [epoch.epoch for epoch in resumed.history] == list(range(1, recipe.epochs + 1))
    _assert_same_weights(tmp_path / "whole", tmp_path / "broken")
    assert not list((tmp_path / "broken").glob("*resume*"))


@pytest.mark.usefixtures("two_threads")
def test_a_training_goes_on_with_no_more_threads_than_there_are_cores(
    discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a batch system or a container leaves them, whatever the machine has."""
    with pytest.raises(_Stopped):
        train(discs, SHORT, out=tmp_path / "run", on_epoch=_stop_after(1))
    torch.set_num_threads(1)
    monkeypatch.setattr("giemsa.training.train.usable_cores", lambda: 1)
    threads: list[int] = []
    resume(tmp_path / "run", data=discs, on_epoch=lambda *_: threads.append(torch.get_num_threads()))
    assert set(threads) == {1}


@pytest.mark.usefixtures("two_threads")
def test_a_training_goes_on_with_no_more_threads_than_a_user_allows(
    discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("giemsa.data.cores.bound_cores", lambda: 2)
    with pytest.raises(_Stopped):
        train(discs, SHORT, out=tmp_path / "run", on_epoch=_stop_after(1))
    threads: list[int] = []
    with threads_of(1), threads_allowed(1):
        resume(tmp_path / "run", data=discs, on_epoch=lambda *_: threads.append(torch.get_num_threads()))
    assert set(threads) == {1}


class _Tied(nn.Module):
    """A network of one's own in which two layers are one."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.entrance, self.again, self.head = nn.Linear(1200, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.same = self.again

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.same(self.again(self.entrance(pixels.flatten(1))).relu()))


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_a_network_of_ones_own_goes_on_too(discs: ImageDataset, tmp_path: Path, stop: int) -> None:
    def stop_in_the_first_epoch(done: int, total: int, words: str) -> None:
        if done >= 64:
            raise _Stopped

    train(discs, SHORT, out=tmp_path / "whole", model=_Tied(0))
    network = _Tied(0)
    with pytest.raises(_Stopped):
        train(
            discs,
            SHORT,
            out=tmp_path / "broken",
            model=network,
            on_epoch=_stop_after(stop),
            progress=None if stop else stop_in_the_first_epoch,
        )
    broken = open_run(tmp_path / "broken", data=discs)
    assert len(broken.history) == stop
    assert broken._repr_html_().endswith(("</b></p>", " after 1 epoch</p>", " after 2 epochs</p>")[stop])
    # in a new process the module has other weights, in a notebook those of the moment of the stop
    resume(tmp_path / "broken", data=discs, model=_Tied(1) if stop else network)
    _assert_same_weights(tmp_path / "whole", tmp_path / "broken")


class _Killed(BaseException):
    """Ends a training as a kill does: nobody waits for it."""


def test_a_kill_before_any_write_is_made_good(
    discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = SHORT.replace(epochs=2, batch_size=96, selection="average", average_decay=0.5)
    monkeypatch.setattr("giemsa.training.train.training_pictures", lambda run: [])
    whole = train(discs, recipe, seed=1, out=tmp_path / "whole")
    replace, written, number = Path.replace, [], 0
    broken = tmp_path / "broken"

    def unless_killed(path: Path, target: Path) -> Path:
        if len(written) == number:
            raise _Killed
        written.append(target.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", unless_killed)
    for number in range(1000):
        written.clear()
        try:
            train(discs, recipe, seed=1, out=broken, overwrite=True)
            break
        except _Killed:
            pass
        if number:  # else there is not even a configuration
            with monkeypatch.context() as alive:
                alive.setattr(Path, "replace", replace)
                resume(broken, data=discs, on_epoch=lambda epoch, _: written.append(f"epoch {epoch.epoch}"))
            done = max(0, written.count("resume.safetensors") - 1)
            assert [name for name in written if "epoch" in name] == ["epoch 1", "epoch 2"][done:]
            _assert_same_weights(whole.folder, broken)
            assert {path.name for path in broken.iterdir()} == {path.name for path in whole.folder.iterdir()}
            assert np.array_equal(open_run(broken).predictions("val")[1], whole.predictions("val")[1])
    an_epoch = ["history.csv", "model.safetensors", "model.json", "resume.safetensors", "resume.json"]
    end = ["history.csv", "val.csv", "config.json", "index.json", "config.json"]
    assert written == ["config.json", "resume.safetensors", "resume.json", *an_epoch, *an_epoch, *end]


@pytest.mark.parametrize("write", ["save_pictures", "write_predictions", "_forget_resuming"])
def test_a_stop_at_the_very_end_loses_nothing(
    discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    def stop(*_: object) -> None:
        raise _Stopped

    with monkeypatch.context() as broken, pytest.raises(_Stopped):
        broken.setattr("giemsa.training.train." + write, stop)
        train(discs, SHORT, out=tmp_path / "broken")
    run = resume(tmp_path / "broken", data=discs)
    assert run.config["status"] == "complete"
    assert (run.folder / "figures" / "train-curves.png").exists()
    assert run.predictions("val")[1].shape == (30, 3)
    assert not list(run.folder.glob("*resume*"))


def test_a_machine_without_the_card_goes_on_and_says_so(discs: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(_Stopped):
        train(discs, SHORT, out=tmp_path / "moved", on_epoch=_stop_after(1))
    config = json.loads((tmp_path / "moved" / "config.json").read_text(encoding="utf-8"))
    config |= {"device": "mps", "precision": "bfloat16"}
    (tmp_path / "moved" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if torch.backends.mps.is_available():
        pytest.skip("this machine has that card")
    resumed = resume(tmp_path / "moved", data=discs)
    assert (resumed.config["device"], resumed.config["precision"]) == ("cpu", "float32")
    assert resumed.config["began_on"] == "mps, bfloat16"


def test_resuming_a_complete_run_changes_nothing(finished: Run, discs: ImageDataset) -> None:
    before = (finished.folder / "config.json").read_bytes()
    resume(finished.folder, data=discs)
    assert (finished.folder / "config.json").read_bytes() == before


def test_a_training_does_not_go_on_with_another_network(discs: ImageDataset, tmp_path: Path) -> None:
    def network(*layers: nn.Module) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(1200, 3), *layers)

    with pytest.raises(_Stopped):
        train(discs, SHORT, out=tmp_path / "own", model=network(), on_epoch=_stop_after(1))
    with pytest.raises(ModelError, match=r"the weights in .*own.* do not fit the network: .*\.2\.weight"):
        resume(tmp_path / "own", data=discs, model=network(nn.Linear(3, 3)))


def test_other_data_is_refused(finished: Run, discs: ImageDataset) -> None:
    other = dataclasses.replace(discs, train=discs.val)
    config = dict(finished.config)
    opened = open_run(finished.folder, data=other)
    with pytest.raises(RunError, match="is not what"):
        opened.data()
    assert finished.config == config


KILLED = """
import sys, time
import numpy as np
from giemsa.data.load import load
from giemsa.training.recipes import Recipe
from giemsa.training.train import train
data = load(sys.argv[1])
recipe = Recipe(name="short", model="tutorial", epochs=int(sys.argv[3]), batch_size=32, learning_rate=3e-3,
                precision="float32", symmetry="mirror", minimum_steps=0)
train(data, recipe, out=sys.argv[2], on_epoch=lambda e, n: print(e.epoch, flush=True))
"""


def test_a_killed_process_goes_on(discs: ImageDataset, tmp_path: Path) -> None:
    arrays = {}
    for name, split in discs.splits.items():
        arrays |= {f"{name}_images": split.images, f"{name}_labels": split.labels[:, None].astype(np.uint8)}
    packed = tmp_path / "discs.npz"
    np.savez(packed, **arrays)
    command = [sys.executable, "-c", KILLED, str(packed), str(tmp_path / "killed"), "24"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 3:
        pass
    time.sleep(0.02)
    process.kill()
    process.wait()
    process.stdout.close()
    interrupted = open_run(tmp_path / "killed")
    assert 3 <= len(interrupted.history) < 24
    assert interrupted.config["status"] == "training"
    resumed = resume(tmp_path / "killed")
    assert len(resumed.history) == 24
    assert resumed.classifier.symmetry == "mirror"
    whole = train(interrupted.data(), resumed.recipe, out=tmp_path / "whole")
    _assert_same_weights(whole.folder, resumed.folder)


def test_an_existing_folder_is_refused_before_the_data_is_read_and_unharmed(
    finished: Run, discs: ImageDataset, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="exists already; give another --out"):
        train(tmp_path / "no such data", SHORT, out=finished.folder)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("all of it", encoding="utf-8")
    with pytest.raises(RunError, match="is not a run folder: it will not be overwritten"):
        train(discs, SHORT, out=precious, overwrite=True)
    assert (precious / "thesis.txt").read_text(encoding="utf-8") == "all of it"
    assert (finished.folder / "model.safetensors").exists()


def test_what_is_not_there_to_compute_with_is_refused_before_the_data_is_read(tmp_path: Path) -> None:
    for recipe, device in ((SHORT.replace(model="convnot"), "auto"), (SHORT, "gpu")):
        with pytest.raises(GiemsaError, match=r"no (model|device) is called '(convnot|gpu)'"):
            train(tmp_path / "nowhere.npz", recipe, device=device)


@pytest.mark.parametrize("out", ["new/run", None])
def test_a_place_that_cannot_be_written_is_told_before_the_data_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str | None
) -> None:
    def denied(dir: Path) -> None:
        asked.append(dir)
        raise PermissionError(errno.EACCES, "Permission denied")

    asked: list[Path] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("giemsa.writing.TemporaryFile", denied)
    with pytest.raises(RunError, match=r"cannot make the run folder .*run.*: Permission denied; .* --out"):
        train(tmp_path / "no such data", SHORT, out=out)
    assert asked == [tmp_path]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    ['{"version": 3, "theme": "dark"}', '{"recipe": "goulash"}', '["version", "recipe"]', "{", None],
)
def test_a_folder_of_another_program_is_not_replaced(
    content: str | None, discs: ImageDataset, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    if content is None:
        config.mkdir()
    else:
        config.write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match="is not a run folder: it will not be overwritten"):
        train(discs, SHORT, out=tmp_path, overwrite=True)
    assert config.exists()


def test_a_run_is_replaced_where_that_is_asked_for(discs: ImageDataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    config = tmp_path / "run" / "config.json"
    config.write_text('{"version": 1, "recipe": {}}', encoding="utf-8")
    assert len(train(discs, SHORT.replace(epochs=1), out=tmp_path / "run", overwrite=True).history) == 1


def test_runs_are_numbered(discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = SHORT.replace(epochs=1)
    assert [train(discs, one).folder.as_posix() for _ in range(2)] == [
        "runs/discs-short-0",
        "runs/discs-short-0-2",
    ]


def test_what_is_refused_leaves_no_folder(discs: ImageDataset, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    with pytest.raises(GiemsaError, match="seed must be a whole number, at least 0, got -1"):
        train(discs, SHORT, out=tmp_path / "own", model=network, seed=-1)
    alike = discs.train.subset(np.flatnonzero(discs.train.labels == 1))
    with pytest.raises(GiemsaError, match="are of one class"):
        train(dataclasses.replace(discs, train=alike), SHORT, out=tmp_path / "own", model=network)
    assert not (tmp_path / "own").exists()


def test_a_network_that_does_not_fit_is_told_before_symmetries_are_tried(
    discs: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("giemsa.training.train.resolve_symmetry", lambda *_, **__: pytest.fail("tried"))
    with pytest.raises(ModelError, match="does not take images of 20x20 pixels"):
        train(discs, SHORT, out=tmp_path / "run", model=nn.Conv2d(1, 3, 3))


def test_two_runs_of_one_module_have_weights_each(discs: ImageDataset, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))
    runs = [train(discs, SHORT, out=tmp_path / name, model=network) for name in "ab"]
    opened = [open_run(run.folder, model=network, data=discs) for run in runs]
    images = discs.val.images
    told = [run.predictions("val")[1] for run in runs]
    assert not np.array_equal(*told)
    for one in (runs, opened):
        for run, probabilities in zip(one, told, strict=True):
            np.testing.assert_array_equal(run.classifier.probabilities(images), probabilities)


def test_a_module_that_cannot_be_copied_is_filled_in_itself(discs: ImageDataset, tmp_path: Path) -> None:
    class Locked(nn.Sequential):
        def __deepcopy__(self, memo: dict) -> Any:
            raise TypeError("cannot pickle a lock")

    run = train(
        discs, SHORT, out=tmp_path / "own", model=Locked(nn.Flatten(), nn.Dropout(), nn.Linear(1200, 3))
    )
    assert type(run.classifier.network) is Locked


def test_layers_that_learn_their_size_from_the_images_are_opened(discs: ImageDataset, tmp_path: Path) -> None:
    def network() -> nn.Module:
        return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(3))

    run = train(discs, SHORT, out=tmp_path / "own", model=network())
    opened = open_run(run.folder, model=network(), data=discs)
    told = run.predictions("val")[1]
    np.testing.assert_array_equal(opened.classifier.probabilities(discs.val.images), told)


def test_a_network_of_ones_own_is_opened_with_the_module(discs: ImageDataset, tmp_path: Path) -> None:
    def network() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(1200, 3))

    run = train(discs, SHORT, out=tmp_path / "own", model=network())
    expected = run.classifier.probabilities(discs.test.images)
    opened = open_run(run.folder, model=network(), data=discs)
    np.testing.assert_array_equal(opened.classifier.probabilities(discs.test.images), expected)
    with pytest.raises(ModelError, match=r"open it with giemsa\.open_run"):
        _ = open_run(run.folder, data=discs).classifier
    with pytest.raises(ModelError, match=r"must give logits \(2, 3\) for two images, it gives \(2, 4\)"):
        _ = open_run(run.folder, model=nn.Sequential(nn.Flatten(), nn.Linear(1200, 4)), data=discs).classifier
    with pytest.raises(ModelError, match="do not fit the network"):
        _ = open_run(run.folder, model=nn.Sequential(network(), nn.Linear(3, 3)), data=discs).classifier
