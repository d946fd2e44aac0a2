"""A realm for tests, accounts with chosen roles in it, and stacks that want something of it."""

import secrets
from typing import Any

from apply.keycloak import Keycloak, service_account
from apply.keycloakbootstrap import bootstrap
from apply.keycloakreading import client_of
from apply.keycloakrights import NEEDED
from render.keycloak import keycloak_objects
from spec.load import parse
from spec.model import Stack
from tests.keycloakserver import KeycloakServer

URL = "https://hub.lab.internal/"
INSTALLER = "buunstack-installer"
KEPT = "file:installer.secret"
"""Where a stack file says that the installer's secret is."""


def quiet(_: str) -> None:
    """Tells nobody."""


class Lab:
    """One realm."""

    def __init__(self, server: KeycloakServer, realm: str) -> None:
        self.server, self.realm, self.admin = server, realm, server.admin()
        self.secret = secrets.token_urlsafe(16)
        self._settings = self.admin.get(realm)

    def text(self, manage: str, **more: Any) -> str:
        """A stack file; `more` is of auth.keycloak."""
        fields = {"url": self.server.address, "realm": self.realm, "manage": manage, "admin_secret": KEPT, **more}
        lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
        return (
            "version: 1\nname: lab\ntarget: {kind: kubernetes}\nhub: {host: hub.lab.internal}\n"
            "vault: {enabled: false}\nculling: {enabled: false}\n"
            "auth:\n  kind: keycloak\n  admin_groups: [admins]\n  allowed_groups: [science/physics]\n"
            f"  keycloak:\n{lines}"
        )

    def stack(self, manage: str, **more: Any) -> Stack:
        """The same, read."""
        stack, problems = parse(self.text(manage, **more), "stack.yaml")
        assert stack is not None, problems
        return stack

    def declared(self, manage: str, **more: Any) -> dict[str, Any]:
        """What that stack wants of the realm."""
        found = keycloak_objects(self.stack(manage, **more), URL)
        assert found is not None
        return found

    def account(self, *roles: str) -> Keycloak:
        """The installer with just these roles."""
        declared = {"realm": self.realm}
        bootstrap(self.admin, declared, INSTALLER, self.secret, roles, quiet)
        return self.installer()

    def able(self, manage: str, work: str = "apply") -> Keycloak:
        """The installer with the roles of a level."""
        return self.account(*NEEDED[manage][work])

    def installer(self) -> Keycloak:
        """The installer as it is."""
        return Keycloak(self.server.address, self.realm, service_account(INSTALLER, self.secret))

    def client(self) -> dict[str, Any]:
        """The stack's client as an administrator sees it."""
        found = client_of(self.admin, self.realm, "jupyterhub")
        assert found is not None
        return found

    def change_client(self, **fields: Any) -> None:
        """Somebody changes the client by hand."""
        live = self.client()
        attributes = live["attributes"] | fields.pop("attributes", {})
        self.admin.put(f"{self.realm}/clients/{live['id']}", live | fields | {"attributes": attributes})

    def clean(self) -> None:
        """Take away what a test has left."""
        for name in ("jupyterhub", INSTALLER):
            if client := client_of(self.admin, self.realm, name):
                self.admin.delete(f"{self.realm}/clients/{client['id']}")
        for kind in ("users", "groups"):
            for found in self.admin.get(f"{self.realm}/{kind}"):
                self.admin.delete(f"{self.realm}/{kind}/{found['id']}")
        self.admin.put(self.realm, self._settings)

    def remove(self) -> None:
        """Remove the realm."""
        self.server.remove_realm(self.realm)
