"""Packed sets: one ``.npz`` with MedMNIST's keys. Checked to the last label, memory-mapped, never unpickled."""

from __future__ import annotations

import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import IO

import numpy as np
from numpy.lib import format as npy_format

from giemsa.data.cache import cache_folder
from giemsa.data.dataset import SPLITS
from giemsa.errors import DataError
from giemsa.writing import place_words

MAPPED_BYTES = 64 * 2**20
# what NumPy and zipfile raise for arrays and archives that are damaged, encrypted, or say what cannot be
DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError, RuntimeError, TokenError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


def read_packed(path: str | Path) -> dict[str, np.ndarray]:
    """Read ``train_images``, ``train_labels``, ``val_images`` ... from an ``.npz`` file.

    Large arrays are memory-mapped: in place where they are stored uncompressed, else from a copy in the cache folder that is made
    once.

    Returns
    -------
    dict : images ``(n, height, width, channels)`` ``uint8`` and labels ``(n,)`` ``int64`` by MedMNIST's keys.

    Raises
    ------
    DataError : no such file, keys missing, lengths unequal, labels not whole or negative, images not ``uint8``.
    """
    path = Path(path)
    try:
        arrays = {key: _read_member(path, key) for key in _keys(path)}
    except DAMAGED as error:
        raise DataError(
            f"{path} cannot be read ({error}): expected an .npz file with MedMNIST's keys"
        ) from error
    return check_arrays(path, arrays)


def check_arrays(where: str | Path, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return images ``(n, height, width, channels)`` and labels ``(n,)``; errors as for :func:`read_packed`."""
    return {
        key: value
        for split in SPLITS
        for key, value in _checked(where, split, arrays[f"{split}_images"], arrays[f"{split}_labels"]).items()
    }


def _keys(path: Path) -> list[str]:
    wanted = [f"{split}_{part}" for split in SPLITS for part in ("images", "labels")]
    with zipfile.ZipFile(path) as archive:
        present = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    missing = [key for key in wanted if key not in present]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}: expected the keys {', '.join(wanted)}")
    return wanted


def _read_member(path: Path, key: str) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{key}.npy")
        with archive.open(member) as file:
            shape, order, dtype, head = _header(file)
        if dtype.hasobject:
            raise DataError(
                f"{path}: {key} holds Python objects, which are never unpickled: expected plain numbers"
            )
        if member.file_size < MAPPED_BYTES or order:
            with archive.open(member) as file:
                return np.asarray(npy_format.read_array(file, allow_pickle=False))
        if member.compress_type != zipfile.ZIP_STORED:
            return np.load(_converted(path, archive, member), mmap_mode="r", allow_pickle=False)
    return np.memmap(path, dtype, "r", _data_offset(path, member) + head, shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    version = npy_format.read_magic(file)
    reader = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    shape, order, dtype = reader(file)
    return shape, order, dtype, file.tell()


def _data_offset(path: Path, member: zipfile.ZipInfo) -> int:
    """Return where a stored member's bytes begin: after its local head, whose name and extra field have lengths of their own."""
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)
        name_length, extra_length = np.frombuffer(file.read(4), "<u2")
    return int(member.header_offset + 30 + name_length + extra_length)


def _converted(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Path:
    """Return an uncompressed copy of a member in the cache folder, made if it is not there."""
    status = path.stat()
    mark = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}|{member.CRC}"
    name = hashlib.sha256(mark.encode()).hexdigest()[:24]
    target = cache_folder() / "converted" / f"{name}-{member.filename}"
    try:
        if not target.exists():
            _unpack(archive, member, target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {place_words(error, 'GIEMSA_CACHE')}") from error
    return target


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(f".{os.getpid()}.part")
    try:
        with archive.open(member) as source, beside.open("wb") as file:
            while block := source.read(1 << 20):
                file.write(block)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _checked(path: str | Path, split: str, images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    where = f"{path}: {split}"
    if images.dtype != np.uint8:
        raise DataError(f"{where}_images are {images.dtype}, expected uint8 from 0 to 255")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise DataError(
            f"{where}_images have the shape {images.shape}, expected (n, height, width) or (n, height, width, 3)"
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise DataError(
            f"{where}_labels give {labels.shape[1]} labels an image: multi-label sets are not supported, "
            "expected one label an image"
        )
    labels = labels.reshape(-1)
    if len(labels) != len(images):
        raise DataError(
            f"{where} has {len(images)} images and {len(labels)} labels: expected as many of both"
        )
    return {f"{split}_images": images, f"{split}_labels": _whole(where, labels)}


def _whole(where: str, labels: np.ndarray) -> np.ndarray:
    """Return labels as ``int64``; those that are not whole numbers from 0 on are refused."""
    if labels.dtype.kind not in "iufb":
        raise DataError(f"{where}_labels are {labels.dtype}, expected whole numbers from 0 on")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        place = int(np.flatnonzero(~np.isfinite(labels))[0])
        raise DataError(f"{where}_labels[{place}] is {labels[place]}, expected whole numbers from 0 on")
    whole = labels.astype(np.int64)
    if (whole != labels).any():
        place = int(np.flatnonzero(whole != labels)[0])
        raise DataError(f"{where}_labels[{place}] is {labels[place]}, expected whole numbers from 0 on")
    if len(whole) and whole.min() < 0:
        raise DataError(f"{where}_labels hold {whole.min()}, expected whole numbers from 0 on")
    return whole
