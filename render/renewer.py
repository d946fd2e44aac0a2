"""The container beside the hub that keeps the hub's Vault token alive, with `vault.hub_login: token`. Pure."""

from typing import Any

from render.hubfiles import AUTHORITY_FILE, file_key, layout, package_files
from render.vaultvalues import RENEWED_TOKEN, RENEWED_VOLUME
from spec.model import Stack
from spec.ways import has_lasting_token

RENEWER = "vault-token-renewer"
"""The container's name."""
HUB_IMAGE = "@[hub.image]"
"""Stands for the chart's own image of the hub, which only the chart knows; the renewer needs no other."""
_PORT = 9180
_CODE_FOLDER, _SOURCE_FOLDER = "/usr/local/share/buunstack", "/vault/admin-token"
_SHARED_CODE = ("hub/__init__.py", "hub/ending.py", "hub/vaulterrors.py", "hub/vaulthttp.py", "hub/webanswers.py")
_HUB_SECRET = "hub"  # noqa: S105 - a name
"""The chart's own Secret, which holds `hub.extraFiles` (templates/hub/secret.yaml)."""
_KEY = "token"


def with_renewer(stack: Stack, hub: dict[str, Any]) -> dict[str, Any]:
    """The values `hub` with the container and what it reads, where the hub has a token that lasts."""
    if not has_lasting_token(stack.vault):
        return hub
    code = {"name": "renewer-code", "secret": {"secretName": _HUB_SECRET, "items": _items(stack)}}
    # Late is late: without the Secret the pod would not start at all, and nobody would be told why.
    source = {
        "name": "vault-admin-token",
        "secret": {"secretName": layout(stack).admin_secret, "optional": True},
    }
    volumes = [*hub.get("extraVolumes", []), code, source]
    return {**hub, "extraVolumes": volumes, "extraContainers": [_container(stack)]}


def _container(stack: Stack) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": _PORT}, "periodSeconds": 10, "timeoutSeconds": 5}
    return {
        "name": RENEWER,
        "image": HUB_IMAGE,
        "command": ["python3", "-m", "hub.renewer"],
        "workingDir": _CODE_FOLDER,
        "env": [{"name": name, "value": value} for name, value in _variables(stack).items()],
        "ports": [{"name": "renewer", "containerPort": _PORT}],
        "livenessProbe": {**probe, "failureThreshold": 6},
        "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            # The account of the hub's container, for the token is readable for its owner alone.
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "renewer-code", "mountPath": _CODE_FOLDER, "readOnly": True},
            {"name": "vault-admin-token", "mountPath": _SOURCE_FOLDER, "readOnly": True},
            dict(RENEWED_VOLUME),
        ],
    }


def _variables(stack: Stack) -> dict[str, str]:
    found = {
        "PYTHONPATH": _CODE_FOLDER,
        "PYTHONDONTWRITEBYTECODE": "1",
        "VAULT_ADDR": str(stack.vault.address),
        "RENEWER_SOURCE": f"{_SOURCE_FOLDER}/{_KEY}",
        "RENEWER_TARGET": RENEWED_TOKEN,
        "RENEWER_HEALTH_PORT": str(_PORT),
    }
    if stack.ca:
        found["VAULT_CACERT"] = f"{_CODE_FOLDER}/{AUTHORITY_FILE}"
    if stack.vault.namespace:
        found["VAULT_NAMESPACE"] = stack.vault.namespace
    return found


def _items(stack: Stack) -> list[dict[str, str]]:
    """The files of the hub that the renewer runs, each at its place."""
    files = [*_SHARED_CODE, *package_files("hub/renewer"), *([AUTHORITY_FILE] if stack.ca else [])]
    return [{"key": file_key(path), "path": path} for path in sorted(files)]
