"""`giemsa`, and `python -m giemsa`: the way to the commands, calm even where Ctrl-C comes before all libraries are loaded."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Load the commands and run the one that was asked for."""
    try:
        from giemsa.cli.app import main as run_command
    except KeyboardInterrupt:
        sys.stderr.write("giemsa: interrupted\n")
        sys.stderr.flush()
        os._exit(130)
    run_command()


if __name__ == "__main__":
    main()
