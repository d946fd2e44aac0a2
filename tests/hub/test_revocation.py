"""A notebook token dies with its server, whatever happens to hub, Vault or user meanwhile."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.hub.realhub import RealHub, eventually, hub_token
from tests.hub.vaultside import VaultSide


class Server:
    """A user's server that has asked for a Vault token."""

    def __init__(self, hub: RealHub, vault: VaultSide, user: str, server: str = "") -> None:
        self._vault = vault
        self.user, self.server = user, server
        report = hub.spawn(user, server)
        self.pid = report["pid"]
        self.hub_token = hub_token(report)
        self.token = vault.unwrap(hub.ask(self.hub_token).json()["wrapped_token"])
        assert self.lives

    @property
    def lives(self) -> bool:
        return self._vault.lives(self.token)

    def dies(self) -> None:
        eventually(lambda: not self.lives, "the token is dead", 10)


def _ledger(hub: RealHub, user: str) -> list[tuple[str, str]]:
    with sqlite3.connect(hub.folder / "hub" / "jupyterhub.sqlite") as database:
        query = "select accessor, server_name from buunstack_vault_tokens where user_name = ?"
        return database.execute(query, [user]).fetchall()


@pytest.fixture
def restarted(hub: RealHub) -> Iterator[RealHub]:
    """A hub that the test stops; it runs again afterwards."""
    yield hub
    if not hub.runs:
        hub.start()


def test_a_stop_ends_the_tokens_of_this_server_and_of_no_other(hub: RealHub, vault: VaultSide) -> None:
    one, two = Server(hub, vault, "anna"), Server(hub, vault, "anna", "two")

    hub.stop_server("anna")

    assert not one.lives
    assert two.lives
    assert [server for _, server in _ledger(hub, "anna")] == ["two"]


def test_all_tokens_of_a_server_die(hub: RealHub, vault: VaultSide) -> None:
    server = Server(hub, vault, "ben")
    more = [vault.unwrap(hub.ask(server.hub_token).json()["wrapped_token"]) for _ in range(30)]

    hub.stop_server("ben")

    assert not [token for token in more if vault.lives(token)]
    assert _ledger(hub, "ben") == []


def test_the_token_of_a_killed_server_dies(hub: RealHub, vault: VaultSide) -> None:
    server = Server(hub, vault, "chloe")

    os.kill(server.pid, signal.SIGKILL)

    server.dies()


def test_a_restarted_hub_still_ends_the_tokens(restarted: RealHub, vault: VaultSide) -> None:
    server = Server(restarted, vault, "dora")
    restarted.stop()
    restarted.start()
    assert server.lives

    restarted.stop_server("dora")

    assert not server.lives


def test_a_server_that_died_without_the_hub_has_its_token_ended_when_the_hub_is_back(
    restarted: RealHub, vault: VaultSide
) -> None:
    server = Server(restarted, vault, "emil")
    restarted.stop()
    os.kill(server.pid, signal.SIGKILL)

    restarted.start()

    server.dies()


def test_a_hub_that_died_before_it_could_revoke_does_so_when_it_is_back(restarted: RealHub, vault: VaultSide) -> None:
    server = Server(restarted, vault, "fritz")
    with vault.sealed():
        restarted.stop_server("fritz")
        restarted.stop()
    assert server.lives

    restarted.start()

    server.dies()


def test_a_stop_while_vault_is_sealed_is_made_good_soon_after(hub: RealHub, vault: VaultSide) -> None:
    server = Server(hub, vault, "gustav")
    with vault.sealed():
        hub.stop_server("gustav")
        assert len(_ledger(hub, "gustav")) == 1

    server.dies()
    eventually(lambda: _ledger(hub, "gustav") == [], "the ledger is empty")


def test_what_is_made_good_later_spares_the_next_servers_token(hub: RealHub, vault: VaultSide) -> None:
    old = Server(hub, vault, "helga")
    with vault.sealed():
        hub.stop_server("helga")
        report = hub.spawn("helga")
    new = vault.unwrap(hub.ask(hub_token(report)).json()["wrapped_token"])

    old.dies()

    assert vault.lives(new)


def test_a_deleted_users_tokens_die_also_when_vault_was_sealed_at_the_deletion(hub: RealHub, vault: VaultSide) -> None:
    server = Server(hub, vault, "ida")
    with vault.sealed():
        assert hub.api("DELETE", "users/ida").status_code == 204
        assert hub.api("GET", "users/ida").status_code == 404

    server.dies()


def test_a_removed_named_servers_tokens_die_also_when_vault_was_sealed_at_the_removal(
    hub: RealHub, vault: VaultSide
) -> None:
    server = Server(hub, vault, "jakob", "two")
    with vault.sealed():
        assert hub.api("DELETE", "users/jakob/servers/two", json={"remove": True}).status_code in (202, 204)
        hub.wait_stopped("jakob", "two")

    server.dies()


def test_a_server_that_stops_while_it_asks_gets_nothing(hub: RealHub, vault: VaultSide) -> None:
    token = hub_token(hub.spawn("karl"))
    hub.ask(token)
    before = vault.accessors()

    with ThreadPoolExecutor(2) as threads:
        with vault.paused():
            idle = vault.connections()
            asking = threads.submit(hub.ask, token)
            eventually(lambda: vault.connections() > idle, "the hub asks Vault")
            # The hub answers only when the server has stopped, or after some seconds.
            threads.submit(hub.api, "DELETE", "users/karl/server")
            eventually(lambda: hub.server("karl").get("pending") == "stop", "the stop has begun")
        assert asking.result(20).status_code == 403
    hub.wait_stopped("karl")

    eventually(lambda: not vault.accessors() - before, "no new token lives")


def test_the_database_holds_accessors_and_no_tokens(hub: RealHub, vault: VaultSide) -> None:
    server = Server(hub, vault, "lisa")

    rows = _ledger(hub, "lisa")

    found = vault.bao.ok("GET", "auth/token/lookup-self", server.token)["data"]
    assert rows == [(found["accessor"], "")]
