"""The other ways to Vault: a token that lasts, a policy for each user, a namespace, a token for the environment."""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Vault
from hub.vaultapi import VaultApi
from hub.vaulterrors import VaultDown, VaultRefused
from render.vault import VaultLayout, policies, user_policy
from tests.hub.nasty import NAMES
from tests.hub.vaultside import VaultSide

PER_USER = VaultLayout("peruser", hub_login="token", isolation="policy_per_user")


@pytest.fixture(scope="module")
def per_user(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> VaultSide:
    """A stack where each user has a policy, which the deployer has written for two of them."""
    side = VaultSide(vault.bao, tmp_path_factory.mktemp("peruser"), layout=PER_USER)
    for user in ("zoe", "ada"):
        name, text = user_policy(PER_USER, user)
        vault.bao.ok("PUT", f"sys/policies/acl/{name}", body={"policy": text})
    return side


def api(side: VaultSide, **changes: Any) -> VaultApi:
    return VaultApi(dataclasses.replace(Vault(**side.settings), **changes), side.layout.stack)


def hub_token(side: VaultSide, **options: Any) -> str:
    """One that lasts, as the deployer makes it."""
    body = {"policies": [side.layout.hub_policy], "no_default_policy": True, "no_parent": True, **options}
    return str(side.bao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"])


def test_a_token_for_the_environment_is_the_users_and_not_wrapped(vault: VaultSide) -> None:
    given = asyncio.run(api(vault).deliver("alice", "two"))

    found = vault.bao.ok("GET", "auth/token/lookup-self", given.token)["data"]
    assert found["accessor"] == given.accessor
    assert found["policies"] == [vault.layout.notebook_policy]
    assert found["meta"] == {"user": "alice", "server": "two"}
    assert given.token not in repr(given)


def test_with_a_policy_for_each_user_a_token_opens_the_plain_path_of_this_user(per_user: VaultSide) -> None:
    hub = api(per_user)

    tokens = {user: asyncio.run(hub.deliver(user, "")).token for user in ("zoe", "ada")}

    assert hub.home("zoe") == "jupyter/users/zoe"
    zoe, ada = f"secret/data/{hub.home('zoe')}/k", f"secret/data/{hub.home('ada')}/k"
    assert per_user.bao.call("POST", zoe, tokens["zoe"], {"data": {"a": "1"}})[0] == 200
    assert [per_user.bao.call("GET", path, tokens["zoe"])[0] for path in (zoe, ada)] == [200, 403]
    assert per_user.bao.call("GET", zoe, tokens["ada"])[0] == 403
    seen = per_user.bao.ok("GET", "auth/token/lookup-self", tokens["zoe"])["data"]
    assert (seen["policies"], bool(seen["entity_id"])) == (["jupyter-user-zoe"], True)


def test_a_user_whose_policy_nobody_has_written_opens_nothing(per_user: VaultSide) -> None:
    hub = api(per_user)
    token = asyncio.run(hub.deliver("newcomer", "")).token

    assert per_user.bao.call("GET", f"secret/data/{hub.home('newcomer')}/k", token)[0] == 403


def test_no_name_reaches_into_another_users_policy(per_user: VaultSide) -> None:
    written = {name: user_policy(PER_USER, name) for name in NAMES if name}

    assert len({policy for policy, _ in written.values()}) == len(written)
    for policy, text in written.values():
        per_user.bao.ok("PUT", f"sys/policies/acl/{policy}", body={"policy": text})
        assert per_user.bao.ok("GET", f"sys/policies/acl/{policy}")["data"]["policy"] == text
        assert "+" not in text


@pytest.mark.parametrize("policies_asked", [["root"], ["peruser-hub"], ["jupyter-user-zoe", "root"], []])
def test_a_stolen_hub_token_gets_users_policies_and_no_others(per_user: VaultSide, policies_asked: list[str]) -> None:
    path = f"auth/token/create/{PER_USER.token_role}"
    body = {"entity_alias": "peruser.zoe", "ttl": "1h", "policies": policies_asked}

    status, answer = per_user.bao.call("POST", path, hub_token(per_user), body)

    assert status != 200 or answer["auth"]["policies"] == []


def test_a_hub_with_a_token_of_its_own_uses_what_is_in_the_file_now(per_user: VaultSide, tmp_path: Path) -> None:
    file = tmp_path / "vault-token"
    hub = api(per_user, jwt_key_file=None, token_file=str(file))

    async def life() -> list[str | None]:
        with pytest.raises(VaultDown, match=r"no token in .* yet"):
            await hub.check()
        accessors = []
        for _ in range(2):
            file.write_text(hub_token(per_user) + "\n")
            accessors.append(await hub.check())
            await hub.revoke((await hub.mint("zoe", "")).accessor)
        per_user.bao.ok("POST", "auth/token/revoke-accessor", body={"accessor": accessors[-1]})
        with pytest.raises(VaultRefused, match="makes another one"):
            await hub.check()
        return accessors

    first, second = asyncio.run(life())
    assert first != second


def test_a_file_that_is_no_token_is_named_and_not_quoted(per_user: VaultSide, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfesecret")

    for name, reason in (("folder", "Is a directory"), ("binary", "not a text file")):
        with pytest.raises(VaultRefused, match=reason) as refused:
            asyncio.run(api(per_user, jwt_key_file=None, token_file=str(tmp_path / name)).check())
        assert name in str(refused.value)
        assert "secret" not in str(refused.value)


@pytest.fixture(scope="module")
def inner(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSide]:
    """The stack in a namespace of the server."""
    vault.bao.ok("POST", "sys/namespaces/team")
    yield VaultSide(vault.bao.within("team"), tmp_path_factory.mktemp("inner"), "inner")
    vault.bao.ok("DELETE", "sys/namespaces/team")


def test_a_namespace_holds_the_hubs_login_its_tokens_and_the_secrets(inner: VaultSide) -> None:
    hub = api(inner, namespace="team")

    token = asyncio.run(hub.deliver("alice", "")).token

    assert inner.bao.call("POST", f"secret/data/{hub.home('alice')}/k", token, {"data": {"a": "1"}})[0] == 200
    outside = VaultApi(Vault(**inner.settings), "inner")
    with pytest.raises(VaultRefused, match="no login through auth/inner-hub"):
        asyncio.run(outside.mint("alice", ""))


def test_each_right_of_a_hub_with_a_token_is_needed(per_user: VaultSide) -> None:
    """The renewer's and the rotation's rights are tried with them; here those of the hub itself."""
    whole = policies(PER_USER)[PER_USER.hub_policy]
    blocks = [block for block in whole.split("path ")[1:] if "-self" not in block or "lookup" in block]
    try:
        for block in blocks:
            smaller = {"policy": whole.replace(f"path {block}", "")}
            per_user.bao.ok("PUT", f"sys/policies/acl/{PER_USER.hub_policy}", body=smaller)
            assert not works(per_user), f"without {block}"
    finally:
        per_user.bao.ok("PUT", f"sys/policies/acl/{PER_USER.hub_policy}", body={"policy": whole})
    assert works(per_user)


def works(side: VaultSide) -> bool:
    """Whether the hub can do all that it is for."""

    async def life(file: Path) -> None:
        hub = api(side, jwt_key_file=None, token_file=str(file))
        await hub.check()
        await hub.revoke((await hub.mint("zoe", "")).accessor)

    file = side.key_file.with_name("vault-token")
    file.write_text(hub_token(side))
    try:
        asyncio.run(life(file))
    except VaultRefused:
        return False
    return True
