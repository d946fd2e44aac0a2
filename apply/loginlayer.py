"""How a stack's users sign in with a provider, as install, plan and rotation see it: the hub's secret, and Keycloak."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from apply import clientsecret, keycloaklayer, references
from apply.clientsecret import Delivery
from apply.passwords import new_secret
from apply.plan import Change
from apply.references import Places
from spec.errors import AppliedInPart, StackError
from spec.login import client_secret
from spec.model import Stack
from spec.quantities import seconds

if TYPE_CHECKING:
    from apply.keycloak import Keycloak
    from apply.target import Tell

_PAUSE_SECONDS = 0.5
_FINGERPRINT = 8
"""Hexadecimal digits: enough to tell two secrets apart, too few to find one."""


@dataclass(frozen=True)
class LoginLayer:
    """The login of one stack."""

    stack: Stack
    told: dict[str, Any] | None
    """What the hub is told of the provider; None where it keeps passwords itself."""
    declared: dict[str, Any] | None
    """What `render.keycloak` wants; None where nothing of the provider is managed."""
    places: Places
    delivery: Delivery
    connect: Callable[[], "Keycloak | None"]
    """The provider as the installer sees it; None where its secret is not here."""

    def installer(self) -> "Keycloak":
        """The installer's account.

        Raises:
            StackError: its secret is not here.
        """
        found = self.connect()
        if found is None:
            where = self.stack.auth.keycloak.admin_secret
            message = f"auth.keycloak.admin_secret ({where or 'not set'}) leads to no secret of the installer's account"
            raise StackError(message, hint="set it, and let an administrator run inv auth.bootstrap")
        return found

    def examine(self) -> tuple[list[Change], tuple[str, ...]]:
        """What would change, and warnings; writes nothing.

        Raises:
            StackError: the provider does not answer, the installer may not look, or a secret cannot be read.
        """
        delivered = self.delivery.read()
        value = clientsecret.wanted(self.stack, self.places, delivered)
        changes = clientsecret.change(value, delivered)
        if self.declared is None:
            return changes, ()
        keycloak = self.connect()
        if keycloak is None:
            return changes, (self._unseen(),)
        of_provider, warnings = keycloaklayer.examine(keycloak, self.declared, value)
        return [*of_provider, *changes], warnings

    def write(self, tell: "Tell") -> None:
        """Make it so. The hub has the secret before the provider is told, so that it is never without one.

        Raises:
            StackError: the provider does not answer, or refuses the first write.
            AppliedInPart: it refuses a later one.
        """
        delivered = self.delivery.read()
        value = clientsecret.wanted(self.stack, self.places, delivered)
        if value is None:
            if self.declared is None:
                reference = client_secret(self.stack.auth)
                message = f"{clientsecret.field_of(self.stack)}: {reference} leads to no secret"
                raise StackError(message, hint="put there what the provider's administrator gives you")
            value = clientsecret.made(self.stack, self.places)
        if delivered != [value]:
            tell("login: bringing the hub its secret")
            self.delivery.write(list(dict.fromkeys([value, *delivered[:1]])))
        keycloak = self.connect() if self.declared is not None else None
        if keycloak is not None and self.declared is not None:
            keycloaklayer.write(keycloak, self.declared, value, tell)
        if self.delivery.read() != [value]:
            self.delivery.write([value])

    def rotate(self, known: Callable[[], list[str]], hurry: Callable[[], None], tell: "Tell") -> None:
        """Give the client another secret while sessions go on; may be repeated after a cut.

        Args:
            known: the fingerprints of the secrets that the hub has.
            hurry: makes the hub see sooner what it is brought.

        Raises:
            StackError: the client is somebody else's, or its secret cannot be kept; nothing was changed.
            AppliedInPart: the hub does not see the new secret; the former one is in use.
        """
        reference = client_secret(self.stack.auth)
        keycloak = self.connect() if self.declared is not None else None
        if keycloak is None or self.declared is None:
            message = "the client is not install's to change (auth.keycloak.manage, admin_secret); nothing was changed"
            raise StackError(message, hint="let the provider make another secret, put it in its place, run inv install")
        if reference is not None and reference.startswith("env:"):
            message = f"{clientsecret.field_of(self.stack)}: {reference} cannot be written; nothing was changed"
            raise StackError(message, hint="keep the secret elsewhere, or leave client_secret out: install keeps it")
        former = self.delivery.read()[:1]
        new = new_secret()
        tell("login: bringing the hub a second secret")
        self.delivery.write([*former, new])
        self._await(new, known, hurry, tell)
        tell("login: telling the provider")
        keycloaklayer.write(keycloak, self.declared, new, tell)
        if reference is not None:
            references.keep(reference, new, clientsecret.field_of(self.stack), self.places)
        self.delivery.write([new])

    def _await(self, new: str, known: Callable[[], list[str]], hurry: Callable[[], None], tell: "Tell") -> None:
        until = time.monotonic() + seconds(self.stack.target.timeout)
        while fingerprint(new) not in known():
            if time.monotonic() > until:
                waited = f"after {self.stack.target.timeout} the hub does not see the new secret"
                raise AppliedInPart(f"{waited}; the former one is in use", hint="inv logs hub, then inv auth.rotate")
            hurry()
            tell("login: waiting until the hub sees the new secret")
            time.sleep(_PAUSE_SECONDS)

    def _unseen(self) -> str:
        reference = self.stack.auth.keycloak.admin_secret
        return (
            f"Keycloak was not looked at: auth.keycloak.admin_secret ({reference}) leads to no secret; inv auth.apply "
            "by somebody who has it is enough"
        )


def fingerprint(secret: str) -> str:
    """What tells a secret from another one, as the hub tells it (`hub.oidc.bindingsapi`)."""
    return sha256(secret.encode()).hexdigest()[:_FINGERPRINT]
