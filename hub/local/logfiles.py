"""Logs that cannot fill the disk: rotated by size while their writers go on."""

import os
import shutil
from pathlib import Path

LARGEST_BYTES = int(os.environ.get("BUUNSTACK_LOG_BYTES", 10 * 1024 * 1024))
KEPT = 3


def rotate(folder: Path) -> None:
    """Copy each log that is too large to `.1` (`.2`, `.3`) and empty it.

    The parts keep their files open for appending, so a log is emptied, not replaced.
    """
    for path in folder.glob("*.log"):
        if path.stat().st_size <= LARGEST_BYTES:
            continue
        for number in range(KEPT, 1, -1):
            older = path.with_name(f"{path.name}.{number - 1}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number}"))
        copy = path.with_name(f"{path.name}.1")
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        os.truncate(path, 0)
