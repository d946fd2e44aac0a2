"""The hub's token that lasts, on a real server: made once, made anew when it is not as declared, ended at last."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from apply import admintoken
from apply.admintoken import AdminToken
from apply.vault import Vault
from apply.vaultobjects import differing, objects
from render.vault import VaultLayout, admin_token, deployer_policy, user_policy, vault_objects
from spec.errors import StackError
from tests.openbao import OpenBao

LAYOUT = VaultLayout("lasting", mount="lasting", hub_login="token", isolation="policy_per_user", buun_stack=True)
DECLARED = admin_token(LAYOUT, "24h") | {"plain_secret": True}
WHOLE = {"kv_mount": LAYOUT.mount, "admin": DECLARED, **vault_objects(LAYOUT, "168h", ["ada"])}


@pytest.fixture
def vault(openbao: OpenBao) -> Iterator[Vault]:
    """A deployer with the documented policy, on a server that has nothing of the stack's token."""
    openbao.call("DELETE", f"sys/mounts/{LAYOUT.mount}")
    with deployer(openbao, deployer_policy(LAYOUT, cluster=True)) as vault:
        keep(vault)
        yield vault


def deployer(openbao: OpenBao, policy: str) -> Vault:
    openbao.ok("PUT", "sys/policies/acl/lasting-deployer", body={"policy": policy})
    body = {"policies": ["lasting-deployer"], "no_default_policy": True}
    vault = Vault(openbao.address, openbao.ca)
    vault.use(openbao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"])
    return vault


def keep(vault: Vault) -> None:
    for one in differing(objects(WHOLE, vault.read, None)):
        vault.write(one.path, one.body)


def secret(token: str) -> dict[str, Any]:
    import base64

    return {"data": {"token": base64.b64encode(token.encode()).decode()}}


def test_the_names_are_those_of_buun_stack() -> None:
    assert DECLARED["path"] == "lasting/data/jupyterhub/vault-token"
    assert (DECLARED["policy"], DECLARED["secret"]) == ("jupyterhub-admin", "jupyterhub-vault-token")
    assert user_policy(LAYOUT, "ada")[0] == "jupyter-user-ada"


def test_a_token_is_made_once_and_then_left_alone(vault: Vault) -> None:
    assert admintoken.seen(vault, DECLARED) is None
    (of_vault, of_cluster) = admintoken.changes(None, DECLARED, None)
    assert (of_vault.what, of_cluster.what) == ("vault token of the hub", "Secret jupyterhub-vault-token")

    made = admintoken.make(vault, DECLARED, None)

    found = admintoken.seen(vault, DECLARED)
    assert found is not None
    assert (found.token, found.version, found.accessor) == (made.token, made.version, made.accessor)
    assert admintoken.changes(found, DECLARED, secret(made.token)) == []
    assert made.token not in repr(made)


def test_the_token_has_the_declared_life_and_no_cap_but_the_roles_period(vault: Vault) -> None:
    life = admintoken.make(vault, DECLARED, None).life or {}

    assert (life["creation_ttl"], life["explicit_max_ttl"], life["orphan"], life["renewable"]) == (86400, 0, True, True)
    assert (life["policies"], life["role"]) == (["jupyterhub-admin"], "lasting-admin")


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"role": "another"}, "it was not made by role another, so it ends whatever is done"),
        ({"policy": "another"}, "policies: jupyterhub-admin -> another"),
    ],
)
def test_a_token_that_is_not_as_declared_is_made_anew(vault: Vault, other: dict[str, Any], fault: str) -> None:
    found = admintoken.make(vault, DECLARED, None)

    changed = admintoken.changes(found, DECLARED | other, secret(found.token))

    assert changed[0].details == (fault,)
    assert changed[1].details == ("token: changed",)


def test_a_dead_token_is_made_anew_over_what_is_kept(openbao: OpenBao, vault: Vault) -> None:
    dead = admintoken.make(vault, DECLARED, None)
    openbao.ok("POST", "auth/token/revoke", body={"token": dead.token})
    found = admintoken.seen(vault, DECLARED)
    assert found is not None
    assert found.fault(DECLARED) == "it is dead"

    made = admintoken.make(vault, DECLARED, found)

    assert (made.version, made.fault(DECLARED)) == (2, "")


