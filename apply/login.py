"""`inv auth.*`: what the stack needs of Keycloak, by itself."""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import (
    console,
    facts,
    keycloakbootstrap,
    keycloaklayer,
    keycloakobjects,
    keycloakreading,
    keycloakrights,
    plan,
    references,
)
from apply.keycloaklogin import administrator, installer
from apply.passwords import new_password
from apply.references import Places
from apply.state import StateDirectory, default_path
from apply.validation import validated
from render.keycloak import keycloak_objects
from spec.errors import PlanNotEmpty, StackError
from spec.model import Stack

if TYPE_CHECKING:
    from apply.kube import Kube
    from apply.vault import Vault

_SECRET_BYTES = 32


@dataclass(frozen=True)
class _Managed:
    """A stack whose login this program may touch."""

    stack: Stack
    declared: dict[str, Any]
    places: Places

    @property
    def realm(self) -> str:
        """The realm's name."""
        return str(self.declared["realm"])

    def secret(self) -> str | None:
        """Of the client; None to leave it alone."""
        reference = self.stack.auth.keycloak.client_secret
        return reference and references.resolve(reference, "auth.keycloak.client_secret", self.places)


def apply(spec: str, state: str | None, check: bool, as_json: bool) -> None:
    """Write what differs in Keycloak, and print it.

    Raises:
        PlanNotEmpty: with `check`, when something differs; nothing is written then.
        StackError: the installer has no secret or not the rights, or Keycloak refuses.
    """
    warnings: tuple[str, ...] = ()
    with _managed(spec, state) as managed, console.Progress(as_json) as progress:
        keycloak, secret = installer(managed.stack, managed.places), managed.secret()
        changes, warnings = keycloaklayer.examine(keycloak, managed.declared, secret)
        if not check:
            changes = keycloaklayer.write(keycloak, managed.declared, secret, progress.tell)
    if as_json:
        console.result_json({"changes": plan.document(changes), "warnings": list(warnings)})
    elif changes:
        console.result(plan.text(changes))
    else:
        console.say("nothing changed: Keycloak is as declared")
    _warn(warnings, as_json)
    if check and changes:
        raise PlanNotEmpty(plan.waiting(changes, " in Keycloak"))


def show(spec: str, state: str | None, as_json: bool) -> None:
    """Print the client as it is, with what differs marked.

    Raises:
        StackError: there is none, or the installer may not look.
    """
    with _managed(spec, state) as managed:
        keycloak = installer(managed.stack, managed.places)
        keycloakrights.refuse_too_weak(keycloak, managed.declared["manage"], "plan")
        seen = keycloakreading.observed(keycloak, managed.declared)
    name = managed.declared["client"]["clientId"]
    if seen.client is None:
        raise StackError(f"AUTH110 realm {managed.realm} has no client {name}", "inv auth.apply makes it")
    rows = keycloakobjects.compared(managed.declared, seen)
    if as_json:
        fields = [{"field": row[0], "is": row[1], "declared": row[2], "differs": row[3]} for row in rows]
        console.result_json({"realm": managed.realm, "client": name, "fields": fields})
        return
    shown = keycloakobjects.shown
    texts = [(field, shown(live), f"declared: {shown(new)}" if apart else "") for field, live, new, apart in rows]
    console.result(console.table(("FIELD", "IS", "DIFFERS"), texts))


def password(spec: str, state: str | None, name: str) -> None:
    """Give a user a new password that the next sign-in changes; it is the one line of standard output.

    Raises:
        StackError: there is no such user, or users are not the stack's.
    """
    with _managed(spec, state) as managed:
        if managed.declared["manage"] != "realm":
            message = f"the users of realm {managed.realm} are not the stack's (auth.keycloak.manage)"
            raise StackError(message, "ask its administrator, or set manage: realm")
        keycloak = installer(managed.stack, managed.places)
        keycloakrights.refuse_master_admin(keycloak)
        keycloakrights.refuse_without(keycloak, ("manage-users",))
        user = keycloakreading.user_of(keycloak, managed.realm, name)
        if user is None:
            raise StackError(f"realm {managed.realm} has no user {name}", "auth.keycloak.users, then inv auth.apply")
        made = new_password()
        path = keycloakreading.path_of(managed.realm, "users", user["id"], "reset-password")
        keycloak.put(path, {"type": "password", "value": made, "temporary": True})
    console.say(f"{name} signs in with this password once, and then chooses another one")
    console.result(made)


