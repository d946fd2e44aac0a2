"""As whom `inv` acts in Keycloak: as the installer, or for `inv auth.bootstrap` as an administrator. Reads files."""

import os
from collections.abc import Mapping
from pathlib import Path

from apply import console
from apply.keycloak import Keycloak, person, place, service_account
from apply.references import Places, kept
from spec.errors import StackError
from spec.model import Stack

WAYS = "KEYCLOAK_ADMIN_CLIENT_ID with KEYCLOAK_ADMIN_CLIENT_SECRET, or KEYCLOAK_ADMIN_USER with KEYCLOAK_ADMIN_PASSWORD"
"""Where an administrator's credential is looked for, in this order."""
_REALM = "KEYCLOAK_ADMIN_REALM"


def installer(stack: Stack, places: Places) -> Keycloak | None:
    """The installer's own account in the stack's realm; None where its secret is not here.

    Raises:
        StackError: the place of its secret cannot be read.
    """
    settings = stack.auth.keycloak
    if settings.admin_secret is None:
        return None
    secret = kept(settings.admin_secret, "auth.keycloak.admin_secret", places)
    if secret is None:
        return None
    return connected(stack, places.folder, settings.realm, service_account(settings.admin_client_id, secret))


def administrator(stack: Stack, folder: Path, environ: Mapping[str, str] = os.environ) -> Keycloak:
    """An administrator from the environment, of realm master unless KEYCLOAK_ADMIN_REALM names another one.

    Raises:
        StackError: there is none, and no terminal to ask for the password at.
    """
    return connected(stack, folder, environ.get(_REALM) or "master", _grant(environ))


def connected(stack: Stack, folder: Path, realm: str, grant: dict[str, str]) -> Keycloak:
    """Whoever acts, at the stack's Keycloak.

    Args:
        folder: of the stack file, from which its authority's file is found.

    Raises:
        StackError: the stack names no address.
    """
    settings = stack.auth.keycloak
    if settings.url is None:
        raise StackError("auth.keycloak.url does not say where Keycloak is", "url: https://auth.example.net")
    trust = (folder / stack.ca).resolve() if stack.ca else None
    return Keycloak(place(settings.url, settings.internal_url), realm, grant, trust)


def _grant(environ: Mapping[str, str]) -> dict[str, str]:
    client = environ.get("KEYCLOAK_ADMIN_CLIENT_ID")
    secret = environ.get("KEYCLOAK_ADMIN_CLIENT_SECRET")
    if client and secret:
        return service_account(client, secret)
    name, password = environ.get("KEYCLOAK_ADMIN_USER"), environ.get("KEYCLOAK_ADMIN_PASSWORD")
    if name and not password and console.interactive():
        password = console.ask_password(f"Keycloak password of {name}")
    if name and password:
        return person(name, password)
    raise StackError("there is no credential of a Keycloak administrator", f"set {WAYS}")
