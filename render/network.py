"""The way into the cluster and the ways out of notebook servers. Pure."""

import re
from typing import Any

from spec.egress import destinations
from spec.model import Stack

_METADATA_SERVICE = "169.254.169.254/32"
"""Where clouds give credentials to whoever asks; never opened by a destination that means everywhere."""

_HTTPS, _VAULT_PORT = 443, 8200
"""The port of an address without one, and Vault's own (openbao.org/docs/configuration/listener/tcp)."""
_SERVICE = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:\..+)?")
"""A service of the cluster and its namespace (kubernetes.io, DNS for services)."""
_URL = re.compile(r"https?://(\[[^]]+]|[^:/]+)(?::([0-9]+))?")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


def way_in(stack: Stack) -> dict[str, Any]:
    """`ingress` and `httpRoute`; charts below 4.3.0 know no such route and are not told of it."""
    if stack.ingress.kind == "ingress":
        return {"ingress": _ingress(stack)}
    if stack.ingress.kind == "none" or stack.ingress.gateway is None:
        return {"ingress": {"enabled": False}}
    gateway = {
        "name": stack.ingress.gateway.name,
        "namespace": stack.ingress.gateway.namespace or stack.target.namespace,
    }
    route = {
        "enabled": True,
        "annotations": dict(sorted(stack.ingress.annotations.items())),
        "hostnames": [stack.hub.host],
        "gateway": gateway,
    }
    return {"ingress": {"enabled": False}, "httpRoute": route}


def egress_rules(stack: Stack) -> list[dict[str, Any]]:
    """NetworkPolicy rules for what `egress` names; the chart itself opens the hub, DNS and public addresses."""
    return [
        {
            "to": [_peer(found.namespace, found.host)],
            "ports": [{"port": port, "protocol": "TCP"} for port in found.ports],
        }
        for found in destinations(stack)
    ]


def vault_egress(stack: Stack) -> list[dict[str, Any]]:
    """Notebook servers ask Vault themselves; the chart closes private addresses to them.

    Names are not known to a NetworkPolicy: one outside of the cluster opens its port to any address.
    """
    if not stack.vault.enabled:
        return []
    address = _URL.match(str(stack.vault.address))
    host, port = (address[1].strip("[]"), int(address[2] or _HTTPS)) if address else ("", _HTTPS)
    service = _SERVICE.fullmatch(host)
    # A rule is about the pod's port, and a service may offer it under another.
    ports = {port, _VAULT_PORT} if service else {port}
    is_address = not service and bool(_ADDRESS.fullmatch(host))
    peer = _peer(service[1] if service else None, host if is_address else None)
    return [{"to": [peer], "ports": [{"port": one, "protocol": "TCP"} for one in sorted(ports)]}]


def _peer(namespace: str | None, host: str | None) -> dict[str, Any]:
    if namespace:
        return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    if host:
        range_ = host if "/" in host else f"{host}/{128 if ':' in host else 32}"
        return {"ipBlock": {"cidr": range_}}
    return {"ipBlock": {"cidr": "0.0.0.0/0", "except": [_METADATA_SERVICE]}}


def _ingress(stack: Stack) -> dict[str, Any]:
    tls: dict[str, Any] = {"hosts": [stack.hub.host]}
    if stack.ingress.tls_secret:
        tls["secretName"] = stack.ingress.tls_secret
    return {
        "enabled": True,
        "ingressClassName": stack.ingress.class_name,
        "annotations": {**_annotations(stack), **dict(sorted(stack.ingress.annotations.items()))},
        "hosts": [stack.hub.host],
        "tls": [tls],
    }


def _annotations(stack: Stack) -> dict[str, str]:
    """Each controller has words of its own: Traefik for TLS alone, ingress-nginx for a cookie that keeps a server."""
    if stack.ingress.class_name == "traefik":
        router = "traefik.ingress.kubernetes.io/router"
        # An Ingress's `tls` gives Traefik the certificate, but makes no TLS router unless the entry point always does.
        return {f"{router}.entrypoints": "websecure", f"{router}.tls": "true"}
    if stack.ingress.class_name == "nginx" and stack.ingress.sticky_cookie:
        prefix = "nginx.ingress.kubernetes.io"
        return {f"{prefix}/affinity": "cookie", f"{prefix}/session-cookie-name": "jupyter-session"}
    return {}
