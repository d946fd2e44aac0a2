"""A forked child must not share connections and locks: what is remembered here starts afresh there."""

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """Holds locks or connections."""

    def renew(self) -> None:
        """Drop them and make new ones; only the forked child's one thread runs."""


_remembered: "weakref.WeakSet[Renewable]" = weakref.WeakSet()


def remember(part: Renewable) -> None:
    """Have `part.renew()` called in every child forked from now on."""
    _remembered.add(part)


def _renew_all() -> None:
    for part in list(_remembered):
        part.renew()


os.register_at_fork(after_in_child=_renew_all)
