"""Files and their SHA-256: of a file that is there, and of one while it is copied. Reads files."""

import hashlib
from pathlib import Path
from typing import IO

_PIECE = 1 << 20


def fingerprint(path: Path) -> str:
    """Of a file's bytes, as hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: IO[bytes], out: IO[bytes]) -> str:
    """Copy all that is left; the fingerprint of it.

    Raises:
        OSError: one side cannot be read or written.
    """
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        out.write(piece)
    return digest.hexdigest()
