"""The MCP endpoint for all users, behind a real hub and proxy: whose server answers, what tokens allow, and faults."""

import concurrent.futures
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.mcpapi import CALLS_AT_ONCE
from tests.hub.examples import ENVIRONMENT
from tests.hub.gatehub import GateHub
from tests.hub.realhub import eventually

ADMIN = ENVIRONMENT["BUUNSTACK_ADMIN_SERVICE_TOKEN"]
OPERATING = ["hub_list_servers", "hub_server_status", "hub_start_server", "hub_stop_server"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateHub]:
    with GateHub(tmp_path_factory.mktemp("gate") / "state") as hub:
        yield hub


def names(listed: dict[str, Any]) -> list[str]:
    return [tool["name"] for tool in listed["tools"]]


def test_a_message_starts_the_callers_server_waits_for_it_and_reaches_it(hub: GateHub) -> None:
    alice, bob = hub.token("alice"), hub.token("bob")

    begun = hub.ask(alice, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={})
    first, second = hub.call(alice, "whoami"), hub.call(bob, "whoami")

    assert begun["serverInfo"]["name"] == "notebook"
    assert (first["name"], second["name"]) == ("alice", "bob")
    assert hub.call(alice, "whoami")["pid"] == first["pid"] != second["pid"]


def test_a_list_of_tools_has_the_servers_and_those_that_the_token_is_good_for(hub: GateHub) -> None:
    reading = hub.token("alice", ("access:servers!user={0}", "read:servers!user={0}"))

    assert names(hub.ask(hub.token("alice"), "tools/list")) == ["whoami", *OPERATING[1:]]
    assert names(hub.ask(reading, "tools/list")) == ["whoami", "hub_server_status"]
    assert names(hub.ask(ADMIN, "tools/list")) == OPERATING


def test_many_first_messages_at_once_start_one_server(hub: GateHub) -> None:
    token = hub.token("crowd")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: hub.call(token, "whoami"), range(8)))

    assert {(each["name"], each["pid"]) for each in found} == {("crowd", found[0]["pid"])}


@pytest.mark.parametrize("user", ["dora@example.net", "o'hara", "a+b", "émile"])
def test_a_name_that_has_to_be_encoded_is_only_a_name(hub: GateHub, user: str) -> None:
    token = hub.token(user)

    assert hub.call(token, "whoami")["name"] == user
    assert hub.call(ADMIN, "hub_server_status", user=user)["state"] == "ready"
    assert hub.call(token, "hub_stop_server")["user"] == user
    eventually(lambda: not hub.server(user), f"{user}'s server has stopped")


def test_an_operator_lists_starts_and_stops_servers_of_others(hub: GateHub) -> None:
    hub.token("carol")

    assert hub.call(ADMIN, "hub_server_status", user="carol") == {"user": "carol", "server": "", "state": "stopped"}
    assert hub.call(ADMIN, "hub_start_server", user="carol", profile="minimal")["state"] == "ready"
    listed = hub.call(ADMIN, "hub_list_servers")["servers"]
    assert [(each["user"], each["state"]) for each in listed if each["user"] == "carol"] == [("carol", "ready")]
    assert hub.call(ADMIN, "hub_start_server", user="carol", server="second")["state"] == "ready"
    assert len([each for each in hub.call(ADMIN, "hub_list_servers")["servers"] if each["user"] == "carol"]) == 2
    hub.call(ADMIN, "hub_stop_server", user="carol")
    hub.call(ADMIN, "hub_stop_server", user="carol", server="second")
    eventually(lambda: not hub.server("carol") and not hub.server("carol", "second"), "both have stopped")


def test_a_token_does_no_more_here_than_at_the_hub(hub: GateHub) -> None:
    mallory = hub.token("mallory")
    hub.spawn("victim")

    for tool in ("hub_server_status", "hub_start_server", "hub_stop_server"):
        assert hub.call(mallory, tool, user="victim").startswith("failed: ")
    assert hub.call(mallory, "hub_list_servers").startswith("failed: ")
    assert hub.call(mallory, "whoami", user="victim")["name"] == "mallory"
    assert hub.server("victim")["ready"]


def test_a_token_that_may_not_enter_or_start_is_told_so(hub: GateHub) -> None:
    entering = hub.token("eve", ("access:servers!user={0}",))
    starting = hub.token("eve", ("servers!user={0}",))

    assert "may not start it" in hub.ask(entering, "tools/list")
    assert "opens no notebook server" in hub.call(starting, "whoami")
    assert hub.ask(starting, "initialize", protocolVersion="2025-03-26")["protocolVersion"] == "2025-03-26"
    assert hub.ask(starting, "initialize", protocolVersion="1999")["serverInfo"]["name"] == "Tests"
    assert hub.ask(starting, "resources/list").startswith("200 there is no method")
    assert not hub.server("eve")


