"""The hub's few calls, against a real OpenBao."""

import asyncio
import dataclasses
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hub.settings import Vault
from hub.vaultapi import Grant, VaultApi
from hub.vaulterrors import VaultDown, VaultRefused
from tests.hub.relay import bad_line
from tests.hub.vaultside import VaultSide
from tests.openbao import certificates, free_port


def _api(vault: VaultSide, **changes: Any) -> VaultApi:
    return VaultApi(dataclasses.replace(Vault(**vault.settings), **changes), vault.layout.stack)


def _logins(vault: VaultSide) -> int:
    return sum(path == f"auth/{vault.layout.hub_mount}/login" for _, path in vault.bao.requests_seen())


def _mint(api: VaultApi, user: str = "alice") -> Grant:
    return asyncio.run(api.mint(user, ""))


def test_a_token_is_wrapped_and_belongs_to_the_user_and_its_server(vault: VaultSide) -> None:
    grant = asyncio.run(_api(vault).mint("Zoë", "two"))

    found = vault.bao.ok("GET", "auth/token/lookup-self", vault.unwrap(grant.wrapped_token))["data"]
    assert found["accessor"] == grant.accessor
    assert found["policies"] == [vault.layout.notebook_policy]
    assert found["meta"] == {"user": "Zoë", "server": "two"}
    assert (found["orphan"], found["renewable"], found["creation_ttl"]) == (True, True, 3600)
    assert vault.bao.call("POST", "sys/wrapping/unwrap", grant.wrapped_token)[0] == 400


def test_a_grant_does_not_show_its_token(vault: VaultSide) -> None:
    grant = _mint(_api(vault))

    assert grant.wrapped_token not in repr(grant) + str(grant)


def test_a_revoked_token_is_dead_and_revoking_it_again_is_no_error(vault: VaultSide) -> None:
    api = _api(vault)

    async def mint_and_revoke() -> str:
        grant = await api.mint("alice", "")
        token = vault.unwrap(grant.wrapped_token)
        assert vault.lives(token)
        await api.revoke(grant.accessor)
        await api.revoke(grant.accessor)
        return token

    assert not vault.lives(asyncio.run(mint_and_revoke()))


def test_many_at_once_share_one_login(vault: VaultSide) -> None:
    api, before = _api(vault), _logins(vault)

    async def storm() -> list[Grant]:
        return await asyncio.gather(*(api.mint(f"user-{number}", "") for number in range(40)))

    assert len({grant.accessor for grant in asyncio.run(storm())}) == 40
    assert _logins(vault) == before + 1


def test_the_hub_logs_in_again_when_its_own_token_was_revoked(vault: VaultSide) -> None:
    api, before = _api(vault), _logins(vault)

    async def mint_again() -> None:
        await api.mint("alice", "")
        vault.bao.ok("POST", f"sys/leases/revoke-prefix/auth/{vault.layout.hub_mount}/login")
        await asyncio.gather(*(api.mint("alice", "") for _ in range(10)))

    asyncio.run(mint_again())

    assert _logins(vault) == before + 2


def test_the_hub_logs_in_again_before_its_own_token_ends(vault: VaultSide) -> None:
    vault.write_login_role(token_ttl="3s", token_max_ttl="3s")
    api, before, log_before = _api(vault), _logins(vault), len(vault.bao.log.read_text())

    async def mint_for_a_while() -> None:
        for _ in range(12):
            await api.mint("alice", "")
            await asyncio.sleep(0.2)

    try:
        asyncio.run(mint_for_a_while())
    finally:
        vault.write_login_role()

    log = vault.bao.log.read_text()[log_before:]
    refused = [error for error in log.splitlines() if "permission denied" in error]
    assert (_logins(vault), refused) == (before + 2, [])