def bootstrap(spec: str, state: str | None, as_json: bool) -> None:
    """Make the installer's account with an administrator's credential; its secret is made once and kept.

    Raises:
        StackError: no credential, nowhere to keep the secret, or Keycloak refuses.
    """
    with _managed(spec, state) as managed, console.Progress(as_json) as progress:
        settings = managed.stack.auth.keycloak
        admin = administrator(managed.stack, managed.places.folder, managed.places.environ)
        admin.claims()  # a secret is made only when there is somebody to make the account
        roles = keycloakrights.NEEDED[managed.declared["manage"]]["apply"]
        secret = _installer_secret(settings.admin_secret, managed.places)
        changes = keycloakbootstrap.bootstrap(
            admin, managed.declared, settings.admin_client_id, secret, roles, progress.tell
        )
    if as_json:
        console.result_json({"changes": plan.document(changes)})
    elif changes:
        console.result(plan.text(changes))
    else:
        console.say(f"nothing changed: account {settings.admin_client_id} has just the roles that it needs")


def _installer_secret(reference: str | None, places: Places) -> str:
    name = "auth.keycloak.admin_secret"
    if reference is None:
        raise StackError(f"{name} does not say where the installer's secret shall be", f"write {references.FORMS}")
    there = references.kept(reference, name, places)
    if there is not None:
        return there
    made = secrets.token_urlsafe(_SECRET_BYTES)
    references.keep(reference, made, name, places)
    return made


@contextlib.contextmanager
def _managed(spec: str, state: str | None) -> Iterator[_Managed]:
    """The stack; what was opened for its references is closed."""
    stack, folder = validated(spec), Path(spec).resolve().parent
    settings = stack.auth.keycloak
    if stack.auth.kind != "keycloak":
        raise StackError(f"the stack does not sign in with Keycloak (auth.kind is {stack.auth.kind})")
    declared = keycloak_objects(stack, _public_url(stack, state))
    if declared is None:
        message = f"the stack manages nothing in realm {settings.realm} (auth.keycloak.manage: none)"
        raise StackError(message, "manage: client")
    with contextlib.ExitStack() as opened:
        yield _Managed(stack, declared, _places(stack, folder, opened))


def _places(stack: Stack, folder: Path, opened: contextlib.ExitStack) -> Places:
    return Places(
        folder,
        vault=lambda: opened.enter_context(_vault(stack, folder)),
        kube=lambda: _kube(stack),
        namespace=stack.target.namespace,
    )


def _vault(stack: Stack, folder: Path) -> "Vault":
    from apply import vaultlogin
    from apply.vault import Vault

    if not stack.vault.address:
        raise StackError("the stack names no Vault of its own (vault.address)", f"set it, or write {references.FORMS}")
    found = vaultlogin.credential() or vaultlogin.asked()
    vault = Vault(stack.vault.address, (folder / stack.ca).resolve() if stack.ca else None, stack.vault.namespace)
    found.sign_in(vault)
    return vault


def _kube(stack: Stack) -> "Kube":
    from apply.kube import Kube
    from apply.kubeconfig import access

    return Kube(access(stack.target.context))


def _public_url(stack: Stack, state: str | None) -> str:
    if stack.target.kind == "kubernetes":
        return f"https://{stack.hub.host}/"
    there = StateDirectory(Path(state) if state else default_path(stack.name))
    port = stack.hub.port or facts.kept(there).get("ports", {}).get("public_port")
    if port is None:
        raise StackError("the hub's port is not chosen yet, and Keycloak has to know it", "set hub.port")
    return facts.public_url(stack, port)


def _warn(warnings: tuple[str, ...], as_json: bool) -> None:
    for warning in () if as_json else warnings:
        console.say(f"warning: {warning}")
