"""`inv mcp.setup`: what a client needs to reach a user's notebook server, in words and in the client's own file."""

import os
import re
import stat
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import console, mcpaccess, mcpclient
from apply.mcpchecks import unknown_user
from apply.mcpclients import CLIENTS, VARIABLE, Client, Endpoint, Unfit, hub_endpoint, server_endpoint
from apply.mcpstatus import enabled_target
from apply.state import write_whole
from apply.tokens import default_scopes
from spec.errors import StackError
from spec.quantities import DURATION, seconds

if TYPE_CHECKING:
    from apply.reach import Reach
    from apply.target import Target

_NEW_FILE = 0o644
_PLACEHOLDER = f"token ${{{VARIABLE}}}"


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    client: str = ""
    """Of `CLIENTS`; empty to write no file."""
    hub: bool = False
    """The endpoint of the hub instead of the server's."""
    with_token: bool = False
    expires: str = "30d"


def setup(spec: str, state: str | None, user: str, wanted: Wanted, as_json: bool) -> None:
    """Print the endpoint and its tools, and write the client's file.

    Raises:
        StackError: no such user or client, a file that cannot be added to, or a token that cannot be made.
    """
    client = _client(wanted)
    if client and client.strict and not wanted.hub:
        wanted = replace(wanted, hub=True)
        console.say(f"{client.name} takes no answers of notebook servers: it gets the hub's endpoint, as with --hub")
    found = enabled_target(spec, state)
    endpoint = hub_endpoint(found.url()) if wanted.hub else server_endpoint(found.url(), user)
    tools, note = _asked(found, user, endpoint, wanted)
    file = _written(client, endpoint) if client and client.file else None
    token = _minted(found, user, wanted.expires) if wanted.with_token else None
    content = {
        "user": user,
        "client": wanted.client or None,
        "key": endpoint.key,
        "url": endpoint.url,
        "header": {"Authorization": _PLACEHOLDER},
        "authority": _authority(found),
        "file": str(file) if file else None,
        "tools": tools,
        "note": note,
        **({"token": token, "expires": wanted.expires} if token else {}),
    }
    if as_json:
        console.result_json(content)
    else:
        console.result(_words(content, client, endpoint))


def _client(wanted: Wanted) -> Client | None:
    if wanted.client and wanted.client not in CLIENTS:
        raise StackError(f"there is no client {wanted.client!r}", hint=f"one of: {', '.join(CLIENTS)}")
    if not re.fullmatch(DURATION, wanted.expires):
        raise StackError(f"--expires {wanted.expires} is not a duration", hint="such as 12h or 30d")
    return CLIENTS.get(wanted.client)


def _asked(found: "Target", user: str, endpoint: Endpoint, wanted: Wanted) -> tuple[list[str] | None, str]:
    """The tools, or why they are not listed: what a client needs is known without a hub that answers."""
    with ExitStack() as stack:
        try:
            hub = stack.enter_context(found.hub())
            known = hub.user(user)
        except StackError as error:
            return None, f"not listed: {error.message}"
        if known is None:
            raise unknown_user(user)
        if hub.server_state(user) != "ready":
            return None, "not listed: the server does not run" + ("; a first message starts it" if wanted.hub else "")
        reach = stack.enter_context(found.reach())
        with mcpaccess.token_of(hub, user) as token:
            return _tools(endpoint, token, reach)


def _minted(found: "Target", user: str, expires: str) -> str:
    """Last of all: nobody would see a token that was made before something failed."""
    with found.hub() as hub:
        return str(hub.mint(user, default_scopes(user), seconds(expires), "inv mcp.setup")["token"])


def _tools(endpoint: Endpoint, token: str, reach: "Reach") -> tuple[list[str] | None, str]:
    try:
        return mcpclient.tool_names(reach.url + endpoint.path, token, reach.trust, reach.address), ""
    except StackError:
        return None, "not listed: the server runs, and its endpoint does not answer; inv mcp.status says why"


def _authority(found: "Target") -> str | None:
    """The certificates that a client must be told to trust; None where the system does."""
    if found.stack.target.kind != "local" or found.stack.hub.tls != "self-signed":
        return None
    with found.reach() as reach:
        return str(reach.trust)


def _written(client: Client, endpoint: Endpoint) -> Path:
    """The client's file with the endpoint in it, whole or as it was."""
    path = _place(client)
    try:
        text = path.read_text("utf-8-sig") if path.exists() else ""
        made = client.merged(text, endpoint)
    except (OSError, UnicodeDecodeError, Unfit) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        entry = "\n".join(f"    {line}" for line in client.merged("", endpoint).splitlines())
        message = f"{path} is left as it is: {reason}\n  to be added by hand:\n{entry}"
        raise StackError(message, hint="put the file right, or move it away, then again") from error
    if made == text:
        console.say(f"{path} has {endpoint.key} already")
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, made, stat.S_IMODE(path.stat().st_mode) if path.exists() else _NEW_FILE)
    except OSError as error:
        hint = "go to another folder, or use --client generic"
        raise StackError(f"{path} cannot be written: {error.strerror}", hint) from error
    console.say(f"{path} has {endpoint.key} now")
    return path


def _place(client: Client) -> Path:
    """A link is followed: the file that it names is the client's."""
    if client.name == "codex" and (home := os.environ.get("CODEX_HOME")):
        return (Path(home) / Path(client.file).name).resolve()
    return (Path.cwd() / Path(client.file).expanduser()).resolve()


def _words(content: dict[str, Any], client: Client | None, endpoint: Endpoint) -> str:
    tools = content["tools"]
    rows = [("url", content["url"]), ("header", f"Authorization: {_PLACEHOLDER}")]
    rows.append(("tools", content["note"] if tools is None else f"{len(tools)}: {', '.join(tools)}"))
    if content["authority"]:
        rows.append(("trust", f"{content['authority']} (NODE_EXTRA_CA_CERTS or SSL_CERT_FILE, as the client has it)"))
    if client:
        rows.append(("then", client.after))
    if "token" in content:
        rows.append(("token", f"export {VARIABLE}={content['token']}  # ends after {content['expires']}"))
    lines = [f"{name.ljust(6)}  {words}" for name, words in rows]
    if client and not client.file:
        lines += ["", client.merged("", endpoint).rstrip()]
    return "\n".join(lines)
