"""What runs: status, logs, and the way to the login page, on each target."""

import webbrowser
from typing import TYPE_CHECKING

from apply import console
from apply.target import target

if TYPE_CHECKING:
    from types import ModuleType


def show_status(spec: str, state: str | None, as_json: bool) -> None:
    """Print the parts and the running servers.

    Raises:
        TargetUnreachable: something that should run does not.
    """
    found = target(spec, state)
    _of(found.stack.target.kind).show_status(found, as_json)


def show_log(spec: str, state: str | None, part: str, follow: bool, lines: int) -> None:
    """Print the last lines of a part's log; with `follow`, go on as it grows."""
    found = target(spec, state)
    _of(found.stack.target.kind).show_log(found, part, follow, lines)


def open_hub(spec: str, state: str | None) -> None:
    """Open the hub in a browser, and print its address.

    Raises:
        StackError: nothing runs.
    """
    found = target(spec, state)
    url = _of(found.stack.target.kind).running_url(found)
    console.result(url)
    if not webbrowser.open(url):
        console.say("no browser was found here; open the address in one")


def _of(kind: str) -> "ModuleType":
    """The module of the target: the other one's libraries need not be loaded."""
    if kind == "kubernetes":
        from apply import clusterstatus

        return clusterstatus
    from apply import localstatus

    return localstatus
