"""What is kept between installs in the user's cache. Reads the environment."""

import os
from pathlib import Path


def cache(name: str) -> Path:
    """The folder of one kind of things (XDG base directories)."""
    there = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(there) if there.startswith("/") else Path.home() / ".cache"
    return base / "buunstack" / name
