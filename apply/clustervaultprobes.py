"""The questions of `inv doctor` to the Vault of a stack in a cluster; nothing is changed."""

import json
from typing import TYPE_CHECKING, Any

from apply import admintoken, clustervault, rest, vaultlogin, vaultobjects
from apply.vaultseen import GOOD, VaultSeen
from render.artifacts import Artifacts
from render.cluster import VAULT
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.vault import Vault

_TIMEOUT_SECONDS = 5.0


def observed(target: "ClusterTarget", artifacts: Artifacts, unseen: list[str]) -> VaultSeen | None:
    """What can be seen of it; None where the stack has none.

    Args:
        unseen: gets what was not looked at, for want of a credential.

    Raises:
        StackError: the authority's file, or a file with a credential, cannot be read.
    """
    if VAULT not in artifacts:
        return None
    url = f"{str(target.stack.vault.address).rstrip('/')}/v1/sys/health"
    trust = clustervault.authority(target)
    try:
        status = rest.exchange("GET", url, what="Vault", trust=trust, timeout=_TIMEOUT_SECONDS).status
    except rest.Untrusted as error:
        return VaultSeen(error.message, untrusted=True)
    except TargetUnreachable as error:
        return VaultSeen(error.message)
    if status not in GOOD:
        return VaultSeen(status=status)
    credential = vaultlogin.credential()
    if credential is None:
        unseen.append(f"what is in Vault: there is no credential ({vaultlogin.WAYS})")
        return VaultSeen(status=status)
    return _inside(target, json.loads(artifacts[VAULT]), credential)


def _inside(target: "ClusterTarget", declared: dict[str, Any], credential: vaultlogin.Credential) -> VaultSeen:
    try:
        keys = clustervault.cluster_keys(target) if "login" in declared else None
        with clustervault.signed_in(target, credential) as vault:
            missing, differing = vaultobjects.astray(vaultobjects.objects(declared, vault.read, keys))
            fault = "" if missing or "admin" not in declared else _token_fault(vault, declared["admin"])
    except StackError as error:
        return VaultSeen(installer_fault=error.message)
    return VaultSeen(missing=missing, differing=differing, token_fault=fault)


def _token_fault(vault: "Vault", declared: dict[str, Any]) -> str:
    found = admintoken.seen(vault, declared)
    return "there is none" if found is None else found.fault(declared)
