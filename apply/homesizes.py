"""How much of a disk a folder takes. Reads files' metadata."""

import os
from pathlib import Path

_BLOCK_BYTES = 512
"""What st_blocks counts, whatever the file system's own blocks are (stat(2))."""


def used_bytes(folder: Path) -> int | None:
    """What the files below a folder take, as `du` counts it: each file once, no link followed; None without a folder.

    What cannot be read is left out: a home may change while it is measured.
    """
    try:
        device = folder.lstat().st_dev
    except OSError:
        return None
    seen: set[int] = set()
    total, waiting = 0, [folder]
    while waiting:
        for status, path in _entries(waiting.pop()):
            if status.st_ino in seen or status.st_dev != device:
                continue
            if status.st_nlink > 1:
                seen.add(status.st_ino)
            total += status.st_blocks * _BLOCK_BYTES
            if path is not None:
                waiting.append(path)
    return total


def _entries(folder: Path) -> list[tuple[os.stat_result, Path | None]]:
    """What a folder holds: its state, and its path when it is a folder itself."""
    found: list[tuple[os.stat_result, Path | None]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                below = Path(entry.path) if entry.is_dir(follow_symlinks=False) else None
                found.append((entry.stat(follow_symlinks=False), below))
    except OSError:
        return found
    return found
