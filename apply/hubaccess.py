"""The hub of the stack of a file, for a command that asks the hub and nothing else.

To read and check a stack file takes longer than to ask the hub. What an earlier command has checked is kept in the
state directory; as long as the file is the same, its stack is.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from apply import state as states
from apply.hubapi import HubApi
from apply.localhub import LocalHub

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_CHECKED = "run/checked.yaml"
_NAME = re.compile(r"^name: *([a-z0-9-]+) *$", re.MULTILINE)
"""Only leads to a directory; whether it is the right one, the file that is kept in it says."""


@contextlib.contextmanager
def hub(spec: str, state: str | None) -> Iterator[HubApi]:
    """The hub's API, while the body runs.

    Raises:
        SpecError: the file has problems, or uses what is not available on its target.
        StackError: nothing is installed.
    """
    text = _text(spec)
    found = _checked(text, state)
    if found is None:
        from apply.target import target

        found = target(spec, state)
        if isinstance(found, LocalHub) and found.state.exists():
            found.state.write(_CHECKED, text)
    with found.hub() as api:
        yield api


def _checked(text: str, state: str | None) -> "LocalHub | ClusterTarget | None":
    """The stack of this machine that just this text has been checked for."""
    named = _NAME.findall(text)
    if not text or (state is None and len(named) != 1):
        return None
    directory = states.of(named[0] if named else "", state)
    return LocalHub(directory) if directory.exists() and directory.read(_CHECKED) == text else None


def _text(spec: str) -> str:
    """Of the file; empty when it cannot be read, which the usual way says better."""
    try:
        return Path(spec).read_text("utf-8")
    except (OSError, ValueError):
        return ""
