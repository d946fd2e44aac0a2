"""The values of our own chart: what a stack needs beside the z2jh chart. Pure."""

from typing import Any

from render.found import Found
from render.hubfiles import layout
from render.profiles import gives_gpus
from render.services import METRICS, is_monitored
from render.storage import homes_claim, homes_volume, shared_claim
from render.values import token_key
from spec.model import Stack
from spec.ways import has_lasting_token

CHART = "charts/buunstack"
_REFRESH = "30s"
"""How soon a token that was made anew reaches the cluster; buun-stack's hour would be too long for a rotation.

As the operator itself writes such a time: it puts `1m0s` in the place of `1m`, which would be a change for ever.
"""


def release_name(stack: Stack) -> str:
    """The release of our own chart."""
    return f"{stack.name}-extras"


def keys_secret(stack_name: str) -> str:
    """The Secret with what install makes once for a stack: its keys and tokens."""
    return f"buunstack-{stack_name}-keys"


def extra_values(stack: Stack, found: Found) -> dict[str, Any]:
    """Everything our own chart is given; what is null is not made."""
    return {
        "stack": stack.name,
        "nfs": _nfs(stack),
        "shared": _shared(stack),
        "runtimeClass": _runtime_class(stack, found),
        "monitoring": _monitoring(stack, found),
        "externalSecrets": _external_secrets(stack, found),
    }


def operator_brings_token(stack: Stack, found: Found) -> bool:
    """Whether the hub's Vault token comes to the cluster through the operator, and not by install."""
    asked = has_lasting_token(stack.vault) and stack.vault.admin_token.secret_store is not None
    return asked and found.external_secrets


def operator_brings_service_token(stack: Stack, found: Found) -> bool:
    """Whether the token of the admin service is kept in Vault and comes to the cluster through the operator."""
    return layout(stack).keeps_service_token and found.external_secrets


def _external_secrets(stack: Stack, found: Found) -> list[dict[str, Any]]:
    """Tokens that the operator brings from Vault, where it is there; else install writes the Secrets."""
    names = layout(stack)
    made = []
    if operator_brings_token(stack, found):
        made.append(_external_secret(stack, names.admin_secret, names.admin_path, "Owner"))
    if operator_brings_service_token(stack, found):
        # The hub's pod does not start without it, so it outlives what brings it.
        made.append(_external_secret(stack, names.service_secret, names.service_path, "Orphan"))
    return made


def _external_secret(stack: Stack, name: str, path: str, policy: str) -> dict[str, Any]:
    return {
        "name": name,
        "store": stack.vault.admin_token.secret_store,
        "refreshInterval": _REFRESH,
        "creationPolicy": policy,
        "path": path,
        "data": {"token": "token"},
    }


def _nfs(stack: Stack) -> dict[str, Any] | None:
    if stack.storage.kind != "nfs" or stack.storage.nfs.claim:
        return None
    return {
        "server": stack.storage.nfs.server,
        "path": stack.storage.nfs.path,
        "capacity": stack.storage.capacity,
        "mountOptions": list(stack.storage.nfs.mount_options),
        "claim": homes_claim(stack),
        "volume": homes_volume(stack),
    }


def _shared(stack: Stack) -> dict[str, Any] | None:
    """Shared folders lie beside the homes on NFS, else in a claim of their own."""
    if stack.storage.kind == "nfs" or not stack.storage.shared:
        return None
    return {
        "claim": shared_claim(stack),
        "capacity": stack.storage.capacity,
        "storageClass": stack.storage.class_name,
    }


def _runtime_class(stack: Stack, found: Found) -> dict[str, Any] | None:
    name = stack.gpu.runtime_class
    if not (stack.gpu.create_runtime_class and name and gives_gpus(stack, found)):
        return None
    return {"name": name, "handler": name}


def _monitoring(stack: Stack, found: Found) -> dict[str, Any] | None:
    if not is_monitored(stack, found):
        return None
    return {
        "namespace": stack.monitoring.namespace,
        "alerts": stack.monitoring.alerts,
        "dashboard": stack.monitoring.dashboard,
        "release": "kube-prometheus-stack",
        "renewer": has_lasting_token(stack.vault),
        "tokenSecret": {"name": keys_secret(stack.name), "key": token_key(METRICS)},
    }
