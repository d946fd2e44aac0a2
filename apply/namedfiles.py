"""Files that a stack file or a variable names. Reads files."""

import base64
from pathlib import Path

from spec.errors import StackError


def named_text(path: Path, name: str, kind: str) -> str:
    """The ASCII text of a file.

    Args:
        name: the setting or variable that names it.
        kind: what it should be, such as `a PEM file`.

    Raises:
        StackError: it cannot be read, or is of another kind.
    """
    try:
        return path.read_text("ascii")
    except OSError as error:
        raise unreadable(path, name, error.strerror) from error
    except UnicodeDecodeError as error:
        raise unreadable(path, name, f"not {kind}") from error


def named_bytes(path: Path, name: str) -> str:
    """What is in a file, base64.

    Raises:
        StackError: it cannot be read.
    """
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise unreadable(path, name, error.strerror) from error


def unreadable(path: Path, name: str, reason: str | None) -> StackError:
    """The words for a named file that cannot be used."""
    return StackError(f"{name}: {path} cannot be read: {reason}", hint=f"ls -l {path}")
