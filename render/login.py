"""How the hub signs users in with a provider: its settings, and on a cluster the file with its secret. Pure."""

import re
from typing import Any

from spec.login import by_provider, client_secret, embedded
from spec.model import Stack
from spec.quantities import seconds

KEYCLOAK_URL = "http://127.0.0.1:@{keycloak_port}"
"""Of the Keycloak that install runs on one machine."""
SECRET_FOLDER = "/var/run/secrets/buunstack-login"  # noqa: S105 - a path
SECRET_FILE = "client-secret"  # noqa: S105 - a file's name
IN_CLUSTER = "k8s:"
"""Before the name of a Secret and its key, in a reference."""


def issuer(stack: Stack) -> str:
    """The provider's name of itself, below which everything of it is found."""
    auth = stack.auth
    if auth.kind == "oidc":
        return str(auth.oidc.issuer)
    url = KEYCLOAK_URL if embedded(stack) else str(auth.keycloak.url)
    return f"{url.rstrip('/')}/realms/{auth.keycloak.realm}"


def provider_settings(stack: Stack, public_url: str, secret_file: str, ca_file: str | None) -> dict[str, Any] | None:
    """What the hub is told of the provider; None where it keeps passwords itself.

    Args:
        public_url: of the platform, with a slash at its end.
        ca_file: the private authority, where the stack names one.
    """
    auth, session = stack.auth, stack.auth.session
    if not by_provider(auth):
        return None
    return {
        **(_oidc(stack) if auth.kind == "oidc" else _keycloak(stack)),
        "issuer": issuer(stack),
        "ca_file": ca_file,
        "secret_file": secret_file,
        "public_url": public_url,
        "admin_groups": sorted(auth.admin_groups),
        "allowed_groups": sorted(auth.allowed_groups),
        "refresh_seconds": seconds(session.refresh),
        "outage_grace_seconds": seconds(session.outage_grace),
        "single_logout": session.logout == "single",
        "logout_url": auth.logout_url,
    }


def _keycloak(stack: Stack) -> dict[str, Any]:
    keycloak = stack.auth.keycloak
    return {
        "name": "Keycloak",
        "internal_url": keycloak.internal_url,
        "client_id": keycloak.client_id,
        "scopes": ["openid", "profile", "email"],
        "username_claim": "preferred_username",
        "groups_claim": "groups",
        "session_max_seconds": seconds(keycloak.session_max),
        "ends_by_form": True,
    }


def _oidc(stack: Stack) -> dict[str, Any]:
    oidc = stack.auth.oidc
    return {
        "name": oidc.name or _host(str(oidc.issuer)),
        "internal_url": None,
        "client_id": oidc.client_id,
        "scopes": list(oidc.scopes),
        "username_claim": oidc.username_claim,
        "groups_claim": oidc.groups_claim,
        "session_max_seconds": None,
        "ends_by_form": False,
    }


def _host(url: str) -> str:
    found = re.match(r"https?://([^/]+)", url)
    return found[1] if found else url


def login_secret(stack: Stack) -> str:
    """The Secret with the client's secret, which install writes."""
    return f"buunstack-{stack.name}-login"


def with_login(stack: Stack, hub: dict[str, Any]) -> dict[str, Any]:
    """The values `hub` with a file that holds the client's secret, which the hub reads anew at each use."""
    if not by_provider(stack.auth):
        return hub
    name, key = secret_place(stack)
    items = [{"key": key, "path": SECRET_FILE}]
    # Optional, so that a hub whose secret is not there yet starts and says so on its sign-in page.
    volume = {"name": "login", "secret": {"secretName": name, "items": items, "optional": True}}
    mount = {"name": "login", "mountPath": SECRET_FOLDER, "readOnly": True}
    return {
        **hub,
        "extraVolumes": [*hub.get("extraVolumes", []), volume],
        "extraVolumeMounts": [*hub.get("extraVolumeMounts", []), mount],
    }


def secret_place(stack: Stack) -> tuple[str, str]:
    """(Secret, key) of the client's secret: the one that the file names as `k8s:SECRET#KEY`, else install's own."""
    reference = client_secret(stack.auth)
    if reference is not None and reference.startswith(IN_CLUSTER):
        name, _, key = reference.removeprefix(IN_CLUSTER).partition("#")
        return name, key or SECRET_FILE
    return login_secret(stack), SECRET_FILE
