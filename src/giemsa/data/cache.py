"""The platform's cache folder: made when something is put into it, never at import."""

from __future__ import annotations

import os
from pathlib import Path

import pooch


def cache_folder() -> Path:
    """Return where downloads and converted files lie: ``GIEMSA_CACHE``, or the platform's place; it need not exist yet."""
    chosen = os.environ.get("GIEMSA_CACHE")
    return Path(chosen) if chosen else Path(pooch.os_cache("giemsa"))
