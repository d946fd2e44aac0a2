"""What a stack file declared at an install, kept beside what was made of it: a plan says for whom something changes."""

import msgspec

from spec.model import Stack

DECLARED = "conf/declared.json"
"""Its name among what is kept; no secret is in a stack file but what a site writes into `chart_values`."""


def text(stack: Stack) -> str:
    """The stack as it is kept."""
    return msgspec.json.encode(stack).decode() + "\n"


def read(kept: str | None) -> Stack | None:
    """The stack that was kept; None where none was, or one that this version does not know."""
    try:
        return msgspec.json.decode(kept, type=Stack) if kept else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
