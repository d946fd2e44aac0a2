"""Values of the z2jh chart with which hub and notebooks reach Vault; no secret is among them. Pure."""

from typing import Any

from render.found import Found
from render.vault import AUDIENCE
from spec.model import Stack
from spec.ways import has_lasting_token, has_page

LOGIN_FOLDER = "/var/run/secrets/buunstack-vault"
"""Where the hub's pod finds the token of its service account that Vault takes."""
AUTHORITY = "/etc/buunstack/ca.pem"
"""Where notebook servers find the private authority."""
_LOGIN_SECONDS = 600
"""The shortest life of a projected token (kubernetes.io, service accounts); the kubelet renews it."""
_READABLE = 0o644
PAGE_PORT = 8082
"""Where the page for one's secrets listens in the hub's pod, beside the hub's own 8081."""
MCP_PORT = 8083
"""Where the MCP endpoint for all users listens there."""
RENEWED_TOKEN = "/vault/secrets/vault-token"  # noqa: S105 - a path
"""Where the hub finds its token that lasts, which the renewer beside it keeps alive."""
RENEWED_VOLUME = {"name": "vault-secrets", "mountPath": "/vault/secrets"}


def hub_login_volume(stack: Stack) -> dict[str, Any]:
    """The hub's own proof of who it is, made for Vault alone, and nothing that has to be kept."""
    if not stack.vault.enabled:
        return {}
    if has_lasting_token(stack.vault):
        volume = {"name": RENEWED_VOLUME["name"], "emptyDir": {"medium": "Memory"}}
        return {"extraVolumes": [volume], "extraVolumeMounts": [RENEWED_VOLUME | {"readOnly": True}]}
    token = {"path": "token", "audience": AUDIENCE, "expirationSeconds": _LOGIN_SECONDS}
    volume = {"name": "vault-login", "projected": {"sources": [{"serviceAccountToken": token}]}}
    mount = {"name": "vault-login", "mountPath": LOGIN_FOLDER, "readOnly": True}
    return {"extraVolumes": [volume], "extraVolumeMounts": [mount]}


def with_helpers(stack: Stack, hub: dict[str, Any]) -> dict[str, Any]:
    """The values `hub` with a way from the proxy to what listens in the hub's pod beside it."""
    ports = {"secrets": PAGE_PORT} if has_page(stack.vault) else {}
    if stack.mcp.enabled:
        ports["mcp"] = MCP_PORT
    if not ports:
        return hub
    proxy = {"podSelector": {"matchLabels": {"component": "proxy", "release": stack.name}}}
    rule = {"from": [proxy], "ports": [{"port": port, "protocol": "TCP"} for port in ports.values()]}
    extra = [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()]
    return {**hub, "service": {"extraPorts": extra}, "networkPolicy": {"ingress": [rule]}}


def vault_variables(stack: Stack) -> dict[str, str]:
    """What a notebook server is told of Vault: where it is, and whom to trust."""
    if not stack.vault.enabled:
        return {}
    found = {"VAULT_ADDR": str(stack.vault.address)}
    if stack.ca:
        found["VAULT_CACERT"] = AUTHORITY
    if stack.vault.namespace:
        found["VAULT_NAMESPACE"] = stack.vault.namespace
    return found


def trusted_authority(stack: Stack, found: Found) -> dict[str, Any]:
    """The private authority as a file of each server, as the chart's `singleuser.extraFiles`."""
    if not stack.ca:
        return {}
    file = {"mountPath": AUTHORITY, "mode": _READABLE, "stringData": found.ca}
    return {"buunstack-ca": file}
