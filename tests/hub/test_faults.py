"""Hub and Vault in trouble, seen from a notebook: what it is told, and that nothing is lost once it is over."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from buunstack import NotAllowed, Unavailable
from tests.hub.ownstore import store_of
from tests.hub.realhub import RealHub, eventually, hub_token
from tests.hub.vaultside import VaultSide


@pytest.fixture
def hurt(hub: RealHub) -> Iterator[RealHub]:
    """A hub that the test kills; it runs again afterwards."""
    yield hub
    if not hub.runs:
        hub.start()


def test_a_vault_that_was_killed_and_started_again_still_knows_every_token(
    hub: RealHub, vault: VaultSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = hub.spawn("paul")
    store = store_of(report, monkeypatch)
    store.put("k", a="1")

    vault.bao.kill()
    try:
        with pytest.raises(Unavailable, match=r"^Vault at .* cannot be reached\. Nothing was lost; try again"):
            store.get("k")
        assert hub.ask(hub_token(report)).status_code == 503
    finally:
        vault.bao.start()
        vault.bao.unseal()

    assert store.get("k") == {"a": "1"}
    assert hub.ask(hub_token(report)).status_code == 200


def test_a_vault_that_is_slow_keeps_those_waiting_who_have_a_token_and_is_told_to_those_who_need_one(
    hub: RealHub, vault: VaultSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, other = hub.spawn("quentin"), hub.spawn("quentin", "two")
    store = store_of(slow, monkeypatch)
    store.put("k", a="1")

    with ThreadPoolExecutor(1) as threads:
        with vault.paused():
            reading = threads.submit(store.get, "k")
            asked = time.monotonic()
            answer = hub.ask(hub_token(other))
            waited = time.monotonic() - asked
        assert reading.result(20) == {"a": "1"}

    assert answer.status_code == 503
    assert answer.json()["message"] == "Vault cannot be reached now. Nothing was lost; try again in a moment."
    assert waited < 8, "one wait, whoever asks"
    assert hub.ask(hub_token(other)).status_code == 200


@pytest.mark.parametrize("path", ["auth/token/create/jupyterhub-notebook", "auth/jupyterhub-hub/login"])
def test_a_vault_over_its_rate_limit_is_told_by_the_hub_as_weather(
    hub: RealHub, vault: VaultSide, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    store = store_of(hub.spawn(f"rosa-{len(path)}"), monkeypatch)
    vault.bao.ok("POST", f"sys/leases/revoke-prefix/auth/{vault.layout.hub_mount}/login")
    quota = {"path": path, "rate": 1, "interval": "1h"}
    vault.bao.ok("POST", "sys/quotas/rate-limit/faults", body=quota)
    try:
        vault.bao.call("POST", path, body={})  # uses the one that is allowed
        with pytest.raises(Unavailable, match="The hub cannot reach Vault"):
            store.put("k", a="1")
    finally:
        vault.bao.ok("DELETE", "sys/quotas/rate-limit/faults")

    store.put("k", a="1")
    assert store.get("k") == {"a": "1"}


def test_a_hub_that_is_killed_while_it_makes_a_token_has_given_nobody_one_and_gives_one_when_it_is_back(
    hurt: RealHub, vault: VaultSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = hurt.spawn("sven")
    store = store_of(report, monkeypatch)
    hurt.ask(hub_token(report))  # so that what follows needs no login
    before = vault.accessors()

    with ThreadPoolExecutor(1) as threads:
        with vault.paused():
            idle = vault.connections()
            putting = threads.submit(store.put, "k", a="1")
            eventually(lambda: vault.connections() > idle, "the hub asks Vault")
            hurt.kill()
        with pytest.raises(Unavailable, match="Nothing was lost; try again"):
            putting.result(30)
    nobodys = vault.accessors() - before
    hurt.start()
    store.put("k", a="1")

    assert store.get("k") == {"a": "1"}
    hurt.stop_server("sven")
    # All that somebody got are dead; what nobody got, if Vault made it, waits for the end of its lease.
    assert vault.accessors() - before <= nobodys


def test_a_hub_that_is_killed_as_soon_as_it_has_given_a_token_ends_it_when_it_is_back(
    hurt: RealHub, vault: VaultSide
) -> None:
    own = hub_token(hurt.spawn("tina"))
    token = vault.unwrap(hurt.ask(own).json()["wrapped_token"])
    hurt.kill()
    hurt.start()
    assert vault.lives(token)

    hurt.stop_server("tina")

    assert not vault.lives(token)


def test_a_disabled_account_is_told_so_and_its_secrets_are_there_when_it_is_enabled(
    hub: RealHub, vault: VaultSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(hub.spawn("ulla"), monkeypatch)
    store.put("k", a="1")
    mount = vault.bao.ok("GET", "sys/auth")["data"]["token/"]["accessor"]
    alias = {"alias_name": "jupyterhub.ulla", "alias_mount_accessor": mount}
    entity = vault.bao.ok("POST", "identity/lookup/entity", body=alias)["data"]["id"]
    vault.bao.ok("POST", f"identity/entity/id/{entity}", body={"disabled": True})
    try:
        with pytest.raises(NotAllowed, match="is your account disabled"):
            store.get("k")
    finally:
        vault.bao.ok("POST", f"identity/entity/id/{entity}", body={"disabled": False})

    assert store.get("k") == {"a": "1"}