def test_a_service_accounts_token_from_a_file_is_a_login_too(vault: VaultSide, tmp_path: Path) -> None:
    import jwt

    claims = {"sub": "hub", "aud": "vault", "iat": 1_700_000_000, "exp": 4_000_000_000}
    (tmp_path / "token").write_text(jwt.encode(claims, vault.key_file.read_text(), "EdDSA") + "\n")

    grant = _mint(_api(vault, jwt_key_file=None, jwt_file=str(tmp_path / "token")))

    assert vault.lives(vault.unwrap(grant.wrapped_token))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"login_role": "other"}, "no login through auth/jupyterhub-hub as other"),
        ({"auth_mount": "elsewhere"}, "no login through auth/elsewhere"),
        ({"token_role": "other"}, "token role other makes no token"),
        ({"jwt_key_file": "/nowhere/key"}, "/nowhere/key, which proves to Vault that this is the hub, cannot be read"),
        ({"ca_file": "/nowhere/ca.pem"}, "authority /nowhere/ca.pem cannot be used: No such file"),
    ],
)
def test_a_wrong_setting_is_named_and_is_not_called_weather(
    vault: VaultSide, changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(VaultRefused, match=expected):
        _mint(_api(vault, **changes))


def test_a_key_that_is_none_is_not_quoted(vault: VaultSide, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\nsecret-nonsense\n-----END PRIVATE KEY-----\n")

    with pytest.raises(VaultRefused, match="holds no Ed25519 private key") as refused:
        _mint(_api(vault, jwt_key_file=str(tmp_path / "key")))

    assert "secret-nonsense" not in f"{refused.value}{refused.value.__cause__}"


def test_another_keys_signature_is_no_login(vault: VaultSide, tmp_path: Path) -> None:
    other = VaultSide(vault.bao, tmp_path, stack="other")

    with pytest.raises(VaultRefused, match="no login"):
        _mint(_api(vault, jwt_key_file=str(other.key_file)))


@pytest.mark.parametrize("skew", [-120, 60])
def test_a_clock_that_is_wrong_by_a_minute_is_named(vault: VaultSide, tmp_path: Path, skew: int) -> None:
    """The hub's clock, seen from Vault: what it signs is over already, or not valid yet."""
    now = int(time.time()) + skew
    key = load_pem_private_key(vault.key_file.read_bytes(), None)
    claims = {"sub": "hub", "aud": "vault", "iat": now, "nbf": now, "exp": now + 60}
    (tmp_path / "jwt").write_text(jwt.encode(claims, key, algorithm="EdDSA"))  # type: ignore[arg-type]

    with pytest.raises(VaultRefused, match="do the clocks of Vault and of the hub agree"):
        _mint(_api(vault, jwt_file=str(tmp_path / "jwt"), jwt_key_file=None))


def test_a_certificate_of_another_authority_is_refused_and_named(vault: VaultSide, tmp_path: Path) -> None:
    stranger = certificates(tmp_path)

    with pytest.raises(VaultRefused, match=f"its certificate is not trusted by {stranger.ca}"):
        _mint(_api(vault, ca_file=str(stranger.ca)))
    with pytest.raises(VaultRefused, match="its certificate is not trusted by the system's authorities"):
        _mint(_api(vault, ca_file=None))


def test_an_authority_that_is_corrected_in_its_file_is_used_at_once(vault: VaultSide, tmp_path: Path) -> None:
    file = certificates(tmp_path).ca
    api = _api(vault, ca_file=str(file))

    async def before_and_after() -> Grant:
        with pytest.raises(VaultRefused, match="its certificate is not trusted"):
            await api.mint("alice", "")
        file.write_bytes(vault.bao.ca.read_bytes())
        return await api.mint("alice", "")

    assert asyncio.run(before_and_after()).accessor


def test_no_one_there_is_weather(vault: VaultSide) -> None:
    with pytest.raises(VaultDown, match="refused"):
        _mint(_api(vault, address=f"https://127.0.0.1:{free_port()}"))


def test_two_broken_connections_are_got_over_and_a_third_is_not(vault: VaultSide) -> None:
    async def mint_over_a_line_that_breaks(times: int) -> Grant:
        async with bad_line(vault.bao.port, breaks=times) as address:
            return await _api(vault, address=address).mint("alice", "")

    assert asyncio.run(mint_over_a_line_that_breaks(2)).accessor
    with pytest.raises(VaultDown):
        asyncio.run(mint_over_a_line_that_breaks(3))


def test_a_server_that_never_answers_is_given_up_by_all_who_wait_at_once(vault: VaultSide) -> None:
    async def storm() -> list[Any]:
        async with bad_line(vault.bao.port, hangs=True) as address:
            api = _api(vault, address=address)
            return await asyncio.gather(*(api.mint("alice", "") for _ in range(50)), return_exceptions=True)

    started = time.monotonic()
    outcomes = asyncio.run(storm())

    assert {type(outcome) for outcome in outcomes} == {VaultDown}
    assert time.monotonic() - started < 8


def test_a_slow_server_that_answers_serves_all_who_wait_at_once(vault: VaultSide) -> None:
    async def storm() -> list[Grant]:
        async with bad_line(vault.bao.port, late_seconds=0.5) as address:
            api = _api(vault, address=address)
            return await asyncio.gather(*(api.mint("alice", "") for _ in range(64)))

    assert len({grant.accessor for grant in asyncio.run(storm())}) == 64


def test_a_sealed_vault_is_weather(vault: VaultSide) -> None:
    async def mint_before_and_after() -> Grant:
        api = _api(vault)
        vault.bao.seal()
        try:
            with pytest.raises(VaultDown, match="503"):
                await api.mint("alice", "")
        finally:
            vault.bao.unseal()
        return await api.mint("alice", "")

    assert vault.lives(vault.unwrap(asyncio.run(mint_before_and_after()).wrapped_token))
