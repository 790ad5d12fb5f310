"""The way into the command line: by `python -m giemsa` too, and calm where Ctrl-C comes early."""

import subprocess
import sys


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_the_package_is_a_command() -> None:
    told = _run("-m", "giemsa", "--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("giemsa ")


def test_an_interrupt_while_libraries_are_loaded_is_one_line() -> None:
    code = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from giemsa.__main__ import main; main()"
    )
    told = _run("-c", code)
    assert (told.returncode, told.stdout, told.stderr) == (130, "", "giemsa: interrupted\n")
