"""A file that a command writes where it is told to."""

from pathlib import Path

from apply.state import write_whole
from spec.errors import StackError

_MODE = 0o644


def write(out: str, text: str, option: str) -> None:
    """Write it whole or not at all.

    Args:
        option: with which another place is named, such as `--out`.

    Raises:
        StackError: the file system refuses.
    """
    try:
        write_whole(Path(out), text, _MODE)
    except OSError as error:
        raise StackError(f"{out} cannot be written: {error.strerror}", f"another {option} FILE") from error
