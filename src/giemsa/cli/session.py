"""What a command does around its work: progress on stderr, the result on stdout, as words or as JSON."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
import time
import warnings
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from giemsa.cli.options import Talk
from giemsa.data.cores import threads_allowed

WORTH_A_BAR_SECONDS = 0.5


class Session:
    """One command's talk with its user; use it as a context.

    Parameters
    ----------
    talk : whether to print the result as JSON, whether to print no progress, and how many threads compute and read files.
    """

    def __init__(self, talk: Talk | None = None) -> None:
        talk = talk or Talk()
        self.as_json, self.quiet = talk.json, talk.quiet
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._began = time.monotonic()
        self._threads, self._limits = talk.threads, ExitStack()

    def __enter__(self) -> Session:
        if self._threads is not None:
            self._limits.enter_context(threads_allowed(self._threads))
            from giemsa.training.threads import threads_of

            self._limits.enter_context(threads_of(self._threads))
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        self._limits.callback(setattr, warnings, "formatwarning", warnings.formatwarning)
        warnings.formatwarning = lambda message, *_, **__: f"note: {printable(str(message))}\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_progress()
        self._limits.close()

    @property
    def width(self) -> int:
        """Letters of a line of progress that its reader sees unbroken; a file has room for any."""
        return self._console.width if self._console.is_terminal else sys.maxsize

    def say(self, words: str) -> None:
        """Print a line of progress."""
        if not self.quiet:
            self._console.print(printable(words), markup=False, soft_wrap=True)

    def progress(self, done: int, total: int, words: str) -> None:
        """Move the bar; a bar appears only for work that takes a while, and only on a terminal."""
        if self.quiet or not self._console.is_terminal:
            return
        if self._bar is None:
            if done >= total and time.monotonic() - self._began < WORTH_A_BAR_SECONDS:
                return
            self._start_bar(total, words)
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total, description=words)

    def _start_bar(self, total: int, words: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True)
        self._task = self._bar.add_task(words, total=total)
        self._bar.start()

    def end_progress(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._task = None, None
        self._began = time.monotonic()

    def show(self, value: dict[str, Any], words: str) -> None:
        """Print the result on stdout: ``words``, or ``value`` as JSON if that was asked for."""
        self.end_progress()
        # JSON is for programs: plain ASCII comes through every pipe of every system as it is
        text = json.dumps(value, indent=2, ensure_ascii=True) if self.as_json else words
        if sys.stdout.isatty():
            text = printable(text)
            text = text if self.as_json else fitted(text, shutil.get_terminal_size().columns)
        try:
            sys.stdout.write(text.rstrip("\n") + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # who reads has read enough, as `head` has; nothing is left to be flushed at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(words: str) -> str:
    r"""Return words for a terminal: what it would obey, as names of files and classes may hold it, is written as an escape.

    Examples
    --------
    >>> print(printable("\x1b[2Jmonocyte"))
    \x1b[2Jmonocyte
    """
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda sign: ascii(sign[0])[1:-1], words)


def fitted(words: str, width: int) -> str:
    r"""Return words with each sentence that is wider than the terminal broken between two words; tables and paths stay whole.

    Examples
    --------
    >>> print(fitted("  It is monocyte.\nmonocyte  0.93", 12))
      It is
      monocyte.
    monocyte  0.93
    """
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=line[: len(line) - len(line.lstrip())],
            break_long_words=False,
            break_on_hyphens=False,
        )
        if len(line) > width and line.endswith(".")
        else line
        for line in words.split("\n")
    )


def clock(seconds: float) -> str:
    """Return seconds as h:mm:ss.

    Examples
    --------
    >>> clock(708.4)
    '0:11:48'
    """
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