@pytest.mark.parametrize("given", [None, "wrong", "token with words"])
def test_without_a_valid_token_nothing_is_answered(hub: GateHub, given: str | None) -> None:
    answer = hub.send(given, {"jsonrpc": "2.0", "id": 1, "method": "ping"})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_expired_and_a_revoked_token_are_refused_at_once(hub: GateHub) -> None:
    short, revoked = hub.token("frida", expires_in=1), hub.token("frida")
    identity = hub.api("GET", "user", revoked).json()["token_id"]
    assert hub.ask(revoked, "ping") == {}
    hub.api("DELETE", f"users/frida/tokens/{identity}")
    assert hub.ask(revoked, "ping").startswith("401")
    eventually(lambda: hub.api("GET", "user", short).status_code == 403, "the short token has expired")
    assert hub.ask(short, "ping").startswith("401")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"no json", 400, -32700),
        (b"[" * 100_000, 400, -32700),
        (b"[]", 400, -32600),
        (b'{"id": 1, "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 3}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "ping"}', 400, -32600),
        (json.dumps({"jsonrpc": "2.0", "id": 1, "method": "x" * 101}).encode(), 400, -32000),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "a\\nforged line"}', 400, -32000),
    ],
)
def test_what_is_no_message_has_its_own_error(hub: GateHub, body: bytes, status: int, code: int) -> None:
    answer = hub.send(hub.token("gus"), body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "forged line" not in hub.log.read_text()


def test_notifications_and_answers_get_no_answer(hub: GateHub) -> None:
    token = hub.token("hedy")

    for message in ({"method": "notifications/initialized"}, {"id": 1, "result": {}}):
        answer = hub.send(token, {"jsonrpc": "2.0", **message})
        assert (answer.status_code, answer.text) == (202, "")
    assert not hub.server("hedy")


def test_only_messages_are_taken(hub: GateHub) -> None:
    for method in ("GET", "DELETE", "PUT"):
        answer = hub.session.request(method, f"{hub.url}/services/mcp", timeout=20)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert hub.session.get(f"{hub.url}/services/mcp/other", timeout=20).status_code == 404


def test_a_message_that_is_too_big_is_refused(hub: GateHub) -> None:
    assert hub.send(hub.token("ida"), b" " * (17 * 1024 * 1024)).status_code == 413


def test_a_server_that_fails_to_start_gives_the_hubs_reason(hub: GateHub) -> None:
    refuse = hub.folder / "refuse"
    token = hub.token("jan")
    refuse.write_text("no disk today")
    try:
        assert hub.ask(token, "tools/list").startswith("200 Spawn failed: Server at ")
        assert hub.call(token, "hub_start_server").startswith("failed: Spawn failed: Server at ")
    finally:
        refuse.unlink()
    assert hub.call(token, "whoami")["name"] == "jan"


def test_a_server_without_mcp_says_so(hub: GateHub) -> None:
    assert "jupyter-mcp-server is not in its image" in hub.call(hub.token("kim"), "missing")


def test_a_stream_of_events_from_the_server_is_read(hub: GateHub) -> None:
    assert hub.call(hub.token("lea"), "events")["name"] == "lea"


def test_a_long_call_is_kept_alive_for_clients_that_take_events(hub: GateHub) -> None:
    message = {
        "jsonrpc": "2.0",
        "id": 5,
        "method": "tools/call",
        "params": {"name": "whoami", "arguments": {"seconds": 11}},
    }

    answer = hub.send(hub.token("mia"), message, accept="application/json, text/event-stream")

    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text.startswith(": waiting\n\n")
    assert json.loads(answer.text.rsplit("data: ")[-1])["id"] == 5


@pytest.mark.parametrize(
    ("arguments", "words"), [({"who": "x"}, "has no argument 'who'"), ({"user": 3}, "user must be a text")]
)
def test_wrong_arguments_of_a_tool_are_named(hub: GateHub, arguments: dict[str, Any], words: str) -> None:
    assert words in hub.call(ADMIN, "hub_server_status", **arguments)


def test_an_unknown_user_is_named_by_the_hub(hub: GateHub) -> None:
    assert hub.call(ADMIN, "hub_start_server", user="nobody-here").startswith("failed: ")


def test_who_calls_too_often_is_refused_and_nobody_else(hub: GateHub) -> None:
    greedy, other = hub.token("nina"), hub.token("nina")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: hub.send(greedy, {"jsonrpc": "2.0", "id": 1, "method": "ping"}), range(400)))

    answers = [each.status_code for each in found]
    assert set(answers) == {200, 429}
    assert answers.count(200) >= CALLS_AT_ONCE
    assert {each.headers["Retry-After"] for each in found if each.status_code == 429} == {"1"}
    assert hub.ask(other, "ping") == {}


def test_each_message_is_a_line_of_the_hubs_log_and_no_token_is_in_any(hub: GateHub) -> None:
    token = hub.token("olga")
    identity = hub.api("GET", "user", token).json()["token_id"]
    hub.call(token, "whoami", secret="in-an-argument")

    logs = hub.log.read_text() + hub.gate_log.read_text()
    assert f"mcp: user olga (token {identity}): tools/call whoami" in logs
    assert token not in logs
    assert "in-an-argument" not in logs


def test_cookies_of_a_notebook_server_do_not_reach_the_client(hub: GateHub) -> None:
    hub.call(hub.token("paul"), "whoami")

    answer = hub.send(hub.token("quin"), {"jsonrpc": "2.0", "id": 1, "method": "initialize"})

    assert "Set-Cookie" not in answer.headers


def test_a_hub_that_is_down_is_named_and_servers_are_found_again(hub: GateHub) -> None:
    token = hub.token("rosa")
    pid = hub.call(token, "whoami")["pid"]

    hub.stop()
    answer = hub.send(token, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    hub.start()

    assert (answer.status_code, answer.json()["error"]["message"][:25]) == (503, "the hub does not answer: ")
    assert hub.call(token, "whoami")["pid"] == pid
