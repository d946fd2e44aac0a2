"""`/services/mcp`: a message goes to the caller's notebook server, which is started for it, or to the endpoint."""

import asyncio
import json
import logging
from typing import Any

import aiohttp
from aiohttp import web

from hub.mcpgate import operating
from hub.mcpgate.hubside import Caller, HubDown, HubRefuses, HubSide, exact
from hub.mcpgate.messages import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REFUSED,
    Message,
    NotAMessage,
    answer_in,
    error,
    initialized,
    message_in,
    result,
    tool_result,
    with_tools,
)

MOST_BYTES = 16 * 1024 * 1024
"""Of one message: a cell's source, or a notebook's."""
QUIET_SECONDS = 10.0
"""After this long without an answer something is sent, so that no proxy in between gives up (nginx does after 60 s)."""
_CONNECT_SECONDS = 10.0
_PASSED_ON = ("Accept", "Mcp-Session-Id", "Mcp-Protocol-Version")
_UNAUTHORIZED, _TOO_MANY = 401, 429
_EVENTS = "text/event-stream"
_LOG = logging.getLogger("mcp")

Answer = dict[str, Any]


class Gate:
    """The endpoint."""

    def __init__(self, hub: HubSide, session: aiohttp.ClientSession, title: str) -> None:
        """Args: title: of the platform, which clients show."""
        self._hub, self._session, self._title = hub, session, title

    async def post(self, request: web.Request) -> web.StreamResponse:
        """One message, and its answer as JSON, or as an event where it takes long and the client takes events."""
        token = _token(request)
        if token is None:
            return _refusal(_UNAUTHORIZED, "send a token of the hub: Authorization: token ...")
        try:
            message = message_in(await request.read())
        except NotAMessage as fault:
            return web.json_response(error(None, fault.code, str(fault)), status=400)
        try:
            caller = await self._hub.caller(token, message.method, message.tool)
        except HubRefuses as refusal:
            return _refusal(refusal.status, str(refusal), message.identity)
        except HubDown as fault:
            return _refusal(503, str(fault), message.identity)
        work = asyncio.ensure_future(self._answer(request, message, token, caller))
        try:
            return await _sent(request, message, work)
        finally:
            work.cancel()

    async def _answer(self, request: web.Request, message: Message, token: str, caller: Caller) -> Answer | None:
        """The answer to a request; None to a notification. Each fault is an answer."""
        try:
            if operating.is_own(message.tool):
                return await self._operated(message, token, caller)
            if message.method == "ping":
                return result(message.identity, {})
            if caller.may["enter"]:
                return await self._passed_on(request, message, token, caller)
            return self._own(message, caller)
        except (HubRefuses, HubDown) as fault:
            return error(message.identity, REFUSED, str(fault))

    def _own(self, message: Message, caller: Caller) -> Answer | None:
        """What the endpoint says where no notebook server can be reached with the token."""
        if message.identity is None:
            return None
        if message.method == "initialize":
            return initialized(message, self._title)
        if message.method == "tools/list":
            return result(message.identity, {"tools": operating.tools(caller)})
        if message.method == "tools/call":
            reason = f"there is no tool {message.tool!r}: this token opens no notebook server (access:servers)"
            return error(message.identity, INVALID_PARAMS, reason)
        return error(message.identity, METHOD_NOT_FOUND, f"there is no method {message.method!r} here")

    async def _operated(self, message: Message, token: str, caller: Caller) -> Answer:
        try:
            found = await operating.operate(self._hub, token, caller, message.tool, message.arguments)
        except operating.WrongArguments as fault:
            return error(message.identity, INVALID_PARAMS, str(fault))
        except (HubRefuses, HubDown) as fault:
            return tool_result(message.identity, str(fault), failed=True)
        return tool_result(message.identity, found)

    async def _passed_on(self, request: web.Request, message: Message, token: str, caller: Caller) -> Answer | None:
        address = caller.address
        if address is None:
            if message.identity is None:
                return None  # a server that has not been there has missed nothing
            address = await self._started(message, token, caller)
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        headers |= {"Authorization": f"token {token}", "Content-Type": "application/json"}
        limit = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        try:
            async with self._session.post(
                exact(f"{address}mcp"), data=await request.read(), headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                body, status, kind = await answer.read(), answer.status, answer.content_type
        except (aiohttp.ClientError, OSError) as fault:
            raise HubDown(f"the notebook server does not answer: {type(fault).__name__}") from None
        if message.identity is None:
            return None
        found = answer_in(body, kind, message.identity)
        if found is None:
            raise HubRefuses(status, _fault(status))
        return with_tools(found, operating.tools(caller)) if message.method == "tools/list" else found

    async def _started(self, message: Message, token: str, caller: Caller) -> str:
        if not caller.may["start_own"]:
            raise HubRefuses(403, "your notebook server does not run, and this token may not start it (servers)")
        _LOG.info("starting the server of %s", caller.name)
        await self._hub.start(token, caller.name)
        again = await self._hub.caller(token, message.method, message.tool)
        if again.address is None:
            raise HubRefuses(500, "your notebook server has ended right after its start; see its log")
        return again.address


async def _sent(request: web.Request, message: Message, work: "asyncio.Future[Answer | None]") -> web.StreamResponse:
    """The answer once it is there; until then a sign of life now and then, for clients that take one."""
    patient = message.identity is not None and _EVENTS in request.headers.get("Accept", "")
    if patient:
        await asyncio.wait([work], timeout=QUIET_SECONDS)
    if not patient or work.done():
        answer = await work
        return web.Response(status=202) if answer is None else web.json_response(answer)
    stream = web.StreamResponse(headers={"Content-Type": _EVENTS, "Cache-Control": "no-store"})
    await stream.prepare(request)
    while not work.done():
        await stream.write(b": waiting\n\n")
        await asyncio.wait([work], timeout=QUIET_SECONDS)
    await stream.write(f"event: message\ndata: {json.dumps(work.result())}\n\n".encode())
    await stream.write_eof()
    return stream


async def refused_method(_: web.Request) -> web.Response:
    """There is no stream of the server's own, and no session to end: the notebook servers have neither."""
    return web.Response(status=405, headers={"Allow": "POST"}, text="POST messages here\n")


def _token(request: web.Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if kind.lower() in ("token", "bearer") and token.isascii() and token.isprintable() and token else None


def _refusal(status: int, reason: str, identity: str | int | None = None) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status == _TOO_MANY:
        headers["Retry-After"] = "1"
    return web.json_response(error(identity, REFUSED, reason), status=status, headers=headers)


def _fault(status: int) -> str:
    if status == 404:
        return "your notebook server has no MCP: jupyter-mcp-server is not in its image, or is switched off"
    if status in (401, 403):
        return "your notebook server refuses this token"
    return f"your notebook server has no answer to this ({status})"
