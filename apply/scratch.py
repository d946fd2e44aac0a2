"""A folder for copies of a hub's database while a command works on them. Touches the user's cache."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from apply.caches import cache
from apply.state import disk_errors


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder that this user alone reads and that is gone afterwards; what killed commands have left goes first.

    Raises:
        StackError: the disk refuses.
    """
    home = cache("scratch")
    with disk_errors(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _opened(home) as whole:
            # Nobody sweeps between the making of a folder and its lock.
            fcntl.flock(whole, fcntl.LOCK_EX)
            _sweep(home)
            folder = Path(tempfile.mkdtemp(dir=home))
            held = os.open(folder, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _sweep(home: Path) -> None:
    """Remove the folders that no living command holds; one that ends takes its own away at any moment."""
    for left in home.iterdir():
        with contextlib.suppress(BlockingIOError, FileNotFoundError), _opened(left) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
