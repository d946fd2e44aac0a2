"""The attack suite: who is not the hub, or holds somebody's token, gets nothing; and what buun-stack's way still loses.

What a stolen hub token may do is in test_vaultpolicy.py, who may ask the hub for a token in test_vaulttoken.py, and
when a token dies in test_revocation.py.
"""

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from apply.vault import Vault as Deployer
from hub.names import home
from hub.settings import Vault
from hub.vaultapi import VaultApi
from render.vault import VaultLayout, admin_role, policies, user_policy
from tests.hub.vaultside import VaultSide
from tests.openbao import OpenBao


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"sub": "hub", "aud": "vault", "iat": now, "nbf": now, "exp": now + 60, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forgeries(key: Any) -> dict[str, str]:
    """JWTs that are not the hub's, each wrong in one way."""
    now = int(time.time())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = jwt.encode(claims(), key, algorithm="EdDSA")
    head, body, signature = good.split(".")
    symmetric = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    by_public_key = base64.urlsafe_b64encode(hmac.digest(public, symmetric.encode(), hashlib.sha256)).rstrip(b"=")
    return {
        "of another key": jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        "expired half a minute ago": jwt.encode(claims(iat=now - 90, nbf=now - 90, exp=now - 30), key, "EdDSA"),
        "not valid yet": jwt.encode(claims(nbf=now + 60, iat=now + 60, exp=now + 120), key, "EdDSA"),
        "for another audience": jwt.encode(claims(aud="another"), key, "EdDSA"),
        "without an audience": jwt.encode(claims(aud=None), key, "EdDSA"),
        "of another subject": jwt.encode(claims(sub="deployer"), key, "EdDSA"),
        "without a subject": jwt.encode(claims(sub=None), key, "EdDSA"),
        "without a signature": f"{part({'alg': 'none'})}.{body}.",
        "signed with the public key": f"{symmetric}.{by_public_key.decode()}",
        "with another payload": f"{head}.{part(claims(exp=now + 86400))}.{signature}",
        "cut short": f"{head}.{body}",
        "nothing at all": "",
    }


def test_no_forged_jwt_logs_in_as_the_hub(vault: VaultSide) -> None:
    key = load_pem_private_key(vault.key_file.read_bytes(), None)
    path = f"auth/{vault.layout.hub_mount}/login"

    def status(proof: str) -> int:
        return int(vault.bao.call("POST", path, "", {"role": "hub", "jwt": proof})[0])

    assert [name for name, forged in forgeries(key).items() if status(forged) == 200] == []
    assert status(jwt.encode(claims(), key, "EdDSA")) == 200


def test_a_replayed_jwt_is_good_for_its_minute_and_gives_the_hubs_few_rights_for_a_quarter_of_an_hour(
    vault: VaultSide,
) -> None:
    """The bound of what a stolen one is worth: replay itself is not refused by Vault."""
    key = load_pem_private_key(vault.key_file.read_bytes(), None)
    proof = jwt.encode(claims(), key, "EdDSA")
    logins = [
        vault.bao.ok("POST", f"auth/{vault.layout.hub_mount}/login", "", {"role": "hub", "jwt": proof})["auth"]
        for _ in range(2)
    ]

    assert [login["lease_duration"] for login in logins] == [900, 900]
    assert [login["policies"] for login in logins] == [[vault.layout.hub_policy]] * 2
    used = vault.bao.ok("POST", "auth/token/lookup", body={"token": logins[0]["client_token"]})["data"]
    assert used["explicit_max_ttl"] == 0
    assert (
        vault.bao.ok("POST", "auth/token/renew", body={"token": logins[0]["client_token"]})["auth"]["lease_duration"]
        <= 900
    )


def test_one_stacks_hub_mints_nothing_of_another_stack(vault: VaultSide, tmp_path: Path) -> None:
    other = VaultSide(vault.bao, tmp_path, "neighbour")
    token = other.hub_login()
    body = {"entity_alias": f"{vault.layout.stack}.alice", "ttl": "1h"}

    for role, alias in (
        (vault.layout.token_role, body["entity_alias"]),
        (other.layout.token_role, body["entity_alias"]),
        (vault.layout.token_role, "neighbour.alice"),
        (other.layout.token_role, "*"),
        (other.layout.token_role, "neighbour.+"),
    ):
        status, answer = vault.bao.call("POST", f"auth/token/create/{role}", token, {**body, "entity_alias": alias})
        if status == 200:  # Vault makes a token for a wildcard, and refuses every request of it
            assert vault.bao.call("GET", "auth/token/lookup-self", answer["auth"]["client_token"])[0] != 200
        else:
            assert status in (400, 403)


