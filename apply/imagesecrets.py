"""The secrets that builds of images are given: read where the stack file says that they are kept."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from apply.references import Places, resolve
from spec.model import Stack

_PASSWORDS = re.compile(r"\bpassword\s+(\S+)")
"""Of a file of logins: the file is never left whole, its passwords may be."""
SHORTEST = 6
"""Bytes; something shorter is in every image by chance."""


def values(stack: Stack, spec: str) -> list[bytes]:
    """Every value that may be in no image.

    Raises:
        StackError: a reference leads to nothing that can be read.
    """
    if not stack.images.secrets:
        return []
    with _places(stack, spec) as places:
        resolved = [
            resolve(reference, f"images.secrets.{name}", places) for name, reference in stack.images.secrets.items()
        ]
    return sorted({part.encode() for value in resolved for part in parts(value)})


def parts(value: str) -> list[str]:
    """A secret, and the passwords in it when it is a file of logins."""
    found = [value.strip(), *_PASSWORDS.findall(value)]
    return [part for part in found if len(part.encode()) >= SHORTEST]


@contextlib.contextmanager
def _places(stack: Stack, spec: str) -> Iterator[Places]:
    if stack.target.kind == "kubernetes":
        from apply.cluster import ClusterTarget
        from apply.clusterlogin import places_of as on_cluster

        with on_cluster(ClusterTarget(stack, Path(spec))) as places:
            yield places
    else:
        from apply.locallogin import places_of

        yield places_of(Path(spec).resolve().parent)
