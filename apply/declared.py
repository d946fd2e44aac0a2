"""What a site declared at an install, kept beside what was made of it: a plan says for whom something changes."""

import contextlib

import msgspec

from spec.model import Stack
from spec.pushed import Declared

DECLARED = "conf/declared.json"
"""Its name among what is kept; no secret is in a stack file but what a site writes into `chart_values`."""


def text(declared: Declared) -> str:
    """The declaration as it is kept."""
    return msgspec.json.encode(declared).decode() + "\n"


def read(kept: str | None) -> Declared | None:
    """What was kept; None where nothing was, or what this version does not know.

    Earlier versions kept the stack alone.
    """
    if not kept:
        return None
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(kept, type=Declared)
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
        return Declared(msgspec.json.decode(kept, type=Stack))
    return None
