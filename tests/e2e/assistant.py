"""An assistant: the official MCP client, with a token that it was given, at a user's notebook server."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import requests
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.e2e.stack import Person

TOKEN_SECONDS = 600


def token_of(person: Person) -> str:
    """A token that the person makes on the hub for an assistant."""
    path = f"/hub/api/users/{person.base.removeprefix('/user/')}/tokens"
    answer = person.post(path, json={"note": "assistant", "expires_in": TOKEN_SECONDS})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def said(person: Person, token: str, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """The words with which the tools of the person's server answer these calls, of one session."""

    async def all_of_them() -> list[str]:
        async with _own_session(person, token) as session:
            answers = [await session.call_tool(name, arguments) for name, arguments in calls]
            return ["".join(part.text for part in answer.content) for answer in answers]

    return asyncio.run(all_of_them())


def tools(person: Person, token: str) -> list[str]:
    """The names of the tools of the person's server."""

    async def listed() -> list[str]:
        async with _own_session(person, token) as session:
            return [tool.name for tool in (await session.list_tools()).tools]

    return asyncio.run(listed())


def _own_session(person: Person, token: str) -> AbstractAsyncContextManager[ClientSession]:
    return session_at(f"{person.stack.url}{person.base}/mcp", token, person.stack.ca)


@contextlib.asynccontextmanager
async def session_at(url: str, token: str, ca: str | bool, seconds: float = 60) -> AsyncIterator[ClientSession]:
    """A session that has begun.

    Args:
        seconds: how long to wait for each answer.
    """
    trust = ssl.create_default_context(cafile=ca if isinstance(ca, str) else None)
    headers = {"Authorization": f"token {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, verify=trust, timeout=seconds, trust_env=False) as http,
        streamable_http_client(url, http_client=http) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def asked(person: Person, method: str, token: str | None, query: str = "", **parameters: Any) -> requests.Response:
    """One message to the endpoint, as a program without a browser's cookies and without a session sends it."""
    client = {"name": "tests", "version": "1"}
    begin = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": client}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": begin if method == "initialize" else parameters}
    headers = {"Accept": "application/json, text/event-stream", "Connection": "close"}
    headers |= {"Authorization": f"token {token}"} if token else {}
    url = f"{person.stack.url}{person.base}/mcp{query}"
    session = requests.Session()
    session.trust_env = False
    return session.post(url, json=message, headers=headers, timeout=30, verify=person.stack.ca)