TRICKS = [
    *(
        "{own}/../jupyterhub.bob/k",
        "{own}/%2e%2e/jupyterhub.bob/k",
        "{own}/..%2fjupyterhub.bob/k",
        "{own}//../jupyterhub.bob/k",
    ),
    *(
        "jupyterhub.bob/k",
        "jupyterhub.bob%2fk",
        "./jupyterhub.bob/k",
        "jupyterhub%2ebob/k",
        "JUPYTERHUB.BOB/k",
        "+/k",
        "*/k",
    ),
    *(
        "jupyterhub.bob//k",
        "jupyterhub.bob/k?list=true",
        "jupyterhub.alice%2f..%2fjupyterhub.bob%2fk",
        "jupyterhub.al+/k",
    ),
]


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "LIST", "SCAN"])
def test_no_spelling_of_a_path_reaches_another_users_secret(vault: VaultSide, method: str, trick: str) -> None:
    api = VaultApi(Vault(**vault.settings), vault.layout.stack)

    async def tokens() -> list[str]:
        return [vault.unwrap((await api.mint(user, "")).wrapped_token) for user in ("alice", "bob")]

    alice, bob = asyncio.run(tokens())
    theirs = f"secret/data/{home('jupyter', 'jupyterhub', 'bob')}/k"
    vault.bao.ok("POST", theirs, bob, {"data": {"of": "bob"}})
    for kind in ("data", "metadata", "delete", "undelete", "destroy", "subkeys"):
        path = f"secret/{kind}/jupyter/users/{trick.format(own='jupyterhub.alice')}"
        status, answer = vault.bao.call(method, path, alice, {"data": {"of": "alice"}} if method != "GET" else None)
        assert "bob" not in json.dumps(answer) or status >= 300, (kind, status, answer)
    assert vault.bao.ok("GET", theirs, bob)["data"]["data"] == {"of": "bob"}


BUUN = VaultLayout("preset", hub_login="token", isolation="policy_per_user", buun_stack=True)


@pytest.fixture(scope="module")
def preset(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> VaultSide:
    """The same server with a stack of the preset, and two users."""
    side = VaultSide(vault.bao, tmp_path_factory.mktemp("preset"), layout=BUUN)
    side.bao.ok("PUT", f"auth/token/roles/{BUUN.admin_role}", body=admin_role(BUUN, "24h"))
    for user in ("zoe", "eve"):
        name, text = user_policy(BUUN, user)
        side.bao.ok("PUT", f"sys/policies/acl/{name}", body={"policy": text})
    return side


def admin_token(bao: OpenBao) -> str:
    """The token at rest of the preset."""
    with Deployer(bao.address, bao.ca) as deployer:
        deployer.use(bao.root_token)
        return deployer.create_token(BUUN.admin_role)


def test_the_preset_still_loses_everything_to_who_reads_the_hubs_token_at_rest(preset: VaultSide) -> None:
    """Documented: it lives as long as it is renewed, where the hub's own login is over after 15 minutes."""
    stolen = admin_token(preset.bao)
    body = {"entity_alias": "preset.zoe", "ttl": "1h", "policies": ["jupyter-user-zoe"]}

    minted = preset.bao.ok("POST", f"auth/token/create/{BUUN.token_role}", stolen, body)["auth"]["client_token"]

    assert preset.bao.call("POST", "secret/data/jupyter/users/zoe/k", minted, {"data": {"a": "1"}})[0] == 200
    assert preset.bao.ok("POST", "auth/token/renew-self", stolen)["auth"]["lease_duration"] == 86400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "sys/policies/acl/anything", {"policy": 'path "*" { capabilities = ["sudo"] }'}),
        ("PUT", "sys/policies/acl/jupyter-user-zoe", {"policy": ""}),
        ("POST", "auth/token/create-orphan", {"policies": ["root"]}),
        ("POST", "auth/token/create", {"policies": ["jupyterhub-admin"]}),
        ("GET", "secret/data/jupyter/users/zoe/k", None),
        ("GET", "secret/data/jupyterhub/vault-token", None),
        ("GET", "secret/data/keycloak/admin", None),
        ("GET", "sys/auth", None),
        (
            "POST",
            "auth/token/create/preset-notebook",
            {"entity_alias": "preset.zoe", "ttl": "1h", "policies": ["root"]},
        ),
        ("POST", "auth/token/create/preset-admin", {}),
    ],
)
def test_the_preset_no_longer_loses_what_is_not_the_hubs(
    preset: VaultSide, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Upstream's hub token wrote any policy and read every secret itself."""
    status, _ = preset.bao.call(method, path, admin_token(preset.bao), body)

    assert status in (400, 403)


def test_no_user_of_the_preset_reads_anothers_secrets_whatever_the_name(preset: VaultSide) -> None:
    settings = dataclasses.replace(Vault(**preset.settings))
    api = VaultApi(settings, "preset")
    names = ["eve", "+", "*", "zoe/*", 'x" {}', "ZOE"]
    for name in names[1:]:
        policy, text = user_policy(BUUN, name)
        preset.bao.ok("PUT", f"sys/policies/acl/{policy}", body={"policy": text})

    async def tokens() -> list[str]:
        return [(await api.deliver(name, "")).token for name in ("zoe", *names)]

    zoe, *others = asyncio.run(tokens())
    preset.bao.ok("POST", "secret/data/jupyter/users/zoe/k", zoe, {"data": {"of": "zoe"}})

    assert [preset.bao.call("GET", "secret/data/jupyter/users/zoe/k", token)[0] for token in others] == [403] * len(
        names
    )
    assert [preset.bao.call("LIST", "secret/metadata/jupyter/users", token)[0] for token in others] == [403] * len(
        names
    )


def test_the_hubs_policy_of_the_preset_is_as_small_as_that_of_a_login() -> None:
    own = policies(BUUN)["jupyterhub-admin"]

    assert [line.split('"')[1] for line in own.splitlines() if line.startswith("path")] == [
        "auth/token/create/preset-notebook",
        "auth/token/revoke-accessor",
        "auth/token/lookup-self",
        "auth/token/renew-self",
        "auth/token/revoke-self",
    ]
