"""What MCP clients are told of an endpoint, each in its own file and words. Pure.

No text here holds a token: each client takes it from a variable, or asks for it.
"""

import copy
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from render.hubfiles import MCP_PATH

VARIABLE = "JUPYTERHUB_TOKEN"
"""Where clients look for the token."""
HUB_KEY = "jupyterhub"
_INDENT = 2


class Unfit(Exception):
    """A file that is there cannot be added to; the words say why."""


@dataclass(frozen=True)
class Endpoint:
    """Something that answers assistants."""

    key: str
    """What clients call it."""
    url: str
    path: str
    """Below the public address."""


@dataclass(frozen=True)
class Client:
    """A kind of client."""

    name: str
    file: str
    """From the current folder, or from the home with `~/`; empty for none."""
    merged: Callable[[str, Endpoint], str]
    """The file's text with the endpoint in it; raises `Unfit`."""
    after: str
    """What is still to be done, in words."""
    strict: bool = False
    """Ends when a notification is not answered with 202, as the protocol wants and notebook servers do not do."""


def server_endpoint(public_url: str, user: str) -> Endpoint:
    """Of the server of a user, whose name is escaped as JupyterHub does (jupyterhub/utils.py).

    Clients take letters, digits, `-` and `_` alone in what they call a server.
    """
    key = "jupyter-" + re.sub(r"[^A-Za-z0-9_-]", "-", user)
    return _endpoint(key, public_url, f"user/{quote(user, safe='@~')}/mcp")


def hub_endpoint(public_url: str) -> Endpoint:
    """Of the hub itself."""
    return _endpoint(HUB_KEY, public_url, MCP_PATH.lstrip("/"))


def _endpoint(key: str, public_url: str, path: str) -> Endpoint:
    return Endpoint(key, f"{public_url.rstrip('/')}/{path}", path)


def _with_header(text: str, endpoint: Endpoint, token: str, *, kind: bool) -> str:
    """`mcpServers`, as several clients have it; `kind`: whether the client wants the transport's name."""
    entry: dict[str, Any] = {"type": "http"} if kind else {}
    entry |= {"url": endpoint.url, "headers": {"Authorization": f"token {token}"}}
    return _json_with(text, "mcpServers", endpoint.key, entry)


def _claude(text: str, endpoint: Endpoint) -> str:
    return _with_header(text, endpoint, f"${{{VARIABLE}}}", kind=True)


def _cursor(text: str, endpoint: Endpoint) -> str:
    return _with_header(text, endpoint, f"${{env:{VARIABLE}}}", kind=False)


def _vscode(text: str, endpoint: Endpoint) -> str:
    """It asks for the token once and keeps it in its own store of secrets."""
    identity = f"{endpoint.key}-token"
    asked = {"type": "promptString", "id": identity, "description": f"JupyterHub token of {endpoint.key}"}
    entry = {
        "type": "http",
        "url": endpoint.url,
        "headers": {"Authorization": f"token ${{input:{identity}}}"},
    }
    made = _json_with(text, "servers", endpoint.key, entry)
    inputs = json.loads(made).get("inputs", [])
    if not isinstance(inputs, list):
        raise Unfit("its `inputs` is not a list")
    if any(isinstance(one, dict) and one.get("id") == identity for one in inputs):
        return made
    content = json.loads(made) | {"inputs": [*inputs, asked | {"password": True}]}
    return _json_text(content, made)


def _codex(text: str, endpoint: Endpoint) -> str:
    """Changes the one table and leaves every other line of the file as it is."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unfit(f"it is not TOML: {error}") from error
    entry = {"url": endpoint.url, "bearer_token_env_var": VARIABLE}
    wanted = copy.deepcopy(content)
    servers = wanted.setdefault("mcp_servers", {})
    if not isinstance(servers, dict):
        raise Unfit("its `mcp_servers` is not a table")
    if servers.get(endpoint.key) == entry:
        return text
    servers[endpoint.key] = entry
    table = f"[mcp_servers.{endpoint.key}]\n" + "".join(f"{name} = {json.dumps(v)}\n" for name, v in entry.items())
    kept = _without_table(text, endpoint.key).rstrip()
    made = f"{kept}\n\n{table}" if kept else table
    try:
        same = tomllib.loads(made) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise Unfit(f"its `mcp_servers.{endpoint.key}` is written in a way that is not changed here")
    return made


def _without_table(text: str, key: str) -> str:
    """Without the lines from the table's head to the next head."""
    head = re.compile(rf'\[mcp_servers\.(?:{re.escape(key)}|"{re.escape(key)}")\]\s*(?:#.*)?$')
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            inside = head.match(line.strip()) is not None
        if not inside:
            kept.append(line)
    return "".join(kept)


def _json_with(text: str, section: str, key: str, entry: dict[str, Any]) -> str:
    """The JSON with one entry of a section set; what else is in it stays, in its order."""
    try:
        content = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise Unfit(f"it is not JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get(section, {}), dict):
        raise Unfit(f"its `{section}` is not an object" if isinstance(content, dict) else "it is not a JSON object")
    if content.get(section, {}).get(key) == entry:
        return text
    return _json_text(content | {section: {**content.get(section, {}), key: entry}}, text)


def _json_text(content: Any, like: str) -> str:
    """JSON that is indented as the other text is."""
    found = re.search(r"^[{\[]\s*\n([ \t]+)\S", like)
    return json.dumps(content, indent=found[1] if found else _INDENT, ensure_ascii=False) + "\n"


_EXPORT = f"export {VARIABLE}=<a token of the user> before the client starts"
CLIENTS = {
    client.name: client
    for client in (
        Client("claude", ".mcp.json", _claude, _EXPORT),
        Client("vscode", ".vscode/mcp.json", _vscode, "VS Code asks for a token of the user when it starts the server"),
        Client("cursor", ".cursor/mcp.json", _cursor, _EXPORT),
        Client("codex", "~/.codex/config.toml", _codex, _EXPORT, strict=True),
        Client("generic", "", _claude, f"put a token of the user where {VARIABLE} stands"),
    )
}
"""By the name on the command line."""
