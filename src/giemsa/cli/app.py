"""`giemsa`: the commands, and what their exit statuses mean.

0 done, 1 a bug (with its traceback), 2 a user's mistake (one line), 3 severe findings under ``--strict``, 130 interrupted.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from typer.exceptions import Abort, Exit, TyperException

from giemsa.cli.audit import audit
from giemsa.cli.compare import compare
from giemsa.cli.datasets import datasets
from giemsa.cli.evaluate import evaluate
from giemsa.cli.explore import explore
from giemsa.cli.interpret import interpret
from giemsa.cli.predict import predict
from giemsa.cli.report import report
from giemsa.cli.run import run
from giemsa.cli.session import printable
from giemsa.cli.train import train
from giemsa.cli.tutorial import tutorial
from giemsa.data.allocator import freed_memory_kept
from giemsa.data.cores import keep_to_quota
from giemsa.errors import GiemsaError
from giemsa.writing import place_words

COMMANDS = (datasets, explore, audit, train, evaluate, interpret, report, run, predict, tutorial, compare)

app = typer.Typer(
    name="giemsa",
    help="From labelled microscope images to a network that its owner can trust and see into.\n\nBegin with `giemsa run "
    "FOLDER`, a folder with the images of each class in a folder of its own: it does all the work in order and ends with a "
    "page. Without a folder it takes blood cells that come with it. `giemsa tutorial` is for learning it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        import giemsa

        typer.echo(f"giemsa {giemsa.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """From labelled microscope images to a network that its owner can trust and see into."""


INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
TROUBLES_OF_PLACE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.ENAMETOOLONG),
    *(errno.EEXIST, errno.ENOTDIR, errno.EISDIR),  # a file where a folder should be, or the other way round
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit status."""
    keep_to_quota()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started the command
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # also into a pipe on Windows; what is no text, such as half a letter in a file's name, is written as an escape
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    status = status_of(arguments)
    if status == INTERRUPTED:
        # threads of libraries, stopped anywhere, may abort an orderly end of the interpreter
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def status_of(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit status; a bug keeps its traceback.

    Parameters
    ----------
    arguments : of the command line; the process's own if ``None``, in which wildcards stand for files on Windows too.
    """
    try:
        with freed_memory_kept():
            status = app(arguments, standalone_mode=False)
    except GiemsaError as error:
        return _refuse(str(error))
    except TyperException as error:
        return _refuse(error.format_message())
    except Exit as leaving:
        return leaving.exit_code
    except MemoryError as error:
        return _refuse(f"there is not enough memory for this: {str(error) or 'take fewer or smaller images'}")
    except OSError as error:
        if error.errno not in TROUBLES_OF_PLACE:
            raise
        return _refuse(_place_words(error))
    except UnicodeEncodeError as error:
        if "surrogates" not in error.reason:
            raise
        return _refuse(_name_words(error))
    except (KeyboardInterrupt, Abort):
        status = INTERRUPTED
    if status == INTERRUPTED:
        sys.stderr.write("giemsa: interrupted\n")
    return status if isinstance(status, int) else 0


def _place_words(error: OSError) -> str:
    """Say where nothing could be read or written, and why; a disk that is full does not always say for which file."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{where}{place_words(error, option=None)}"


def _name_words(error: UnicodeEncodeError) -> str:
    """Say which name of a file or folder is no text and cannot be written as such."""
    around = error.object[max(0, error.start - 60) : error.end + 20]
    return f"a name is not UTF-8, near {around!r}: rename the file or folder, and do it again"


def _refuse(words: str) -> int:
    sys.stderr.write(f"giemsa: {printable(' '.join(words.split()))}\n")
    return 2
