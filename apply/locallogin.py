"""Sign-in on one machine: the first account of the hub, or what a provider has to know, or a Keycloak of one's own."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import facts, keycloakbootstrap, keycloakrights
from apply.clientsecret import FileDelivery
from apply.hubapi import HubApi
from apply.keycloak import Keycloak, service_account
from apply.keycloaklogin import installer
from apply.keycloakobjects import LAYER
from apply.keycloakreading import path_of, user_of
from apply.keycloakwriter import set_password
from apply.loginlayer import LoginLayer
from apply.passwords import new_password
from apply.placement import FIRST_PASSWORD
from apply.plan import Change
from apply.references import Places
from apply.state import StateDirectory
from render.artifacts import Artifacts
from render.keycloakpart import BOOTSTRAP_CLIENT, BOOTSTRAP_SECRET, INSTALLER_SECRET
from render.local import CLIENT_SECRET, KEYCLOAK, SETTINGS
from spec.errors import StackError
from spec.login import embedded, first_user
from spec.model import Stack

if TYPE_CHECKING:
    from apply.kube import Kube
    from apply.target import Tell
    from apply.vault import Vault


def ensure_account(state: StateDirectory, hub: HubApi, name: str, tell: "Tell") -> None:
    """Make the first administrator's account unless it is there.

    The password is on the disk before the account is, so that a crash between the two locks nobody out.
    """
    if not any(account["name"] == name and account["has_password"] for account in hub.accounts()):
        state.write(FIRST_PASSWORD, new_password())
        hub.add_account(name, state.read(FIRST_PASSWORD) or "", admin=True)
        tell(f"administrator {name} can sign in")


def login_layer(stack: Stack, state: StateDirectory, folder: Path, placed: Artifacts) -> LoginLayer:
    """The login of a stack with a provider.

    Args:
        folder: of the stack file.
        placed: artifacts with this machine's values in them.
    """
    declared = json.loads(placed[KEYCLOAK]) if KEYCLOAK in placed else None
    places = places_of(folder)
    delivery = FileDelivery(state, f"secrets/{CLIENT_SECRET}")
    told = json.loads(placed[SETTINGS])["provider"]

    def connect() -> Keycloak | None:
        return _own_installer(stack, state) if embedded(stack) else installer(stack, places)

    return LoginLayer(stack, told, declared, places, delivery, connect)


def places_of(folder: Path) -> Places:
    """Where references of a stack on this machine lead."""
    return Places(folder, vault=_no_vault, kube=_no_cluster, namespace="")


def examine(login: LoginLayer, state: StateDirectory, made: list[Change]) -> tuple[list[Change], tuple[str, ...]]:
    """What would change, and warnings. A Keycloak of the stack's own that does not run yet cannot be looked at.

    Args:
        made: changes of this machine.

    Raises:
        StackError: the provider does not answer, or the installer may not look.
    """
    starts = not state.exists() or any(change.what == "part keycloak" for change in made)
    if embedded(login.stack) and starts:
        what = f"realm {login.stack.auth.keycloak.realm}, its client and users"
        return [Change("create", what, layer=LAYER)], ()
    return login.examine()


def ensure_provider(login: LoginLayer, state: StateDirectory, tell: "Tell") -> None:
    """The provider and the hub's secret as declared; each step may be repeated.

    Raises:
        StackError: the provider does not answer, or refuses.
    """
    own = login.declared if embedded(login.stack) else None
    if own is not None:
        _ensure_realm(login.stack, state, own, tell)
    login.write(tell)
    if own is not None:
        _ensure_first_password(login.stack, state, own["realm"], tell)
    tell("login: the provider and the hub's secret are as declared")


def _ensure_realm(stack: Stack, state: StateDirectory, declared: dict[str, Any], tell: "Tell") -> None:
    admin = _own(stack, state, "master", BOOTSTRAP_CLIENT, BOOTSTRAP_SECRET)
    roles = keycloakrights.NEEDED["realm"]["apply"]
    client, secret = stack.auth.keycloak.admin_client_id, state.secret(INSTALLER_SECRET)
    keycloakbootstrap.bootstrap(admin, declared, client, secret, roles, tell)


def _ensure_first_password(stack: Stack, state: StateDirectory, realm: str, tell: "Tell") -> None:
    name, keycloak = first_user(stack), _own_installer(stack, state)
    user = user_of(keycloak, realm, name) if name else None
    if user is None or keycloak.get(path_of(realm, "users", user["id"], "credentials")):
        return
    state.write(FIRST_PASSWORD, new_password())
    set_password(keycloak, realm, user["id"], state.read(FIRST_PASSWORD) or "", temporary=False)
    tell(f"{name} can sign in")


def _own_installer(stack: Stack, state: StateDirectory) -> Keycloak:
    settings = stack.auth.keycloak
    return _own(stack, state, settings.realm, settings.admin_client_id, INSTALLER_SECRET)


def _own(stack: Stack, state: StateDirectory, realm: str, client: str, secret: str) -> Keycloak:
    address = f"http://127.0.0.1:{facts.known(stack, state)['keycloak_port']}"
    return Keycloak(address, realm, service_account(client, state.secret(secret)))


def _no_vault() -> "Vault":
    raise StackError("the stack's own Vault is for its users", hint="write env:NAME or file:PATH")


def _no_cluster() -> "Kube":
    raise StackError("there is no cluster on the local target", hint="write env:NAME or file:PATH")
