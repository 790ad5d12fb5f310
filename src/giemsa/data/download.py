"""Fetching MedMNIST's files: only when asked for, checked by MD5, into the platform's cache folder, begun anew after a break."""

from __future__ import annotations

import os
from pathlib import Path

import requests

from giemsa.data.cache import cache_folder
from giemsa.data.cards import PublishedFile, published_file
from giemsa.errors import DownloadError
from giemsa.progress import Progress
from giemsa.writing import place_words

TIMEOUT_SECONDS = 30
BLOCK_BYTES = 1 << 18


def fetch(name: str, size: int = 28, *, progress: Progress | None = None) -> Path:
    """Return the ``.npz`` file of a MedMNIST set, downloaded if it is not in the cache folder.

    A download goes into a file of another name and takes its place only when its MD5 is right, so a break leaves nothing behind.

    Raises
    ------
    DataError : the set or the size is not published.
    DownloadError : no network, a refusal of the server, a check sum that does not match, a disk that is full or read-only.
    """
    published = published_file(name, size)
    target = cache_folder() / published.file_name
    if is_on_disk(name, size):
        return target
    return fetch_file(published, target, progress=progress)


def is_on_disk(name: str, size: int = 28) -> bool:
    """Return whether a set's file lies in the cache folder."""
    return (cache_folder() / published_file(name, size).file_name).is_file()


def fetch_file(published: PublishedFile, target: Path, *, progress: Progress | None = None) -> Path:
    """Download one published file to ``target``; errors as for :func:`fetch`."""
    import pooch

    beside = target.with_name(f"{target.name}.{os.getpid()}.part")  # two programs may fetch it at once
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(published, beside, progress)
        found = pooch.file_hash(str(beside), alg="md5")
        if found != published.md5:
            raise DownloadError(
                f"{published.url} gave a file with the MD5 {found}, expected {published.md5}: it is damaged or was replaced; "
                "try again later, or get the file by hand and give its path"
            )
        beside.replace(target)
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(
            f"cannot fetch {published.file_name} ({_reason(error)}): a network is needed once; "
            f"or get {published.url} elsewhere and give the file's path"
        ) from error
    except OSError as error:
        raise DownloadError(f"cannot write {target}: {place_words(error, 'GIEMSA_CACHE')}") from error
    finally:
        _remove(beside)
    return target


def _download(published: PublishedFile, beside: Path, progress: Progress | None) -> None:
    done = 0
    with (
        requests.get(published.url, stream=True, timeout=TIMEOUT_SECONDS) as answer,
        beside.open("wb") as file,
    ):
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", 0))
        for block in answer.iter_content(BLOCK_BYTES):
            file.write(block)
            done += len(block)
            if progress:
                progress(done, max(total, done), f"fetching {published.file_name}")
    if total and done < total:
        raise requests.ConnectionError(f"the connection broke after {done} of {total} bytes")


def _reason(error: Exception) -> str:
    if not isinstance(error, requests.RequestException):
        return f"the server's answer makes no sense: {error}"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS} s"
    text = str(error)
    return text if text.startswith("the connection broke") else "no connection"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
