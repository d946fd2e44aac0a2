"""Programs at a real hub: tokens for users of any name, with just their rights; servers that start or say why not."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apply import servers, tokens
from apply.hubapi import HubApi, HubRefused
from spec.errors import StackError
from tests.hub.conftest import PROFILES
from tests.hub.examples import ENVIRONMENT, SERVICES
from tests.hub.realhub import LIGHT_SERVER, RealHub, eventually

SCOPES = ("admin:users", "tokens", "admin:servers")
AWKWARD = [
    "anna, maria",
    "o'neil",
    "a!user=b",
    "grüße@firma",
    "two  spaces",
    "a%2fb",
    "+x*",
    "semi;colon",
    "日本",
    "a?b#c&d",
    'quo"te',
]
BREAKS = "breaks"
"""A user whose server ends while it starts."""
PROGRAM = """#!/bin/sh
if [ "$JUPYTERHUB_USER" = {breaks} ]; then sleep 1; exit 3; fi
exec {python} -I {server}
"""
QUICK_ANSWERS = "\nc.JupyterHub.tornado_settings.update({'slow_spawn_timeout': 0})\nc.Spawner.http_timeout = 3\n"
"""A hub that does not wait for a server before it answers, as on a cluster."""


def _without(scope: str) -> str:
    return f"without-{scope.replace(':', '-')}"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub with the admin service, and with one that lacks a scope of it for each scope."""
    folder = tmp_path_factory.mktemp("programs") / "state"
    lesser = [
        {"name": _without(scope), "scopes": [one for one in SCOPES if one != scope], "token_variable": variable}
        for scope, variable in ((scope, f"TOKEN_{number}") for number, scope in enumerate(SCOPES))
    ]
    program = tmp_path_factory.mktemp("program") / "python"
    program.write_text(PROGRAM.format(breaks=BREAKS, python=sys.executable, server=LIGHT_SERVER))
    program.chmod(0o700)
    hub = RealHub(folder, vault=None, profiles=PROFILES, services=[*SERVICES, *lesser], python=str(program))
    hub.environment = {f"TOKEN_{number}": _without(scope) for number, scope in enumerate(SCOPES)}
    with (folder / "config.py").open("a") as config:
        config.write(QUICK_ANSWERS)
    with hub:
        yield hub


@pytest.fixture
def api(hub: RealHub) -> HubApi:
    return HubApi(hub.api_url, ENVIRONMENT["BUUNSTACK_ADMIN_SERVICE_TOKEN"])


def token_of(api: HubApi, user: str, scopes: str = "", life: int | None = 600) -> str:
    name = tokens.hub_name(api, user) or tokens.made(api, user)
    return str(tokens.minted(api, name, tokens.wanted_scopes(scopes, name), life, "of tests")["token"])


def start(api: HubApi, user: str, server: str = "", **options: Any) -> dict[str, Any]:
    return servers.started(api, user, server, options, 30, lambda _: None)


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_that_needs_escaping_has_tokens_for_itself_alone(hub: RealHub, api: HubApi, name: str) -> None:
    token_of(api, "bystander")
    token = token_of(api, name)

    mine = HubApi(hub.api_url, token)
    found = mine.user(name)
    assert found
    assert found["name"] == name
    assert [one["note"] for one in api.tokens(name)] == ["of tests"]
    assert mine.user("bystander") is None
    with pytest.raises(HubRefused):
        mine.tokens(name)
    api.revoke(name, api.tokens(name)[0]["id"])
    assert hub.api("GET", "user", token).status_code == 403


def test_a_name_that_would_be_a_filter_for_two_users_is_one_user(hub: RealHub, api: HubApi) -> None:
    for name in ("anna", "maria"):
        token_of(api, name)
    mine = HubApi(hub.api_url, token_of(api, "anna,maria"))

    assert [mine.user(name) for name in ("anna", "maria")] == [None, None]


def test_servers_of_a_user_whose_name_needs_escaping_start_and_stop(hub: RealHub, api: HubApi) -> None:
    name = "anna, maria & co"
    mine = HubApi(hub.api_url, token_of(api, name))

    ready = start(mine, name)
    named = start(api, name, "second server")

    assert (ready["ready"], named["name"]) == (True, "second server")
    assert (name, "second server") in api.servers()
    for server in ("", "second server"):
        api.stop_server(name, server)
        eventually(lambda server=server: (name, server) not in api.servers(), "it is gone")


@pytest.mark.parametrize("name", ["a/b", "nobody\n", "u\u0308", " lead", "..", "x" * 300])
def test_a_name_that_nobody_can_have_is_refused_and_not_made(api: HubApi, name: str) -> None:
    before = api.names()

    with pytest.raises(StackError, match="cannot be the name of a user here"):
        tokens.made(api, name)

    assert api.names() == before


