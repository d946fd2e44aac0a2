"""What a server's start has to do with its secrets: delivered with it, required for it, or missed by it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.hub.realhub import RealHub, eventually
from tests.hub.vaultside import VaultSide


def hub_with(vault: VaultSide, folder: Any, **changes: Any) -> RealHub:
    return RealHub(folder / "state", vault={**vault.settings, **changes})


@pytest.fixture(scope="module")
def delivering(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub that starts servers with a token in their environment, or without when there is none."""
    with hub_with(vault, tmp_path_factory.mktemp("delivering"), delivery="env", ttl="2h", max_ttl="7d") as hub:
        yield hub


@pytest.fixture(scope="module")
def strict(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub whose servers need their secrets, which they ask for themselves."""
    with hub_with(vault, tmp_path_factory.mktemp("strict"), required=True) as hub:
        yield hub


def test_a_delivered_token_is_its_users_and_dies_with_the_server(delivering: RealHub, vault: VaultSide) -> None:
    environment = delivering.spawn("alice")["environment"]

    token = environment["NOTEBOOK_VAULT_TOKEN"]
    assert (environment["NOTEBOOK_VAULT_TOKEN_TTL"], environment["NOTEBOOK_VAULT_TOKEN_MAX_TTL"]) == ("2h", "7d")
    assert environment["VAULT_ADDR"] == vault.bao.address
    home = f"{environment['BUUNSTACK_SECRETS_MOUNT']}/data/{environment['BUUNSTACK_SECRETS_HOME']}/k"
    assert vault.bao.call("POST", home, token, {"data": {"a": "1"}})[0] == 200
    assert vault.bao.ok("GET", "auth/token/lookup-self", token)["data"]["creation_ttl"] == 7200
    delivering.stop_server("alice")
    eventually(lambda: not vault.lives(token), "the token is revoked")


def test_each_start_has_a_token_of_its_own(delivering: RealHub, vault: VaultSide) -> None:
    tokens = []
    for _ in range(2):
        tokens.append(delivering.spawn("bob")["environment"]["NOTEBOOK_VAULT_TOKEN"])
        assert vault.lives(tokens[-1])
        delivering.stop_server("bob")

    assert len(set(tokens)) == 2
    eventually(lambda: not any(map(vault.lives, tokens)), "both are revoked")


def test_a_delivered_token_outlives_a_restart_of_the_hub_and_dies_at_the_stop(
    delivering: RealHub, vault: VaultSide
) -> None:
    token = delivering.spawn("carol")["environment"]["NOTEBOOK_VAULT_TOKEN"]
    delivering.stop()
    delivering.start()

    assert vault.lives(token)
    delivering.stop_server("carol")
    eventually(lambda: not vault.lives(token), "the token is revoked")


def test_without_vault_a_server_starts_and_its_user_is_told_why_it_has_no_secrets(
    delivering: RealHub, vault: VaultSide
) -> None:
    old = delivering.spawn("dave")["environment"]["NOTEBOOK_VAULT_TOKEN"]
    delivering.stop_server("dave")

    with vault.sealed():
        environment = delivering.spawn("dave")["environment"]

    assert "NOTEBOOK_VAULT_TOKEN" not in environment
    assert old not in environment.values()
    told = environment["BUUNSTACK_SECRETS_MISSING"]
    assert told.startswith("Your server started without its secrets. Vault, which keeps your secrets, does not answer")
    delivering.stop_server("dave")
    assert "BUUNSTACK_SECRETS_MISSING" not in delivering.spawn("dave")["environment"]


def test_a_server_that_needs_its_secrets_is_not_started_without_vault(strict: RealHub, vault: VaultSide) -> None:
    with vault.sealed():
        answer = strict.request_spawn("alice")

    assert answer.status_code == 503
    assert "does not answer now. Nothing was lost; try again in a moment." in answer.json()["message"]
    assert not strict.server("alice")
    assert strict.spawn("alice")["environment"].keys() & {"NOTEBOOK_VAULT_TOKEN", "BUUNSTACK_SECRETS_MISSING"} == set()


def test_a_server_that_needs_its_secrets_is_not_started_for_whom_vault_gives_none(
    strict: RealHub, vault: VaultSide
) -> None:
    vault.remove_token_role()
    try:
        answer = strict.request_spawn("erin")
    finally:
        vault.write_token_role()

    assert answer.status_code == 503
    assert "gives no token for you" in answer.json()["message"]
    assert "inv vault.apply" in strict.log.read_text()


def test_the_proof_leaves_no_token_behind(strict: RealHub, vault: VaultSide) -> None:
    before = vault.accessors()
    strict.spawn("frank")

    assert vault.accessors() == before


def test_no_token_is_in_the_log_or_the_database(delivering: RealHub) -> None:
    token = delivering.spawn("grace")["environment"]["NOTEBOOK_VAULT_TOKEN"]

    kept = [delivering.log, *(delivering.folder / "hub").rglob("*")]
    assert [path for path in kept if path.is_file() and token.encode() in path.read_bytes()] == []
