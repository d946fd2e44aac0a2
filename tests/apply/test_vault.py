"""The deployer on a real server: declared things are kept, and its own power ends there."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apply.certificates import ensure_authority, ensure_signing_key
from apply.state import StateDirectory
from apply.userpolicies import ensure
from apply.vault import Vault
from apply.vaultobjects import ClusterKeys, changes, differing, objects
from render.vault import VaultLayout, deployer_policy, hub_login, login_role, policies, vault_objects
from spec.errors import StackError, TargetUnreachable
from tests.openbao import OpenBao

LAYOUT = VaultLayout("deployed")
CAPPED = VaultLayout("capped", mount="capped")
PUBLIC = [
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
    for _ in range(2)
]
"""As a cluster signs with."""


@pytest.fixture(scope="module")
def key(openbao: OpenBao, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The deployer's private key; its public half is known to the server, as after a first start."""
    state = StateDirectory(tmp_path_factory.mktemp("deployer") / "state")
    state.ensure()
    public = ensure_signing_key(state, "deployer-login.key")
    mount = LAYOUT.deployer_mount
    openbao.ok("PUT", f"sys/policies/acl/{LAYOUT.deployer_policy}", body={"policy": deployer_policy(LAYOUT)})
    openbao.ok("POST", f"sys/auth/{mount}", body={"type": "jwt"})
    config = {"jwt_validation_pubkeys": [public], "jwt_supported_algs": ["EdDSA"]}
    openbao.ok("POST", f"auth/{mount}/config", body=config)
    openbao.ok("POST", f"auth/{mount}/role/deployer", body=login_role("deployer", LAYOUT.deployer_policy))
    return state.secret("deployer-login.key")


@pytest.fixture
def vault(openbao: OpenBao, key: str) -> Iterator[Vault]:
    with Vault(openbao.address, openbao.ca) as vault:
        vault.login(LAYOUT.deployer_mount, "deployer", key)
        yield vault


DECLARED = vault_objects(LAYOUT, "12h")


def test_what_is_declared_is_written_once_and_restored_after_a_change_by_hand(openbao: OpenBao, vault: Vault) -> None:
    written(vault)
    assert changes(objects(DECLARED, vault.read, None)) == []

    openbao.ok("PUT", f"sys/policies/acl/{LAYOUT.hub_policy}", body={"policy": 'path "*" { capabilities = ["read"] }'})
    (change,) = changes(objects(DECLARED, vault.read, None))

    assert (change.action, change.what) == ("update", f"vault policy {LAYOUT.hub_policy}")
    assert '-path "*" { capabilities = ["read"] }' in change.details
    written(vault)
    assert changes(objects(DECLARED, vault.read, None)) == []


def test_the_token_role_is_whole_after_each_write(openbao: OpenBao, vault: Vault) -> None:
    openbao.ok(
        "POST", f"auth/token/roles/{LAYOUT.token_role}", body={"token_period": "1h", "allowed_policies": ["root"]}
    )
    (change,) = [one for one in changes(objects(DECLARED, vault.read, None)) if "token role" in one.what]
    assert "token_period: 3600 -> 0" in change.details

    written(vault)

    role = openbao.ok("GET", f"auth/token/roles/{LAYOUT.token_role}")["data"]
    assert (role["token_period"], role["token_explicit_max_ttl"]) == (0, 12 * 3600)
    assert role["allowed_policies"] == [LAYOUT.notebook_policy]


def written(vault: Vault) -> None:
    """What install does."""
    for one in differing(objects(DECLARED, vault.read, None)):
        vault.write(one.path, one.body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "secret/data/jupyter/users/deployed.alice/k"),
        ("POST", f"auth/token/create/{LAYOUT.token_role}"),
        ("POST", "auth/token/create"),
        ("PUT", f"sys/policies/acl/{LAYOUT.deployer_policy}"),
        ("PUT", "sys/policies/acl/another"),
        ("POST", "sys/auth/another"),
        ("GET", "sys/mounts"),
    ],
)
def test_the_deployer_may_do_nothing_else(openbao: OpenBao, vault: Vault, method: str, path: str) -> None:
    status, _ = openbao.call(method, path, vault._client.token, {} if method != "GET" else None)

    assert status == 403


def test_each_line_of_the_deployers_policy_is_needed(openbao: OpenBao, key: str) -> None:
    blocks = deployer_policy(LAYOUT).split("path ")
    paths = [block.split('"')[1] for block in blocks[1:]]

    for path, block in zip(paths, blocks[1:], strict=True):
        smaller = deployer_policy(LAYOUT).replace(f"path {block}", "")
        openbao.ok("PUT", f"sys/policies/acl/{LAYOUT.deployer_policy}", body={"policy": smaller})
        try:
            assert not works(openbao, key), f"without {path}"
        finally:
            text = deployer_policy(LAYOUT)
            openbao.ok("PUT", f"sys/policies/acl/{LAYOUT.deployer_policy}", body={"policy": text})
    assert works(openbao, key)


