"""What `inv images.push` has noted of images: their digests and sizes, beside the stack file and in git. Pure."""

from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from spec.errors import StackError
from spec.model import Stack

FILE = "pushed.yaml"
"""Its name, in the folder of a stack file's own locks."""


class Pushed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An image as a registry has it."""

    digest: str
    """`sha256:…`, of its manifest."""
    fingerprint: str
    """Of what it was built from."""
    size: Annotated[int, Meta(ge=0)] | None = None
    """Bytes as the registry keeps them, which is compressed: what a node pulls that has none of the layers. Of several
    platforms the biggest one's. None: noted by an earlier version, or the registry did not tell."""


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One state of what a site declares: the stack file, and the images that were pushed from it."""

    stack: Stack
    images: dict[str, Pushed] | None = None
    """By address. None: not known, since an earlier version kept the stack alone."""


def pushed(text: str, where: str) -> dict[str, Pushed]:
    """By address, what a file of pushed images says.

    Args:
        where: the file, for the error.

    Raises:
        StackError: the file is damaged.
    """
    try:
        return msgspec.convert(yaml.safe_load(text) or {}, dict[str, Pushed])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise unreadable(where, error) from None


def unreadable(where: str, error: Exception) -> StackError:
    """The words for a file of pushed images that is no use."""
    hint = "take it back from git, or remove it and push again"
    return StackError(f"{where} cannot be read: {type(error).__name__}", hint)
