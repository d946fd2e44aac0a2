"""Logs that cannot fill the disk: rotated by size while their writers go on."""

import os
import shutil
from pathlib import Path

LARGEST_BYTES = int(os.environ.get("BUUNSTACK_LOG_BYTES", 10 * 1024 * 1024))
KEPT = 3
REOPENED = {"vault-audit.log": "vault"}
"""Log -> the part that writes it and opens it anew when it gets SIGHUP. Of an audit no line may be lost."""


def rotate(folder: Path, largest_bytes: int = LARGEST_BYTES) -> set[str]:
    """Make `.1` (`.2`, `.3`) of each log that is too large; the parts that must now open theirs anew.

    The other parts keep their files open for appending, so their logs are copied and emptied, not replaced: what is
    written in between is lost. An audit is renamed first, since that needs no room on a full disk.
    """
    renamed = {part for name, part in REOPENED.items() if _rename(folder / name, largest_bytes)}
    for path in folder.glob("*.log"):
        if path.name not in REOPENED and path.stat().st_size > largest_bytes:
            copy = _room_for_newest(path)
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
            os.truncate(path, 0)
    return renamed


def _rename(path: Path, largest_bytes: int) -> bool:
    """Whether its writer still has to open the log anew, also when a supervisor that was killed has renamed it."""
    if path.exists() and path.stat().st_size > largest_bytes:
        path.replace(_room_for_newest(path))
    return not path.exists() and _older(path, 1).exists()


def _room_for_newest(path: Path) -> Path:
    """Where the newest copy goes, after the older ones have moved on and the oldest is gone."""
    for number in range(KEPT, 1, -1):
        if _older(path, number - 1).exists():
            _older(path, number - 1).replace(_older(path, number))
    return _older(path, 1)


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