def works(openbao: OpenBao, key: str) -> bool:
    """Whether the deployer can do all that it is for."""
    vault = Vault(openbao.address, openbao.ca)
    vault.login(LAYOUT.deployer_mount, "deployer", key)
    token = vault._client.token
    try:
        for one in objects(DECLARED, vault.read, None):
            vault.write(one.path, one.body)
        ensure(vault, replace(LAYOUT, isolation="policy_per_user"), ["ada"])
    except StackError:
        return False
    openbao.ok("DELETE", "sys/policies/acl/jupyter-user-ada")
    revoked, _ = openbao.call("PUT", f"sys/leases/revoke-prefix/auth/token/create/{LAYOUT.token_role}", token)
    vault.close()
    alive, _ = openbao.call("POST", "auth/token/lookup", body={"token": token})
    return revoked < 300 and alive != 200


def test_each_right_of_a_clusters_deployer_is_needed(openbao: OpenBao) -> None:
    whole = deployer_policy(CAPPED, cluster=True)
    assert keeps_a_cluster(openbao, whole)
    for block in whole.split("path ")[1:]:
        rights = re.findall(r'"([a-z]+)"', block.partition("capabilities")[2])
        for right in rights:
            rest = [f'"{other}"' for other in rights if other != right] or ['"deny"']
            smaller = re.sub(r"capabilities = \[.*\]", f"capabilities = [{', '.join(rest)}]", block)
            assert not keeps_a_cluster(openbao, whole.replace(block, smaller)), f"without {right} on {block}"


def keeps_a_cluster(openbao: OpenBao, policy: str) -> bool:
    """Whether who has this policy alone makes everything from nothing, changes it, and ends all tokens."""
    logins = hub_login(CAPPED, "lab"), hub_login(CAPPED, "other")
    keys = ClusterKeys("https://one.lab.internal", [PUBLIC[0]]), ClusterKeys("https://two.lab.internal", [PUBLIC[1]])
    for path in (f"sys/mounts/{CAPPED.mount}", f"sys/auth/{CAPPED.hub_mount}", f"auth/token/roles/{CAPPED.token_role}"):
        openbao.call("DELETE", path)
    for name in policies(CAPPED):
        openbao.call("DELETE", f"sys/policies/acl/{name}")
    openbao.ok("PUT", f"sys/policies/acl/{CAPPED.deployer_policy}", body={"policy": policy})
    body = {"policies": [CAPPED.deployer_policy], "no_default_policy": True}
    token = openbao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"]
    with Vault(openbao.address, openbao.ca) as vault:
        vault.use(token)
        try:
            for login, of_cluster, cap in zip(logins, keys, ("12h", "13h"), strict=True):
                wanted = {"kv_mount": CAPPED.mount, "login": login, **vault_objects(CAPPED, cap)}
                wanted["policies"] = {name: f"{text}# {cap}\n" for name, text in wanted["policies"].items()}
                for one in differing(objects(wanted, vault.read, of_cluster)):
                    vault.write(one.path, one.body)
                assert differing(objects(wanted, vault.read, of_cluster)) == []
        except StackError:
            return False
    ended = [f"sys/leases/revoke-prefix/auth/token/create/{CAPPED.token_role}", "auth/token/revoke-self"]
    return all(openbao.call("POST", path, token, {})[0] < 300 for path in ended)


def test_a_foreign_key_is_refused_without_showing_it(openbao: OpenBao, key: str, tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    state.ensure()
    ensure_signing_key(state, "other.key")

    with pytest.raises(StackError) as refused:
        Vault(openbao.address, openbao.ca).login(LAYOUT.deployer_mount, "deployer", state.secret("other.key"))

    assert "refused the login" in refused.value.message
    assert "eyJ" not in refused.value.message


def test_a_server_that_is_away_is_a_sentence(openbao: OpenBao) -> None:
    with pytest.raises(TargetUnreachable, match="does not answer"):
        Vault("https://127.0.0.1:1", openbao.ca).read("sys/auth")


def test_a_server_with_a_foreign_certificate_is_not_trusted(openbao: OpenBao, tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    state.ensure()

    with pytest.raises(TargetUnreachable, match="not trusted"):
        Vault(openbao.address, ensure_authority(state)).read("sys/auth")


def test_a_deployer_works_in_a_namespace_and_leaves_the_servers_root_alone(openbao: OpenBao) -> None:
    openbao.ok("POST", "sys/namespaces/division")
    inside, layout = openbao.within("division"), VaultLayout("inner", mount="inner")
    wanted = {"kv_mount": layout.mount, "login": hub_login(layout, "lab"), **vault_objects(layout, "12h")}
    keys = ClusterKeys("https://one.lab.internal", [PUBLIC[0]])
    inside.ok("PUT", "sys/policies/acl/inner-deployer", body={"policy": deployer_policy(layout, cluster=True)})
    body = {"policies": ["inner-deployer"], "no_default_policy": True}
    token = inside.ok("POST", "auth/token/create", body=body)["auth"]["client_token"]

    with Vault(openbao.address, openbao.ca, "division") as vault:
        vault.use(token)
        for one in differing(objects(wanted, vault.read, keys)):
            vault.write(one.path, one.body)
        assert differing(objects(wanted, vault.read, keys)) == []

    assert inside.call("GET", f"auth/{layout.hub_mount}/role/hub")[0] == 200
    assert openbao.call("GET", f"auth/{layout.hub_mount}/role/hub")[0] != 200
    assert openbao.call("GET", f"sys/mounts/{layout.mount}")[0] != 200
