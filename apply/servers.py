"""`inv server.*`: users' servers, started, ended and shown through the hub's API."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apply import console, tokens
from apply.hubapi import HubApi
from apply.target import target
from spec.errors import StackError
from spec.quantities import seconds

if TYPE_CHECKING:
    from apply.target import Tell

_PAUSE_SECONDS = 0.25
_ALL_SECONDS = 30


def start(spec: str, state: str | None, user: str, server: str, profile: str, as_json: bool) -> None:
    """Start a server, wait until it is ready, and print its address; one that runs already is left as it is.

    Args:
        server: its name; empty for the user's only one.
        profile: the slug; empty for the default.

    Raises:
        StackError: there is no such user, or it does not start: with the hub's own reason.
    """
    found = target(spec, state)
    patience = seconds(found.stack.target.timeout)
    with found.hub() as hub, console.Progress(as_json) as progress:
        name = tokens.known(hub, user)
        ready = started(hub, name, server, {"profile": profile} if profile else {}, patience, progress.tell)
    url = found.url().rstrip("/") + str(ready["url"])
    if as_json:
        console.result_json(_row(name, ready, found.url()))
    else:
        console.result(url)


def stop(spec: str, state: str | None, user: str, server: str) -> None:
    """Stop a server and wait until it is gone.

    Raises:
        StackError: there is no such user, or it does not end.
    """
    found = target(spec, state)
    patience = seconds(found.stack.target.timeout)
    with found.hub() as hub, console.Progress() as progress:
        name = tokens.known(hub, user)
        if _server(hub, name, server) is None:
            progress.tell(f"{_called(name, server)} does not run")
            return
        hub.stop_server(name, server)
        _await(lambda: _server(hub, name, server) is None, f"{_called(name, server)} stops", patience, progress.tell)
    console.say(f"{_called(name, server)} has stopped")


def stop_all(hub: HubApi, tell: "Tell") -> None:
    """Stop every server, and wait for a while; one that does not end is left to who called."""
    until = time.monotonic() + _ALL_SECONDS
    for user, server in hub.servers():
        tell(f"stopping the server of {user}")
        hub.stop_server(user, server)
    while hub.servers() and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)


def show(spec: str, state: str | None, user: str, as_json: bool) -> None:
    """Print the servers of a user, or of everybody, that run, start or stop."""
    found = target(spec, state)
    with found.hub() as hub:
        if user:
            name = tokens.known(hub, user)
            servers = [{"user": name, **one} for one in _servers(hub, name).values()]
        else:
            servers = hub.running()
    rows = [_row(one["user"], one, found.url()) for one in servers]
    if as_json:
        console.result_json(rows)
        return
    header = ("USER", "NAME", "PROFILE", "STATE", "STARTED", "LAST ACTIVE", "URL")
    console.result(console.table(header, [tuple(str(cell or "") for cell in one.values()) for one in rows]))


def started(
    hub: HubApi, user: str, server: str, options: dict[str, Any], patience: float, tell: "Tell"
) -> dict[str, Any]:
    """What the hub tells of the server once it is ready."""
    there = _server(hub, user, server)
    if there and there.get("pending") == "stop":
        _await(lambda: _server(hub, user, server) is None, f"{_called(user, server)} stops", patience, tell)
        there = None
    if there is None:
        tell(f"starting {_called(user, server)}")
        hub.start_server(user, server, options)
    elif there["ready"]:
        tell(f"{_called(user, server)} runs already")

    def is_decided() -> bool:
        found = _server(hub, user, server)
        return found is None or bool(found["ready"])

    _await(is_decided, f"{_called(user, server)} starts", patience, tell)
    ready = _server(hub, user, server)
    if ready is None:
        why = hub.spawn_failure(user, server) or "the hub does not say why"
        raise StackError(f"{_called(user, server)} did not start: {why}", hint="inv doctor; inv logs hub")
    return ready


def _await(is_done: Callable[[], bool], what: str, patience: float, tell: "Tell") -> None:
    until, told = time.monotonic() + patience, False
    while not is_done():
        if time.monotonic() > until:
            raise StackError(f"after {patience:.0f} s still waiting: {what}", hint="inv logs hub; inv server.list")
        if not told:
            tell(f"waiting: {what}")
            told = True
        time.sleep(_PAUSE_SECONDS)


def _servers(hub: HubApi, user: str) -> dict[str, dict[str, Any]]:
    return dict((hub.user(user) or {}).get("servers") or {})


def _server(hub: HubApi, user: str, server: str) -> dict[str, Any] | None:
    """What the hub tells of one that runs, starts or stops."""
    return _servers(hub, user).get(server)


def _row(user: str, server: dict[str, Any], url: str) -> dict[str, Any]:
    return {
        "user": user,
        "name": server["name"],
        "profile": (server.get("user_options") or {}).get("profile"),
        "state": "ready" if server["ready"] else server["pending"] or "unknown",
        "started": server["started"],
        "last_activity": server["last_activity"],
        "url": url.rstrip("/") + str(server["url"]),
    }


def _called(user: str, server: str) -> str:
    return f"server {server} of {user}" if server else f"the server of {user}"
