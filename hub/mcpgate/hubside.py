"""What the endpoint asks of the hub with its caller's own token, so that it can do no more than the caller.

Touches the network.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

_PAGE = 200
"""Users; the most that JupyterHub gives in one answer (`api_page_max_limit`)."""
_USUAL_SECONDS = 30.0
_ACCEPTED, _BAD_REQUEST, _SERVER_FAULT = 202, 400, 500


class HubRefuses(Exception):
    """The hub says no; the message is its own."""

    def __init__(self, status: int, reason: str) -> None:
        """Args: status: of HTTP."""
        super().__init__(reason)
        self.status = status


class HubDown(Exception):
    """The hub does not answer; the message says how."""


@dataclass(frozen=True)
class Caller:
    """Who has sent a message, as the hub knows it."""

    name: str
    may: dict[str, bool]
    address: str | None
    """Of the caller's server while it runs, inside of the platform."""


class HubSide:
    """The hub's API for one endpoint."""

    def __init__(self, api: str, session: aiohttp.ClientSession) -> None:
        """Args: api: address of the hub's API."""
        self._api, self._session = api.rstrip("/"), session

    async def caller(self, token: str, method: str, tool: str) -> Caller:
        """Who calls. The hub counts and notes each time that this is asked.

        Raises:
            HubRefuses: 401 no valid token, 429 too many calls, 400 names that are none.
            HubDown: it does not answer.
        """
        found = await self._call("POST", "stack/mcp", token, {"method": method, "tool": tool})
        return Caller(str(found["name"]), dict(found["may"]), found["address"])

    async def servers(self, token: str) -> list[dict[str, Any]]:
        """The running servers of all whom the token may see."""
        found: list[dict[str, Any]] = []
        for offset in range(0, 1_000_000, _PAGE):
            users = await self._call("GET", f"users?state=active&offset={offset}&limit={_PAGE}", token)
            found += [_line(user["name"], server) for user in users for server in (user.get("servers") or {}).values()]
            if len(users) < _PAGE:
                break
        return found

    async def status(self, token: str, user: str, server: str) -> dict[str, Any]:
        """One server, running or not."""
        known = await self._call("GET", f"users/{quote(user, safe='')}", token)
        found = (known.get("servers") or {}).get(server)
        return _line(known["name"], found) if found else {"user": known["name"], "server": server, "state": "stopped"}

    async def start(self, token: str, user: str, server: str = "", profile: str = "") -> None:
        """Start a server, and wait until it is ready or has failed; one that runs or starts already is left as it is.

        Raises:
            HubRefuses: the hub does not start it, or it did not come up; the reason is the hub's.
            HubDown: the hub does not answer.
        """
        options = {"profile": profile} if profile else {}
        try:
            await self._call("POST", _server_path(user, server), token, options)
        except HubRefuses as refusal:
            # So the hub calls one that runs already; whoever asks at the same time as another gets it.
            goes_on = refusal.status == _BAD_REQUEST and (await self.status(token, user, server))["state"] != "stopped"
            # A start that failed at once has its reason with the progress.
            if not goes_on and refusal.status < _SERVER_FAULT:
                raise
        await self._wait(token, user, server)

    async def stop(self, token: str, user: str, server: str) -> bool:
        """Stop a server; whether it is gone already, since the hub may go on after its answer."""
        status, _ = await self._request("DELETE", _server_path(user, server), token)
        return status != _ACCEPTED

    async def _wait(self, token: str, user: str, server: str) -> None:
        async for event in self._progress(token, user, server):
            if event.get("ready"):
                return
            if event.get("failed"):
                raise HubRefuses(500, str(event.get("message") or "the server did not start"))
        if (await self.status(token, user, server))["state"] != "ready":
            raise HubRefuses(500, "the server did not start, and the hub does not say why")

    async def _progress(self, token: str, user: str, server: str) -> AsyncIterator[dict[str, Any]]:
        """What the hub tells of a start, as long as it lasts: the spawner has its own limit."""
        address = exact(f"{self._api}/{_server_path(user, server)}/progress")
        limit = aiohttp.ClientTimeout(total=None, sock_connect=_USUAL_SECONDS, sock_read=_USUAL_SECONDS)
        try:
            async with self._session.get(address, headers=_headers(token), timeout=limit) as answer:
                if answer.status >= _BAD_REQUEST:
                    return
                async for line in answer.content:
                    if line.startswith(b"data:"):
                        yield dict(json.loads(line[5:]))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise HubDown(f"the hub does not answer: {type(error).__name__}") from None

    async def _call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        _, content = await self._request(method, path, token, body)
        return content

    async def _request(self, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
        limit = aiohttp.ClientTimeout(total=_USUAL_SECONDS)
        try:
            async with self._session.request(
                method, exact(f"{self._api}/{path}"), headers=_headers(token), json=body, timeout=limit
            ) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise HubDown(f"the hub does not answer: {type(error).__name__}") from None
        content = _content(text)
        if answer.status >= _BAD_REQUEST:
            said = content.get("message") if isinstance(content, dict) else None
            raise HubRefuses(answer.status, str(said or f"the hub answers {answer.status}"))
        return answer.status, content


def exact(address: str) -> URL:
    """An address whose path is sent as it is: encoded once, and not put in another form on the way."""
    return URL(address, encoded=True)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def _server_path(user: str, server: str) -> str:
    name = quote(user, safe="")
    return f"users/{name}/servers/{quote(server, safe='')}" if server else f"users/{name}/server"


def _line(user: str, server: dict[str, Any]) -> dict[str, Any]:
    state = "ready" if server["ready"] else str(server.get("pending") or "stopped")
    kept = {key: server[key] for key in ("started", "last_activity", "url") if server.get(key)}
    return {"user": user, "server": server["name"], "state": state, **kept}


def _content(text: bytes) -> Any:
    try:
        return json.loads(text or b"{}")
    except ValueError:
        return {}
