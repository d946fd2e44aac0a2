"""One address for all users' assistants, and what each kind of token opens: hub, notebook server, and MCP of both."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import requests
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.e2e.stack import InstalledStack, Person, eventually

pytestmark = pytest.mark.timeout(240)
SCOPES = ("access:servers!user={0}", "servers!user={0}", "read:users!user={0}")
BEGIN = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}},
}
CLIENTS, SECONDS = 50, 60
FORGETS_SECONDS = 45
"""A notebook server asks the hub again after 30 s at the latest."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    stack = InstalledStack(
        tmp_path_factory.mktemp("stack"), mcp={"enabled": True}, vault={"enabled": False}, culling={"enabled": False}
    )
    stack.install()
    yield stack
    stack.remove()


@pytest.fixture(scope="module")
def ada(stack: InstalledStack) -> Person:
    """With a running server."""
    ada = stack.person("ada")
    ada.spawn()
    return ada


def service_token(stack: InstalledStack) -> str:
    return (stack.state / "secrets" / "admin-service-token").read_text().strip()


def ask_hub(stack: InstalledStack, method: str, path: str, token: str | None, /, **body: Any) -> requests.Response:
    headers = {"Connection": "close"} | ({"Authorization": f"token {token}"} if token else {})
    session = requests.Session()
    session.trust_env = False
    return session.request(method, f"{stack.url}{path}", headers=headers, json=body, timeout=60, allow_redirects=False)


def token_of(stack: InstalledStack, user: str, **wanted: Any) -> str:
    wanted = {"expires_in": 3600, "scopes": [scope.format(user) for scope in SCOPES], **wanted}
    ask_hub(stack, "POST", f"/hub/api/users/{user}", service_token(stack))
    answer = ask_hub(stack, "POST", f"/hub/api/users/{user}/tokens", service_token(stack), **wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def opened(stack: InstalledStack, token: str | None) -> tuple[int, int, int, int | str]:
    """What the token opens of ada's: hub API, notebook API, MCP of the server, and whom the hub's MCP takes it for."""
    statuses = [
        ask_hub(stack, "GET", "/hub/api/users/ada", token).status_code,
        ask_hub(stack, "GET", "/user/ada/api/contents", token).status_code,
        ask_hub(stack, "POST", "/user/ada/mcp", token, **BEGIN).status_code,
    ]
    return (statuses[0], statuses[1], statuses[2], taken_for(stack, token))


def taken_for(stack: InstalledStack, token: str | None) -> int | str:
    """Whose server the hub's endpoint reaches, `hub` for none, or the status of a refusal."""
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call"}
    code = {"name": "execute_code", "arguments": {"code": "import os; print(os.environ['JUPYTERHUB_USER'])"}}
    answer = ask_hub(stack, "POST", "/services/mcp", token, **call, params=code)
    if answer.status_code != 200:
        return answer.status_code
    content = answer.json()
    return "hub" if "error" in content else str(content["result"]["content"][0]["text"]).strip()


def test_each_kind_of_token_opens_what_it_should_and_no_more(stack: InstalledStack, ada: Person) -> None:
    own_server = ada.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    short, revoked = token_of(stack, "ada", expires_in=20), token_of(stack, "ada")
    found = {
        "its user's": opened(stack, token_of(stack, "ada")),
        "none": opened(stack, None),
        "wrong": opened(stack, "0" * 32),
        "another user's": opened(stack, token_of(stack, "bob")),
        "the service's": opened(stack, service_token(stack)),
        "the server's own": opened(stack, own_server),
    }
    assert opened(stack, revoked) == opened(stack, short) == found["its user's"]
    identity = ask_hub(stack, "GET", "/hub/api/user", revoked).json()["token_id"]
    assert ask_hub(stack, "DELETE", f"/hub/api/users/ada/tokens/{identity}", service_token(stack)).status_code == 204
    assert (opened(stack, revoked)[0], opened(stack, revoked)[3]) == (403, 401)
    for name, token in (("revoked", revoked), ("expired", short)):
        eventually(lambda token=token: opened(stack, token)[2] == 403, f"{name} is refused", FORGETS_SECONDS)
        found[name] = opened(stack, token)

    nothing = (403, 403, 403, 401)
    assert found == {
        "its user's": (200, 200, 200, "ada"),
        "none": nothing,
        "wrong": nothing,
        "expired": nothing,
        "revoked": nothing,
        "another user's": (404, 403, 403, "bob"),
        "the service's": (200, 403, 403, "hub"),
        "the server's own": (200, 200, 200, "ada"),
    }


def test_one_address_starts_a_server_runs_a_cell_and_stops_it(stack: InstalledStack) -> None:
    token = token_of(stack, "grace@example.net")

    async def work(session: ClientSession) -> list[str]:
        calls = (
            ("use_notebook", {"notebook_name": "n", "notebook_path": "answer.ipynb", "mode": "create"}),
            ("insert_execute_code_cell", {"cell_index": -1, "cell_source": "print(6 * 7)"}),
            ("hub_server_status", {}),
            ("hub_stop_server", {}),
        )
        return [(await session.call_tool(name, given)).content[0].text for name, given in calls]

    _, ran, status, _ = asyncio.run(in_session(stack, token, work))

    assert ran == "42\n"
    assert (json.loads(status)["user"], json.loads(status)["state"]) == ("grace@example.net", "ready")
    running = lambda: [one["user"] for one in stack.status()["servers"]]  # noqa: E731
    eventually(lambda: "grace@example.net" not in running(), "grace's server has stopped")


def test_many_clients_at_once_see_no_error_and_leave_no_token_in_a_log(stack: InstalledStack, ada: Person) -> None:
    tokens = [token_of(stack, ("ada", "bob")[number % 2]) for number in range(CLIENTS)]
    until = time.monotonic() + SECONDS

    async def work(session: ClientSession) -> int:
        rounds = 0
        while time.monotonic() < until:
            assert len((await session.list_tools()).tools) > 3
            assert not (await session.call_tool("list_kernels", {})).is_error
            assert not (await session.call_tool("hub_server_status", {})).is_error
            rounds += 1
        return rounds

    async def run(session: ClientSession) -> int:
        rounds = 0
        while time.monotonic() < until:
            said = await session.call_tool("execute_code", {"code": f"print({rounds} + 1)"})
            assert said.content[0].text.strip() == str(rounds + 1), said
            rounds += 1
        return rounds

    async def everybody() -> list[int]:
        # The server mixes up what several run in one kernel at the same time, so one client of each user runs code.
        works = [run, run, *[work] * (CLIENTS - 2)]
        return await asyncio.gather(*(in_session(stack, *each) for each in zip(tokens, works, strict=True)))

    rounds = asyncio.run(everybody())

    assert min(rounds) > 0
    logs = {path.name: path.read_text(errors="replace") for path in (stack.state / "log").iterdir()}
    assert {"hub.log", "mcp.log", "proxy.log", "server-ada.log"} <= logs.keys()
    assert not [(name, token) for name, log in logs.items() for token in tokens if token in log]
    assert " 500 " not in logs["hub.log"]
    assert "Traceback" not in logs["mcp.log"]


async def in_session(stack: InstalledStack, token: str, work: Any) -> Any:
    """What the work returns, done with the official client at the hub's endpoint."""
    headers = {"Authorization": f"token {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=90, trust_env=False) as http,
        streamable_http_client(f"{stack.url}/services/mcp", http_client=http) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return await work(session)
