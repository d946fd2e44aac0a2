"""The hub's database on any target, and putting another one in its place with a way back."""

from pathlib import Path
from typing import Any, Protocol

from apply.target import Tell
from spec.errors import AppliedInPart, StackError


class HubDatabase(Protocol):
    """The database of one stack's hub, where it is."""

    def copy(self, to: Path) -> None:
        """Write a consistent copy, also while the hub runs."""
        ...

    def described(self, copy: Path) -> dict[str, Any]:
        """What is in a copy on this machine."""
        ...

    def stop_servers(self, tell: Tell) -> None:
        """End all users' servers."""
        ...

    def stop_hub(self, tell: Tell) -> None:
        """End the hub; users' servers go on."""
        ...

    def start_hub(self, tell: Tell) -> None:
        """Start it, and wait until it answers."""
        ...

    def place(self, new: Path, tell: Tell) -> str:
        """Put a database in place while the hub does not run; the name of the one that was there, which is kept."""
        ...

    def put_back(self, kept: str, tell: Tell) -> None:
        """Put one that `place` has kept in place again."""
        ...


def exchange(database: HubDatabase, new: Path, tell: Tell) -> str:
    """Give the hub another database; the name under which the present one is kept.

    Killed at any step it can be repeated: what was there before is never without a name.

    Raises:
        StackError: the hub does not come up with it; the present one is in place again.
        AppliedInPart: and with that one it does not come up either.
    """
    tell("stopping the hub")
    database.stop_hub(tell)
    try:
        kept = database.place(new, tell)
    except StackError:
        database.start_hub(tell)
        raise
    try:
        tell("starting the hub with the database that was put in place")
        database.start_hub(tell)
    except StackError as error:
        if not kept:
            raise
        raise _taken_back(database, kept, error, tell) from error
    return kept


def _taken_back(database: HubDatabase, kept: str, error: StackError, tell: Tell) -> StackError:
    tell("the hub does not come up; putting the database back that was there")
    try:
        database.stop_hub(tell)
        database.put_back(kept, tell)
        database.start_hub(tell)
    except StackError as second:
        return AppliedInPart(
            f"{error.message}\nthe former database could not be put back: {second.message}\nit is kept as {kept}",
            hint="put right what the messages name, then run the same command again",
        )
    return StackError(f"{error.message}\nthe database from before is in place again, and the hub runs", error.hint)
