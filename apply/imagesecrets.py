"""The secrets that a build of an image may see: from where the stack file says."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from apply.references import Places, resolve
from spec.model import Stack

_PASSWORDS = re.compile(r"\bpassword\s+(\S+)")
"""Of a file of logins: the file is never left whole, its passwords may be."""
_SHORTEST = 6
"""Bytes; something shorter is in every image by chance."""


def secrets_of(stack: Stack, file: Path) -> dict[str, str]:
    """Name -> value of each of `images.secrets`.

    Raises:
        StackError: one cannot be had.
    """
    if not stack.images.secrets:
        return {}
    with _places(stack, file) as places:
        return {
            name: resolve(reference, f"images.secrets.{name}", places)
            for name, reference in stack.images.secrets.items()
        }


def telling(secrets: Iterable[str]) -> list[bytes]:
    """Every part of these secrets that may be in no image: each as a whole, and the passwords in files of logins."""
    found = {part for value in secrets for part in (value.strip(), *_PASSWORDS.findall(value))}
    return sorted(part.encode() for part in found if len(part.encode()) >= _SHORTEST)


@contextlib.contextmanager
def _places(stack: Stack, file: Path) -> Iterator[Places]:
    if stack.target.kind == "kubernetes":
        from apply.cluster import ClusterTarget
        from apply.clusterlogin import places_of

        with places_of(ClusterTarget(stack, file)) as places:
            yield places
    else:
        from apply import locallogin

        yield locallogin.places_of(file.resolve().parent)