def test_two_who_make_one_at_once_do_not_replace_each_others(vault: Vault) -> None:
    first = admintoken.make(vault, DECLARED, None)

    with pytest.raises(StackError, match="check-and-set"):
        admintoken.make(vault, DECLARED, None)

    found = admintoken.seen(vault, DECLARED)
    assert found is not None
    assert (found.token, found.version) == (first.token, first.version)


def test_a_rotation_ends_every_former_token_and_not_the_present_one(vault: Vault) -> None:
    made: list[AdminToken] = []
    for _ in range(3):
        made.append(admintoken.make(vault, DECLARED, made[-1] if made else None))

    assert admintoken.end_former(vault, DECLARED, made[-1]) == 2
    assert [vault.life_of(one.token) is not None for one in made] == [False, False, True]
    assert admintoken.end_former(vault, DECLARED, made[-1]) == 0


def test_a_secret_of_another_token_is_told_without_showing_either(vault: Vault) -> None:
    found = admintoken.make(vault, DECLARED, None)

    (change,) = admintoken.changes(found, DECLARED, secret("another"))

    assert change.details == ("token: changed",)
    assert admintoken.changes(found, DECLARED | {"plain_secret": False}, None) == []


def test_tokens_that_the_hub_makes_outlive_its_own(openbao: OpenBao, vault: Vault) -> None:
    former = admintoken.make(vault, DECLARED, None)
    body = {"entity_alias": "lasting.ada", "ttl": "1h", "policies": ["jupyter-user-ada"]}
    minted = openbao.ok("POST", f"auth/token/create/{LAYOUT.token_role}", former.token, body)["auth"]["client_token"]

    admintoken.end_former(vault, DECLARED, admintoken.make(vault, DECLARED, former))

    assert vault.life_of(former.token) is None
    assert vault.life_of(minted) is not None


def test_each_right_of_the_deployers_policy_is_needed(openbao: OpenBao) -> None:
    whole = deployer_policy(LAYOUT, cluster=True)
    for_others = ("leases/revoke-prefix", "revoke-self")  # tried with the other login
    assert makes_all(openbao, whole)
    for block in whole.split("path ")[1:]:
        if any(path in block for path in for_others):
            continue
        listed = block.partition("capabilities = [")[2].partition("]")[0]
        rights = listed.split(", ")
        for right in rights:
            rest = ", ".join(one for one in rights if one != right) or '"deny"'
            smaller = whole.replace(f"path {block}", f"path {block}".replace(listed, rest))
            assert not makes_all(openbao, smaller), f"without {right} on {block}"


def makes_all(openbao: OpenBao, policy: str) -> bool:
    """Whether who has this policy alone makes everything from nothing, changes it, and rotates the token."""
    gone = [
        f"sys/mounts/{LAYOUT.mount}",
        *(f"auth/token/roles/{name}" for name in (*WHOLE["token_roles"], "lasting-admin")),
    ]
    for path in (*gone, *(f"sys/policies/acl/{name}" for name in WHOLE["policies"])):
        openbao.call("DELETE", path)
    changed = {
        **WHOLE,
        "policies": {name: f"{text}# more\n" for name, text in WHOLE["policies"].items()},
        "token_roles": {name: body | {"token_explicit_max_ttl": "1h"} for name, body in WHOLE["token_roles"].items()},
        "admin": DECLARED | {"body": DECLARED["body"] | {"token_period": "2h"}},
    }
    with deployer(openbao, policy) as vault:
        try:
            keep(vault)
            token = admintoken.make(vault, DECLARED, admintoken.seen(vault, DECLARED))
            for one in differing(objects(changed, vault.read, None)):
                vault.write(one.path, one.body)
            assert differing(objects(changed, vault.read, None)) == []
            admintoken.end_former(vault, DECLARED, admintoken.make(vault, DECLARED, token))
        except StackError:
            return False
    return True


def test_a_layout_without_the_preset_has_names_of_its_own() -> None:
    own = replace(LAYOUT, buun_stack=False)

    assert (own.hub_policy, own.admin_path, own.admin_secret) == (
        "lasting-hub",
        "lasting/vault-token",
        "lasting-vault-token",
    )
