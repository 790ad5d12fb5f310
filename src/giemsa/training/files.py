"""The files of a run folder that hold tensors: written whole or not at all, and read with a word on what is wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from giemsa.errors import RunError
from giemsa.writing import replacing


def write_tensors(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write tensors as safetensors, with ``facts`` as JSON in the file's head."""
    ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as beside:
        beside.write_bytes(save(ready, metadata={"facts": json.dumps(facts)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], Any]:
    """Read what :func:`write_tensors` wrote; a file that is missing or broken is a :class:`RunError`."""
    if not path.is_file():
        raise RunError(f"{path} is missing: the run folder is incomplete")
    try:
        with safe_open(path, framework="pt") as file:
            # copied, since the file is mapped: Windows replaces no file that a tensor still lies in
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads((file.metadata() or {}).get("facts", "{}"))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} is not a readable safetensors file ({error}): changed or cut short"
        ) from error


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
