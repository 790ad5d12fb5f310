"""Device and precision: named, chosen by a short measurement, or refused in one line."""

import pytest
import torch

from giemsa.errors import GiemsaError
from giemsa.training import device
from giemsa.training.device import Compute, choose_compute


@pytest.fixture
def measured(monkeypatch):
    """Let the CPU's measurement find given speedups, and note how many images each was made on."""

    def arrange(rough: float, fine: float) -> list[int]:
        seen = []

        def speedup(n_images, rounds):
            seen.append(n_images)
            return rough if len(seen) == 1 else fine

        monkeypatch.setattr(device, "_step_speedup", speedup)
        return seen

    device._cpu_speedup.cache_clear()
    yield arrange
    device._cpu_speedup.cache_clear()


@pytest.mark.parametrize(
    ("rough", "fine", "expected", "measurements"),
    [(0.1, 9.0, "float32", 1), (0.9, 1.8, "bfloat16", 2), (2.0, 1.1, "float32", 2)],
    ids=["no instructions", "faster", "not worth it"],
)
def test_bfloat16_is_taken_where_it_is_measured_to_be_faster(measured, rough, fine, expected, measurements):
    seen = measured(rough, fine)
    assert choose_compute("cpu").precision == expected
    assert len(seen) == measurements


def test_a_precision_that_is_said_is_not_measured(measured):
    seen = measured(0.1, 0.1)
    assert choose_compute("cpu", "bfloat16") == Compute("cpu", "bfloat16")
    assert seen == []


def test_the_measurement_is_a_ratio_and_leaves_the_threads_alone():
    threads = torch.get_num_threads()
    assert device._step_speedup(n_images=1, rounds=1) > 0
    assert torch.get_num_threads() == threads


def test_a_device_that_is_unknown_or_not_here():
    with pytest.raises(GiemsaError, match="no device is called 'gpu'; known: auto, cpu, cuda, mps"):
        choose_compute("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(GiemsaError, match=r"'cuda' is not available here; this machine has: cpu"):
            choose_compute("cuda")


def test_autocast_is_of_the_precision():
    with Compute("cpu", "bfloat16").autocast():
        assert torch.nn.functional.linear(torch.ones(1, 2), torch.ones(1, 2)).dtype == torch.bfloat16
    with Compute().autocast():
        assert torch.nn.functional.linear(torch.ones(1, 2), torch.ones(1, 2)).dtype == torch.float32
