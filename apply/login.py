"""`inv auth.*`: what the stack needs of Keycloak, by itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apply import (
    console,
    keycloakbootstrap,
    keycloaklayer,
    keycloakobjects,
    keycloakreading,
    keycloakrights,
    plan,
    references,
)
from apply.keycloaklogin import administrator
from apply.keycloakwriter import set_password
from apply.loginlayer import LoginLayer
from apply.passwords import new_password
from apply.references import Places
from apply.target import target
from spec.errors import PlanNotEmpty, StackError
from spec.login import by_provider
from spec.model import Stack


@dataclass(frozen=True)
class _Managed:
    """A stack whose login this program may touch."""

    layer: LoginLayer
    declared: dict[str, Any]

    @property
    def stack(self) -> Stack:
        """As declared."""
        return self.layer.stack

    @property
    def places(self) -> Places:
        """Where references lead."""
        return self.layer.places

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
        keycloak, secret = managed.layer.installer(), managed.secret()
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
        keycloak = managed.layer.installer()
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
        keycloak = managed.layer.installer()
        keycloakrights.refuse_master_admin(keycloak)
        keycloakrights.refuse_without(keycloak, ("manage-users",))
        user = keycloakreading.user_of(keycloak, managed.realm, name)
        if user is None:
            raise StackError(f"realm {managed.realm} has no user {name}", "auth.keycloak.users, then inv auth.apply")
        made = new_password()
        set_password(keycloak, managed.realm, user["id"], made, temporary=True)
    console.say(f"{name} signs in with this password once, and then chooses another one")
    console.result(made)


def rotate(spec: str, state: str | None, as_json: bool) -> None:
    """Give the hub's client another secret while sessions go on.

    Raises:
        StackError: the client is somebody else's; nothing was changed.
        AppliedInPart: the hub does not see the new secret.
    """
    found = target(spec, state)
    if not by_provider(found.stack.auth):
        raise StackError(f"the hub has no secret at a provider (auth.kind is {found.stack.auth.kind})")
    with (
        console.Progress(as_json) as progress,
        found.locked("auth.rotate", progress.tell),
        found.login() as layer,
        found.hub() as hub,
    ):
        layer.rotate(hub.login_secrets, found.hurry_secrets, progress.tell)
    if as_json:
        console.result_json({"rotated": True})
    else:
        console.say("the hub's client has another secret; nobody was signed out")


def release(spec: str, state: str | None, name: str, yes: bool) -> None:
    """Free a name, so that another account of the provider gets it with home and secrets.

    Raises:
        StackError: it is bound to nobody, or nobody confirmed.
    """
    found = target(spec, state)
    if not by_provider(found.stack.auth):
        raise StackError(f"names are the hub's own (auth.kind is {found.stack.auth.kind})", "inv user.list")
    if not yes:
        question = f"Give home and secrets of {name} to the next account that signs in under this name?"
        console.confirm(question, otherwise=f"inv auth.release {name} --yes")
    with found.hub() as hub:
        hub.release(name)
    console.say(f"{name} belongs to the account that signs in next under this name")


def bootstrap(spec: str, state: str | None, as_json: bool) -> None:
    """Make the installer's account with an administrator's credential; its secret is made once and kept.

    Raises:
        StackError: no credential, nowhere to keep the secret, or Keycloak refuses.
    """
    with _managed(spec, state) as managed, console.Progress(as_json) as progress:
        settings = managed.stack.auth.keycloak
        if settings.embedded:
            raise StackError("install itself makes the account in a Keycloak of the stack's own", "inv install")
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
    return references.kept(reference, name, places) or references.made(reference, name, places)


@contextlib.contextmanager
def _managed(spec: str, state: str | None) -> Iterator[_Managed]:
    """The stack; what was opened for its references is closed."""
    found = target(spec, state)
    stack = found.stack
    if stack.auth.kind != "keycloak":
        raise StackError(f"the stack does not sign in with Keycloak (auth.kind is {stack.auth.kind})")
    with found.login() as layer:
        if layer.declared is None:
            message = f"the stack manages nothing in realm {stack.auth.keycloak.realm} (auth.keycloak.manage: none)"
            raise StackError(message, "manage: client")
        yield _Managed(layer, layer.declared)


def _warn(warnings: tuple[str, ...], as_json: bool) -> None:
    for warning in () if as_json else warnings:
        console.say(f"warning: {warning}")
