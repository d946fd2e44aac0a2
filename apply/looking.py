"""Looks at one thing after the other, where what cannot be seen is told and hides nothing else. Pure."""

from collections.abc import Callable
from typing import TypeVar

from spec.errors import StackError

Found = TypeVar("Found")


class Look:
    """One round of looks."""

    def __init__(self) -> None:
        """Nothing is looked at yet."""
        self.unseen: list[str] = []
        """What could not be seen, and why."""

    def at(self, what: str, read: Callable[[], Found], otherwise: Found) -> Found:
        """What `read` gives; `otherwise` where it cannot, which is told."""
        try:
            return read()
        except StackError as error:
            self.unseen.append(f"{what}: {error.message.splitlines()[0]}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.unseen.append(f"{what}: {type(error).__name__}, so what it should be read from is damaged")
        return otherwise
