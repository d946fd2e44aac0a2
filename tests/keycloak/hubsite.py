"""A hub whose users sign in with a real Keycloak, the realm behind it, and browsers that do so.

Keycloak is asked over https, with the tests' own authority: its cookies are `Secure`, and browsers of Python take such
cookies to no http address.
"""

import base64
import json
import re
import secrets
import sqlite3
from html import unescape
from pathlib import Path
from typing import Any, Self

import requests
from cryptography.fernet import Fernet

from apply import keycloaklayer
from render.keycloak import keycloak_objects
from spec.fields import USER_NAME
from tests.hub.examples import AUTH
from tests.hub.oidc.site import Browser, provider_settings
from tests.hub.realhub import RealHub, eventually
from tests.keycloak.lab import Lab, quiet
from tests.keycloakserver import KeycloakServer

PASSWORD = "password-of-the-tests"
ALLOWED, ADMINS = "science/physics", "admins"
"""The groups of the stack that tests/keycloak/lab.py declares."""
OVERDUE_SECONDS = 1.1
"""After this the hub looks at a session again: the tests' refresh is one second."""
SHORT, LONG = 5, 300
"""Seconds of an access token's life: with the first the hub takes it as ended at once."""
_OF_THE_HUB = r"protocol/openid-connect/(?:token|userinfo|certs|logout)|\.well-known/openid-configuration"


