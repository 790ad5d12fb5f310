"""Where and in which number format to compute, chosen by what the machine has."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache

import torch

from giemsa.errors import GiemsaError
from giemsa.models import build_model
from giemsa.training.threads import threads_of

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Compute:
    """A device and a precision.

    Parameters
    ----------
    device : ``cpu``, ``cuda`` or ``mps``.
    precision : ``float32`` or ``bfloat16``; weights stay in float32, the network's arithmetic runs in this one.
    """

    device: str = "cpu"
    precision: str = "float32"

    def autocast(self) -> AbstractContextManager:
        """Return the context in which the network runs."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device, dtype=torch.bfloat16)

    def words(self) -> str:
        """Return one phrase for a progress line."""
        number = torch.get_num_threads()
        threads = f", {number} thread{'s' * (number > 1)}" if self.device == "cpu" else ""
        return f"{self.device}, {self.precision}{threads}"


@contextmanager
def repeatable() -> Iterator[None]:
    """Let a graphics card add in the same order each time, so that the same seed gives the same bits there too."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def choose_compute(device: str = "auto", precision: str = "auto") -> Compute:
    """Choose device and precision.

    Parameters
    ----------
    device : ``auto`` takes CUDA where it is, then Apple's MPS, then the CPU.
    precision : ``auto`` takes bfloat16 on CUDA devices that have it, and on a CPU where it measures faster.

    Raises
    ------
    GiemsaError : a device that this machine does not have.
    """
    device = find_device(device)
    return Compute(device, _fast_precision(device) if precision == "auto" else precision)


def find_device(device: str) -> str:
    """Return the device that is asked for, ``auto`` as its name; errors as for :func:`choose_compute`."""
    if device not in DEVICES:
        raise GiemsaError(f"no device is called {device!r}; known: {', '.join(DEVICES)}")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return "cuda" if available["cuda"] else "mps" if available["mps"] else "cpu"
    if not available[device]:
        have = ", ".join(name for name, there in available.items() if there)
        raise GiemsaError(f"device {device!r} is not available here; this machine has: {have}")
    return device


def _fast_precision(device: str) -> str:
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device == "cpu" and _cpu_speedup() > 1.3 else "float32"


@lru_cache(maxsize=1)
def _cpu_speedup() -> float:
    """Return how many times faster a step of ``fast``'s network runs in bfloat16 than in float32 on one thread of this CPU.

    A CPU may have bfloat16 instructions and still be slower with them, so they are timed, not looked up. Without them a step is
    many times slower, which a few images tell.
    """
    rough = _step_speedup(n_images=4, rounds=2)
    return rough if rough < 1 / 3 else _step_speedup(n_images=32, rounds=5)


def _step_speedup(n_images: int, rounds: int) -> float:
    generator = torch.Generator().manual_seed(0)
    network = build_model("convnet", channels=3, n_classes=2, size=28, generator=generator)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    pixels = torch.zeros(n_images, 3, 28, 28).to(memory_format=torch.channels_last)
    seconds = dict.fromkeys(("float32", "bfloat16"), math.inf)
    with threads_of(1):
        for _ in range(rounds):
            for precision in seconds:
                start = time.perf_counter()
                with Compute("cpu", precision).autocast():
                    loss = network(pixels).float().square().mean()
                loss.backward()
                seconds[precision] = min(seconds[precision], time.perf_counter() - start)
    return seconds["float32"] / seconds["bfloat16"]
