"""The checks of one user's endpoint for assistants: it works for who may, and for nobody else."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from apply import mcpaccess, mcpclient
from apply.hubapi import HubApi
from apply.mcpclients import Endpoint, hub_endpoint
from apply.reach import Reach
from spec.errors import StackError, TargetUnreachable

OK, FAILED, SKIPPED, UNSAFE = "ok", "failed", "skipped", "UNSAFE"
NAMES = (
    "hub",
    "address",
    "user",
    "server",
    "endpoint",
    "tools",
    "no token",
    "wrong token",
    "other user",
    "one for all",
)
"""In their order."""
_REFUSALS = (401, 403)
_MISSING, _GOOD = 404, 200
_PROTOCOL = "2024-11-05"


@dataclass(frozen=True)
class Check:
    """One row of a status."""

    name: str
    state: str
    words: str
    hint: str = ""
    absent: bool = False
    """Whether it failed because something does not run or answer."""


@dataclass
class Seen:
    """What the checks know of the endpoint so far."""

    hub: HubApi
    reach: Reach
    user: str
    endpoint: Endpoint
    """As assistants know it."""
    why_missing: Callable[[], tuple[str, str]]
    """What a server without the extension lacks, and what repairs it; asked only then."""
    tools: list[str] | None = None


def checks(seen: Seen, tell: Callable[[str], None]) -> Iterator[Check]:
    """One after the other; after one that all others need, the rest is left out.

    Raises:
        StackError: the hub refuses something that is no part of a check.
    """
    for check in (_hub, _address, _user, _server):
        found = check(seen)
        yield found
        if found.state == FAILED and check is not _address:
            return
    mcpclient.load()
    tell("making a token that lives for the time of the check")
    with mcpaccess.token_of(seen.hub, seen.user) as token:
        status = _status(seen, "initialize", token)
        yield _endpoint(seen, status)
        if status == _MISSING:
            return
        if status == _GOOD:
            tell("listing the tools with an MCP client")
            yield _tools(seen, token)
            yield _one_for_all(seen, token)
    tell("trying to get in without leave")
    yield _refused(seen, "no token", None, "anybody who reaches the server")
    yield _refused(seen, "wrong token", "wrong", "anybody who sends some token")
    yield _other_user(seen)


def _hub(seen: Seen) -> Check:
    try:
        seen.hub.user(seen.user)
    except TargetUnreachable as error:
        return Check("hub", FAILED, error.message, error.hint, absent=True)
    return Check("hub", OK, "answers")


def _address(seen: Seen) -> Check:
    if seen.reach.broken:
        hint = "the Ingress, its controller, the name in DNS; the rest is looked at through a tunnel"
        return Check("address", FAILED, seen.reach.note, hint, absent=True)
    words = f"through a tunnel: {seen.reach.note}" if seen.reach.note else f"answers at {seen.reach.url}"
    return Check("address", OK, words)


def _user(seen: Seen) -> Check:
    found = seen.hub.user(seen.user)
    if found is None:
        error = unknown_user(seen.user)
        return Check("user", FAILED, error.message, error.hint)
    return Check("user", OK, "an administrator" if found.get("admin") else "known")


def unknown_user(name: str) -> StackError:
    """What to say of a name that the hub does not know."""
    hint = "a user is known from the first sign-in on, by the name that the hub's administration page shows"
    return StackError(f"the hub knows no user {name!r}", hint)


def _server(seen: Seen) -> Check:
    state = seen.hub.server_state(seen.user)
    if state == "ready":
        return Check("server", OK, "runs")
    if state != "stopped":
        return Check("server", FAILED, f"is not ready ({state})", "wait a little, then again", absent=True)
    if failure := seen.hub.spawn_failure(seen.user):
        return Check("server", FAILED, f"does not run: {failure}", f"inv logs hub; {_start(seen)}", absent=True)
    return Check("server", FAILED, "does not run", _start(seen), absent=True)


def _start(seen: Seen) -> str:
    return f"inv server.start {shlex.quote(seen.user)}"


def _endpoint(seen: Seen, status: int) -> Check:
    """Args: status: of its answer to the user's own token."""
    if status == _GOOD:
        return Check("endpoint", OK, f"answers at {seen.endpoint.url}")
    if status == _MISSING:
        words, hint = seen.why_missing()
        return Check("endpoint", FAILED, f"404, so the server has no MCP extension: {words}", hint)
    words = f"answers {status} to the user's own token, not {_GOOD}"
    return Check("endpoint", FAILED, words, "the server's own log says why")


def _tools(seen: Seen, token: str) -> Check:
    try:
        seen.tools = mcpclient.tool_names(
            seen.reach.url + seen.endpoint.path, token, seen.reach.trust, seen.reach.address
        )
    except StackError as error:
        return Check("tools", FAILED, error.message, "the server's own log says why")
    if not seen.tools:
        return Check("tools", FAILED, "none", "restart the server")
    return Check("tools", OK, f"{len(seen.tools)}, listed with an MCP client")


def _one_for_all(seen: Seen, token: str) -> Check:
    """Whether the hub's own endpoint leads this user to this server."""
    path = hub_endpoint("").path
    try:
        found = mcpclient.tool_names(seen.reach.url + path, token, seen.reach.trust, seen.reach.address)
    except StackError as error:
        return Check("one for all", FAILED, error.message, "inv logs mcp, or inv logs hub on a cluster")
    if lacking := sorted(set(seen.tools or ()) - set(found)):
        return Check("one for all", FAILED, f"/{path} does not list {lacking[0]}", "inv logs hub")
    return Check("one for all", OK, f"/{path} lists {len(found)} tools")


def _refused(seen: Seen, name: str, token: str | None, who: str) -> Check:
    """Whether the door is closed for both: to begin, and to list without having begun."""
    said = {method: _status(seen, method, token) for method in ("initialize", "tools/list")}
    if entered := [method for method, status in said.items() if status == _GOOD]:
        words = f"ANSWERED ({', '.join(entered)}): {who} can run code as {seen.user}"
        hint = f"stop the server of {seen.user} now; mcp.version 1.0.0 and newer check their callers"
        return Check(name, UNSAFE, words, hint)
    if strange := [status for status in said.values() if status not in _REFUSALS]:
        return Check(name, FAILED, f"answers {strange[0]}, not 403", "the server's own log says why")
    return Check(name, OK, f"refused with {said['initialize']}")


def _other_user(seen: Seen) -> Check:
    with ExitStack() as stack:
        try:
            token = stack.enter_context(mcpaccess.token_of_a_stranger(seen.hub))
        except TargetUnreachable:
            raise
        except StackError as error:
            words = f"not tried, since the hub makes no user for it: {error.message}"
            return Check("other user", SKIPPED, words)
        headers = {"Authorization": f"token {token}"}
        status, _ = seen.reach.call("GET", "hub/api/user", "the hub", headers=headers)
        if status != _GOOD:
            return Check("other user", FAILED, f"a token made for the check is answered with {status}", "inv logs hub")
        return _refused(seen, "other user", token, "every user of the hub")


def _status(seen: Seen, method: str, token: str | None) -> int:
    client = {"name": "inv mcp.status", "version": "1"}
    begin = {"protocolVersion": _PROTOCOL, "capabilities": {}, "clientInfo": client}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": begin if method == "initialize" else {}}
    headers = {"Accept": "application/json, text/event-stream"}
    headers |= {"Authorization": f"token {token}"} if token is not None else {}
    status, _ = seen.reach.call("POST", seen.endpoint.path, f"the server of {seen.user}", body=body, headers=headers)
    return status
