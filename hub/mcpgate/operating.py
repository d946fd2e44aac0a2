"""Tools of the endpoint itself: look at servers, start and stop them, as far as the caller's token goes."""

from collections.abc import Awaitable, Callable
from typing import Any

from hub.mcpgate.hubside import Caller, HubSide

Arguments = dict[str, str]
Work = Callable[[HubSide, str, Arguments], Awaitable[Any]]

_USER = {"type": "string", "description": "The user's name; yourself when it is left out."}
_SERVER = {"type": "string", "description": "The name of a named server; the default server when it is left out."}
_PROFILE = {"type": "string", "description": "The profile to start with; the default one when it is left out."}


async def _listed(hub: HubSide, token: str, _: Arguments) -> Any:
    return {"servers": await hub.servers(token)}


async def _status(hub: HubSide, token: str, given: Arguments) -> Any:
    return await hub.status(token, given["user"], given["server"])


async def _started(hub: HubSide, token: str, given: Arguments) -> Any:
    await hub.start(token, given["user"], given["server"], given["profile"])
    return {"user": given["user"], "server": given["server"], "state": "ready"}


async def _stopped(hub: HubSide, token: str, given: Arguments) -> Any:
    gone = await hub.stop(token, given["user"], given["server"])
    return {"user": given["user"], "server": given["server"], "state": "stopped" if gone else "stop"}


_TOOLS: dict[str, tuple[str, str, dict[str, Any], Work]] = {
    "hub_list_servers": ("list", "List the running notebook servers of all users that you may see.", {}, _listed),
    "hub_server_status": (
        "read",
        "Tell whether a user's notebook server runs, since when, and when it was last used.",
        {"user": _USER, "server": _SERVER},
        _status,
    ),
    "hub_start_server": (
        "start",
        "Start a user's notebook server, and wait until it is ready.",
        {"user": _USER, "server": _SERVER, "profile": _PROFILE},
        _started,
    ),
    "hub_stop_server": (
        "stop",
        "Stop a user's notebook server. What runs in it ends; files stay.",
        {"user": _USER, "server": _SERVER},
        _stopped,
    ),
}
"""Name -> the right it needs, what it does, its arguments, the work."""


class WrongArguments(Exception):
    """A tool is called with what it does not take; the message says what."""


def tools(caller: Caller) -> list[dict[str, Any]]:
    """Those the caller's token is good for, as `tools/list` shows them."""
    return [
        {
            "name": name,
            "description": description,
            "inputSchema": {"type": "object", "properties": properties, "additionalProperties": False},
        }
        for name, (right, description, properties, _) in _TOOLS.items()
        if caller.may[right]
    ]


def is_own(tool: str) -> bool:
    """Whether this is a tool of the endpoint itself."""
    return tool in _TOOLS


async def operate(hub: HubSide, token: str, caller: Caller, tool: str, given: dict[str, Any]) -> Any:
    """Do it, and return what a model is to read.

    Raises:
        WrongArguments: an argument is unknown, or is no text.
        HubRefuses: the token does not allow it, or it failed; the reason is the hub's.
        HubDown: the hub does not answer.
    """
    _, _, properties, work = _TOOLS[tool]
    for name, value in given.items():
        if name not in properties:
            raise WrongArguments(f"{tool} has no argument {name!r}; it takes: {', '.join(properties) or 'none'}")
        if not isinstance(value, str):
            raise WrongArguments(f"{name} must be a text")
    return await work(hub, token, {"server": "", "profile": "", **given, "user": given.get("user") or caller.name})
