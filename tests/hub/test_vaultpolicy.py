"""The hub's own policy: all it holds is needed, and it opens nothing else."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from hub.settings import Vault
from hub.vaultapi import VaultApi
from hub.vaulterrors import VaultRefused
from render.vault import policies
from tests.hub.vaultside import VaultSide


@pytest.fixture
def narrowed(vault: VaultSide) -> Iterator[VaultSide]:
    """The policy is put back afterwards."""
    yield vault
    _write(vault, _whole(vault))


def _whole(vault: VaultSide) -> str:
    return policies(vault.layout)[vault.layout.hub_policy]


def _write(vault: VaultSide, policy: str) -> None:
    vault.bao.ok("PUT", f"sys/policies/acl/{vault.layout.hub_policy}", body={"policy": policy})


def _mint_and_revoke(vault: VaultSide) -> None:
    """All that the hub ever does."""

    async def both() -> None:
        api = VaultApi(Vault(**vault.settings), vault.layout.stack)
        grant = await api.mint("alice", "two")
        await api.revoke(grant.accessor)

    asyncio.run(both())


def _smaller_policies(whole: str) -> list[str]:
    """The policy without one path, without one capability, or without one parameter."""
    blocks = re.findall(r'path "[^"]+" \{.*?\n\}', whole, re.DOTALL)
    smaller = [whole.replace(block, "") for block in blocks]
    for block in blocks:
        capabilities = re.search(r"capabilities *= *\[(.*?)\]", block)
        assert capabilities is not None
        words = capabilities[1].split(", ")
        for word in words:
            fewer = ", ".join(w for w in words if w != word) or '"deny"'
            changed = block.replace(f"[{capabilities[1]}]", f"[{fewer}]", 1)
            smaller.append(whole.replace(block, changed))
        for line in re.findall(r"\n +\"\w+\" += \[.*?\]", block):
            smaller.append(whole.replace(line, ""))
    return smaller


def test_the_policy_is_enough(vault: VaultSide) -> None:
    _mint_and_revoke(vault)


def test_no_smaller_policy_is_enough(narrowed: VaultSide) -> None:
    smaller = _smaller_policies(_whole(narrowed))
    assert len(smaller) >= 6

    enough = []
    for policy in smaller:
        _write(narrowed, policy)
        try:
            _mint_and_revoke(narrowed)
        except VaultRefused:
            continue
        enough.append(policy)

    assert enough == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "secret/data/jupyter/users/jupyterhub.alice/k", None),
        ("LIST", "secret/metadata/jupyter/users", None),
        ("POST", "secret/data/jupyter/shared/k", {"data": {"a": "1"}}),
        ("POST", "auth/token/create", {}),
        ("POST", "auth/token/create-orphan", {}),
        ("PUT", "sys/policies/acl/jupyterhub-notebook-user", {"policy": ""}),
        ("POST", "auth/token/roles/jupyterhub-notebook", {"allowed_policies": ["root"]}),
        ("LIST", "auth/token/accessors", None),
        ("POST", "identity/entity", {"name": "x", "policies": ["root"]}),
        ("POST", "auth/token/create/jupyterhub-notebook", {"entity_alias": "other.alice", "ttl": "1h"}),
        ("POST", "auth/token/create/jupyterhub-notebook", {"entity_alias": "", "ttl": "1h"}),
        ("POST", "auth/token/create/jupyterhub-notebook", {"ttl": "1h"}),
        ("POST", "auth/token/create/jupyterhub-notebook", {"entity_alias": "jupyterhub.alice"}),
        *(
            ("POST", "auth/token/create/jupyterhub-notebook", {"entity_alias": "jupyterhub.a", "ttl": "1h", **more})
            for more in (
                {"policies": ["root"]},
                {"period": "1h"},
                {"no_parent": True},
                {"id": "s.x"},
                {"type": "batch"},
            )
        ),
    ],
)
def test_a_stolen_hub_token_opens_nothing_else(vault: VaultSide, method: str, path: str, body: object) -> None:
    assert vault.bao.call(method, path, vault.hub_login(), body)[0] in (400, 403)
