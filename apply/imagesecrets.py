"""The secrets that a build of an image may see: from where the stack file says."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from apply.references import Places, resolve
from spec.model import Stack


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
