"""One address for all users' assistants, and what each kind of token opens: hub, notebook server, and MCP of both."""

import asyncio
import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession

from tests.e2e.assistant import session_at
from tests.e2e.doors import OPENED, Doors
from tests.e2e.stack import InstalledStack, Person, eventually

pytestmark = pytest.mark.timeout(240)
CLIENTS, SECONDS = 50, 60


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


@pytest.fixture(scope="module")
def doors(stack: InstalledStack) -> Doors:
    return Doors(stack.url, (stack.state / "secrets" / "admin-service-token").read_text().strip())


def test_each_kind_of_token_opens_what_it_should_and_no_more(doors: Doors, ada: Person) -> None:
    own_server = ada.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()

    assert doors.table(own_server, doors.token("bob")) == OPENED


def test_one_address_starts_a_server_runs_a_cell_and_stops_it(stack: InstalledStack, doors: Doors) -> None:
    token = doors.token("grace@example.net")

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


def test_codex_gets_this_address_since_it_ends_where_a_notification_is_not_accepted(
    stack: InstalledStack, doors: Doors, ada: Person, tmp_path: Path
) -> None:
    stack.environment["CODEX_HOME"] = str(tmp_path)
    told = stack.inv("mcp.setup", "ada", "--client=codex").stderr

    written = tomllib.loads((tmp_path / "config.toml").read_text())["mcp_servers"]
    assert written == {"jupyterhub": {"url": f"{stack.url}/services/mcp", "bearer_token_env_var": "JUPYTERHUB_TOKEN"}}
    assert "as with --hub" in told
    token, notice = doors.token("ada"), {"jsonrpc": "2.0", "method": "notifications/initialized"}
    answers = [doors.ask("POST", path, token, notice).status_code for path in ("/services/mcp", "/user/ada/mcp")]
    assert answers == [202, 200], "where notebook servers answer 202 as well, codex needs no address of its own"


def test_many_clients_at_once_see_no_error_and_leave_no_token_in_a_log(
    stack: InstalledStack, doors: Doors, ada: Person
) -> None:
    tokens = [doors.token(("ada", "bob")[number % 2]) for number in range(CLIENTS)]
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
            # What is printed may be missing on a busy machine: jupyter-mcp-server 2.2.4 does not wait for all of it.
            assert not (await session.call_tool("execute_code", {"code": f"print({rounds} + 1)"})).is_error
            rounds += 1
        return rounds

    async def everybody() -> list[int]:
        # They share one kernel of the user's, which runs one thing at a time.
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
    async with session_at(f"{stack.url}/services/mcp", token, stack.ca, seconds=90) as session:
        return await work(session)
