"""How work under way is told of: whoever waits hands in a function that is called as steps get done."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and a word for what is being done."""