def test_a_name_is_written_as_the_hub_writes_it(api: HubApi) -> None:
    assert tokens.made(api, "GRACE") == "grace"

    assert tokens.hub_name(api, "Grace") == "grace"
    assert tokens.known(api, "GRACE") == "grace"
    assert api.create_user("Grace") is None, "it is there"


def test_an_unknown_user_is_named_and_not_made(api: HubApi) -> None:
    with pytest.raises(StackError, match="there is no user nobody"):
        tokens.known(api, "nobody")

    assert "nobody" not in api.names()


def test_the_usual_token_starts_reaches_and_stops_its_users_server_and_makes_no_token(
    hub: RealHub, api: HubApi
) -> None:
    token = token_of(api, "heidi")
    mine = HubApi(hub.api_url, token)

    assert start(mine, "heidi")["ready"]
    rights = hub.api("GET", "user", token).json()["scopes"]
    assert "access:servers!user=heidi" in rights
    with pytest.raises(HubRefused) as refused:
        mine.mint("heidi", [], 60, "")
    assert refused.value.status == 403
    mine.stop_server("heidi", "")
    eventually(lambda: ("heidi", "") not in api.servers(), "it is gone")


def test_the_seeds_token_can_make_more_tokens(hub: RealHub, api: HubApi) -> None:
    mine = HubApi(hub.api_url, token_of(api, "ivan", tokens.SEED))

    assert mine.mint("ivan", ["self"], None, "another one")["expires_at"] is None


def test_a_token_ends_when_it_was_asked_to(hub: RealHub, api: HubApi) -> None:
    token = token_of(api, "judy", life=1)

    eventually(lambda: hub.api("GET", "user", token).status_code == 403, "it has ended", 5)


@pytest.mark.parametrize("scopes", ["admin:users", "servers!user=ivan", "servers", "no-such-scope", "servers!who=x"])
def test_rights_that_the_user_lacks_are_refused_by_the_hub_and_in_its_words(api: HubApi, scopes: str) -> None:
    token_of(api, "mallory")
    before = api.tokens("mallory")

    with pytest.raises(StackError) as refused:
        token_of(api, "mallory", scopes)

    assert scopes.partition("!")[0] in refused.value.message
    assert "no right that its user lacks" in refused.value.hint
    assert len(api.tokens("mallory")) == len(before)


def test_a_scope_without_a_name_is_the_users_own(hub: RealHub, api: HubApi) -> None:
    token = token_of(api, "niaj", "read:users!user, access:servers!user")

    assert "access:servers!user=niaj" in hub.api("GET", "user", token).json()["scopes"]


def test_the_tokens_of_servers_are_told_from_those_of_programs(api: HubApi) -> None:
    token_of(api, "olivia")
    start(api, "olivia")

    kinds = {row["note"]: row["kind"] for row in (tokens.row("olivia", one) for one in api.tokens("olivia"))}

    assert kinds == {"of tests": "token", "Server at /user/olivia/": "server"}
    api.stop_server("olivia", "")


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("nothing-like-it", "nothing-like-it"),
        ("pytorch", "is a container image"),
        ("other-lab", "is for other groups of users"),
    ],
)
def test_a_profile_that_cannot_be_started_is_refused_with_the_hubs_reason(api: HubApi, profile: str, said: str) -> None:
    token_of(api, "peggy")

    with pytest.raises(StackError, match=said):
        start(api, "peggy", profile=profile)

    assert ("peggy", "") not in api.servers()


def test_a_server_that_ends_while_it_starts_is_an_error_with_the_hubs_reason(api: HubApi) -> None:
    token_of(api, BREAKS)

    with pytest.raises(StackError, match=f"the server of {BREAKS} did not start: Spawn failed"):
        start(api, BREAKS)


def test_a_server_that_runs_already_is_left_as_it_is(api: HubApi) -> None:
    token_of(api, "rupert")
    first = start(api, "rupert")

    again = start(api, "rupert")

    assert again["started"] == first["started"]
    api.stop_server("rupert", "")
    stopping = start(api, "rupert")  # one that stops is awaited, then another one starts
    assert stopping["ready"]
    api.stop_server("rupert", "")


def test_each_scope_of_the_admin_service_is_needed(hub: RealHub, api: HubApi) -> None:
    token_of(api, "sybil")
    lesser = {scope: HubApi(hub.api_url, _without(scope)) for scope in SCOPES}
    needed = {
        "admin:users": lambda one: one.create_user("new-of-nobody"),
        "tokens": lambda one: one.mint("sybil", ["self"], 60, ""),
        "admin:servers": lambda one: one.start_server("sybil"),
    }

    for scope, ask in needed.items():
        with pytest.raises(HubRefused):
            ask(lesser[scope])
    assert "new-of-nobody" not in api.names()


def test_a_hub_that_is_away_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="the hub does not answer"):
        HubApi("http://127.0.0.1:9/hub/api", "t").user("ada")