class Site:
    """One realm, its client made by the stack's own layer, and the hub of that client.

    Args:
        life: of access tokens, in seconds.
        realm: further settings of the realm.
        changes: of what the hub is told of the provider.
    """

    def __init__(
        self,
        server: KeycloakServer,
        folder: Path,
        life: int = LONG,
        realm: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        self.server = server
        self.realm = server.new_realm(accessTokenLifespan=life, **(realm or {}))
        self.lab = Lab(server, self.realm)
        self.admin = self.lab.admin
        self.issuer = f"{server.https_address}/realms/{self.realm}"
        self.secret_file = folder / "client-secret"
        folder.mkdir(parents=True, exist_ok=True)
        self.secret = secrets.token_urlsafe(24)
        self.secret_file.write_text(self.secret)
        told = {
            "name": "Keycloak",
            "ca_file": str(server.ca),
            "scopes": ["openid", "profile", "email"],
            "admin_groups": [ADMINS],
            "allowed_groups": [ALLOWED],
            "ends_by_form": True,
            **changes,
        }
        settings = provider_settings(self.issuer, self.secret_file, **told)
        login = {"kind": "keycloak", "admin_users": [], "allow_all": False, "username_pattern": USER_NAME}
        self.hub = RealHub(folder / "stack", auth={**AUTH, **login}, provider=settings, vault=None)

    def __enter__(self) -> Self:
        self.install(self.secret)
        self.hub.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.__exit__()
        self.lab.remove()

    def install(self, secret: str) -> None:
        """Client, mapper and groups, as an installation writes them."""
        declared = keycloak_objects(self.lab.stack("groups", admin_secret="env:UNUSED"), f"{self.hub.url}/")
        assert declared is not None
        keycloaklayer.write(self.lab.able("groups"), declared, secret, quiet)

    def account(self, name: str, *groups: str, **fields: Any) -> str:
        """Make an account with the tests' password; its id."""
        person = {"username": name, "email": f"{secrets.token_hex(4)}@example.invalid", "enabled": True}
        password = [{"type": "password", "value": PASSWORD, "temporary": False}]
        whole = {**person, "firstName": "Test", "lastName": "Person", "credentials": password, **fields}
        self.admin.post(f"{self.realm}/users", whole)
        found = self.admin.get(f"{self.realm}/users", username=name, exact="true")[0]["id"]
        for group in groups:
            self.join(found, group)
        return str(found)

    def change(self, account: str, **fields: Any) -> None:
        """An administrator of the realm changes an account."""
        path = f"{self.realm}/users/{account}"
        self.admin.put(path, self.admin.get(path) | fields)

    def remove(self, account: str) -> None:
        """An administrator of the realm removes an account."""
        self.admin.delete(f"{self.realm}/users/{account}")

    def join(self, account: str, group: str) -> None:
        """Add an account to a group, which is made where it is missing."""
        self.admin.put(f"{self.realm}/users/{account}/groups/{self._group(group)}")

    def leave(self, account: str, group: str) -> None:
        """Take an account out of a group."""
        self.admin.delete(f"{self.realm}/users/{account}/groups/{self._group(group)}")

    def _group(self, path: str) -> str:
        parent, _, leaf = path.rpartition("/")
        if self.admin.get(f"{self.realm}/group-by-path/{path}") is None:
            place = f"{self.realm}/groups/{self._group(parent)}/children" if parent else f"{self.realm}/groups"
            self.admin.post(place, {"name": leaf})
        return str(self.admin.get(f"{self.realm}/group-by-path/{path}")["id"])

    def sessions(self, account: str) -> list[str]:
        """The ids of an account's sessions in Keycloak."""
        return [one["id"] for one in self.admin.get(f"{self.realm}/users/{account}/sessions")]

    def session(self, name: str) -> dict[str, Any]:
        """What the hub keeps of a user's sign-in, read in its database as only the hub can."""
        with sqlite3.connect(next((self.hub.folder / "hub").glob("*.sqlite"))) as database:
            query = "SELECT encrypted_auth_state FROM users WHERE name = ?"
            (kept,) = database.execute(query, (name,)).fetchone()
        key = base64.urlsafe_b64encode(bytes.fromhex(self.hub.crypt_key))
        found: dict[str, Any] = json.loads(Fernet(key).decrypt(kept))["session"]
        return found

    def set_realm(self, **fields: Any) -> None:
        """Change settings of the realm."""
        self.admin.put(self.realm, fields)

    def calls(self) -> list[str]:
        """What the hub has asked of the realm up to now, as in `POST token`."""
        mark = secrets.token_hex(8)
        requests.get(f"{self.server.address}/realms/{self.realm}?{mark}", timeout=30)
        log = eventually(lambda: mark in (text := self.server.log.read_text()) and text, "Keycloak's log is written")
        found = re.findall(rf'"(GET|POST) /realms/{self.realm}/({_OF_THE_HUB})', log)
        return [f"{method} {path.rpartition('/')[2]}" for method, path in found]

    def browser(self) -> "KeycloakBrowser":
        """A browser that has been nowhere."""
        return KeycloakBrowser(self)

    def signed_in(self, name: str) -> "KeycloakBrowser":
        """A browser of an account, with a session that is looked at again once its refresh is due."""
        browser = self.browser()
        page = browser.sign_in(name)
        assert (page.status_code, page.url) == (200, f"{self.hub.url}/hub/home")
        return browser


class KeycloakBrowser(Browser):
    """A browser that fills in Keycloak's form."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.hub)
        self.session.verify = str(site.server.ca)

    def sign_in(self, name: str, password: str = PASSWORD) -> requests.Response:
        """The page after the sign-in of an account; without the form where Keycloak asks for no password."""
        page = self.get("/hub/oauth_login?next=%2Fhub%2Fhome")
        if not asks_for_a_password(page):
            return page
        return self.submit(page, username=name, password=password)

    def submit(self, page: requests.Response, allow_redirects: bool = True, **fields: str) -> requests.Response:
        """What comes after the first form of a page of Keycloak, with its hidden fields."""
        form = re.search(r'(?s)<form[^>]*action="([^"]*)".*?</form>', page.text)
        assert form, page.text[:2000]
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
        address = requests.compat.urljoin(page.url, unescape(form[1]))
        return self.session.post(address, data={**dict(hidden), **fields}, allow_redirects=allow_redirects, timeout=30)


def asks_for_a_password(page: requests.Response) -> bool:
    """Whether it is Keycloak's form."""
    return page.ok and 'name="password"' in page.text
