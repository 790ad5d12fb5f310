"""The platform's cache folder: made when something is put into it, never at import."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return where downloads and converted files lie: ``GIEMSA_CACHE``, or the platform's place; it need not exist yet."""
    chosen = os.environ.get("GIEMSA_CACHE")
    if chosen:
        return Path(chosen)
    import pooch  # only now: its progress bars warn in a notebook without widgets

    return Path(pooch.os_cache("giemsa"))
