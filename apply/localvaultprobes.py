"""The questions of `inv doctor` to the Vault of this machine; nothing is changed."""

import json
from typing import TYPE_CHECKING

from apply import facts, localvault, rest, vaultobjects
from apply.vaultseen import VaultSeen
from render.hubfiles import layout
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.local import LocalTarget

_TIMEOUT_SECONDS = 3.0


def observed(target: "LocalTarget", wanted: dict[str, str], fault: str) -> VaultSeen | None:
    """What can be seen of it; None where the stack has none.

    Args:
        wanted: the files of the stack.
        fault: why its process need not be asked.

    Raises:
        StackError: what would be asked is not known.
    """
    if not target.stack.vault.enabled:
        return None
    try:
        status = _health(target)
    except rest.Untrusted as error:
        return VaultSeen(error.message, untrusted=True)
    except TargetUnreachable as error:
        return VaultSeen(fault or error.message)
    if status != 200:
        return VaultSeen(status=status)
    missing, differing, installer_fault = _objects(target, wanted)
    return VaultSeen(
        missing=missing, differing=differing, installer_fault=installer_fault, hub_fault=_hub_fault(target)
    )


def _health(target: "LocalTarget") -> int:
    port = facts.known(target.stack, target.state)["vault_port"]
    url, trust = f"https://127.0.0.1:{port}/v1/sys/health", target.state.path / "tls" / "ca.pem"
    return rest.exchange("GET", url, what="Vault", trust=trust, timeout=_TIMEOUT_SECONDS).status


def _objects(target: "LocalTarget", wanted: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """What is missing, what differs, and why nobody could look."""
    declared = json.loads(wanted["conf/vault.json"])
    try:
        with localvault.signed_in(target.stack, target.state) as vault:
            return *vaultobjects.astray(vaultobjects.objects(declared, vault.read, None)), ""
    except StackError as error:
        return (), (), error.message


def _hub_fault(target: "LocalTarget") -> str:
    """As the hub itself: a login with its key, given back at once."""
    names = layout(target.stack)
    try:
        localvault.signed_in(target.stack, target.state, names.hub_mount, "hub").close()
    except StackError as error:
        return error.message
    return ""
