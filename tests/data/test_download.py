"""Downloads against a server of our own: whole, broken, wrong, refused, and a disk that will not take it."""

import errno
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from giemsa.data import download
from giemsa.data.cards import PublishedFile
from giemsa.data.download import fetch, fetch_file
from giemsa.errors import DataError, DownloadError

CONTENT = bytes(range(256)) * 4096
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://[::bad/")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", "many" if self.path == "/unknown" else str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/breaks" else CONTENT)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    Server.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def published(url, md5=MD5):
    return PublishedFile(28, "set.npz", url, md5)


def left_behind(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_arrives_whole_with_progress(server, tmp_path):
    calls = []
    target = tmp_path / "cache" / "set.npz"
    fetch_file(published(f"{server}/set"), target, progress=lambda *call: calls.append(call))
    assert target.read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), len(CONTENT), "fetching set.npz")
    assert [done for done, *_ in calls] == sorted(done for done, *_ in calls)
    assert left_behind(tmp_path) == ["set.npz"]


def test_fetch_asks_the_network_once(server, tmp_path, monkeypatch):
    monkeypatch.setenv("GIEMSA_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "published_file", lambda name, size: published(f"{server}/set"))
    assert fetch("pathmnist") == fetch("pathmnist") == tmp_path / "set.npz"
    assert Server.asked == ["/set"]


def test_a_break_leaves_nothing_and_the_next_try_begins_anew(server, tmp_path):
    target = tmp_path / "set.npz"
    with pytest.raises(DownloadError, match=r"cannot fetch set\.npz"):
        fetch_file(published(f"{server}/breaks"), target)
    assert left_behind(tmp_path) == []
    fetch_file(published(f"{server}/set"), target)
    assert target.read_bytes() == CONTENT


def test_an_old_rest_does_no_harm(server, tmp_path):
    target = tmp_path / "set.npz"
    target.with_name(f"set.npz.{os.getpid()}.part").write_bytes(b"rest of a try that was killed")
    fetch_file(published(f"{server}/set"), target)
    assert target.read_bytes() == CONTENT


def test_another_program_may_fetch_the_same(server, tmp_path, monkeypatch):
    target = tmp_path / "set.npz"

    def others(*call):
        monkeypatch.setattr(os, "getpid", lambda: 1)
        fetch_file(published(f"{server}/set"), target)

    fetch_file(published(f"{server}/set"), target, progress=others)
    assert target.read_bytes() == CONTENT
    assert left_behind(tmp_path) == ["set.npz"]


def test_a_wrong_check_sum_is_refused_and_harms_nothing(server, tmp_path):
    target = tmp_path / "set.npz"
    target.write_bytes(b"what was there before")
    with pytest.raises(DownloadError, match=f"has|gave a file with the MD5 {MD5}, expected 0{{32}}"):
        fetch_file(published(f"{server}/set", "0" * 32), target)
    assert target.read_bytes() == b"what was there before"
    assert left_behind(tmp_path) == ["set.npz"]


def test_a_refusal_of_the_server(server, tmp_path):
    with pytest.raises(DownloadError, match="the server answered 404"):
        fetch_file(published(f"{server}/missing"), tmp_path / "set.npz")


@pytest.mark.parametrize("path", ["elsewhere", "unknown"])
def test_an_answer_without_sense(server, tmp_path, path):
    with pytest.raises(DownloadError, match="the server's answer makes no sense"):
        fetch_file(published(f"{server}/{path}"), tmp_path / "set.npz")
    assert left_behind(tmp_path) == []


def test_no_network(tmp_path):
    """Nobody listens on port 1 of this machine."""
    with pytest.raises(DownloadError, match="a network is needed once") as caught:
        fetch_file(published("http://127.0.0.1:1/set"), tmp_path / "set.npz")
    assert "\n" not in str(caught.value)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_a_disk_that_takes_nothing(server, tmp_path, monkeypatch, code, words):
    def refuse(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        DownloadError, match=f"cannot write .*{words}; choose another place with GIEMSA_CACHE"
    ):
        fetch_file(published(f"{server}/set"), tmp_path / "set.npz")


def test_a_cache_folder_that_is_a_file(server, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot write"):
        fetch_file(published(f"{server}/set"), tmp_path / "cache" / "set.npz")
    assert (tmp_path / "cache").read_text() == "in the way"


def test_interruption_leaves_nothing(server, tmp_path):
    def stop(*call):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(published(f"{server}/set"), tmp_path / "set.npz", progress=stop)
    assert left_behind(tmp_path) == []


def test_names_and_sizes_that_are_not_published():
    with pytest.raises(DataError, match="did you mean pathmnist"):
        fetch("patmnist")
    with pytest.raises(DataError, match="not at 30"):
        fetch("pathmnist", 30)


def test_import_makes_no_folder(tmp_path):
    import subprocess
    import sys

    code = "import giemsa.data.load, giemsa.data.download, giemsa.data.cache"
    environment = {"GIEMSA_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert left_behind(tmp_path) == []
    assert not (tmp_path / "cache").exists()
