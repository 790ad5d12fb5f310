"""Writing so that nothing is ever half there: into a file beside the old one, then in its place."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from giemsa.errors import RunError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, and put that file in the place of ``path`` when all went well.

    Raises
    ------
    RunError : the disk is full, or may not be written to.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        raise RunError(_words(path, error)) from error
    finally:
        beside.unlink(missing_ok=True)


def _words(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"cannot write {path}: the disk is full; free some space, or choose another place with --out"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"cannot write {path}: {error.strerror}; choose a place that may be written to with --out"
    return f"cannot write {path}: {error.strerror or error}"


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as readable JSON."""
    with replacing(path) as beside:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")  # names may be any bytes


def read_json(path: Path) -> Any:
    """Read JSON; a file that is missing or broken is a :class:`RunError`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"{path} is missing: expected a file that giemsa wrote; is this a run folder?"
        ) from error
    except ValueError as error:
        raise RunError(f"{path} is not readable JSON ({error}): it was changed or cut short") from error


def write_tensors(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write tensors as safetensors, with ``facts`` as JSON in the file's head."""
    ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as beside:
        beside.write_bytes(save(ready, metadata={"facts": json.dumps(facts)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`write_tensors` wrote."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads((file.metadata() or {}).get("facts", "{}"))
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing: the run folder is incomplete") from error
    except (SafetensorError, ValueError) as error:
        raise RunError(
            f"{path} is not a readable safetensors file ({error}): changed or cut short"
        ) from error


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
