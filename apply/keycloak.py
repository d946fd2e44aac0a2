"""Keycloak's admin REST API as one account: its token, what that token may do, reading and writing."""

import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from apply import rest
from spec.errors import StackError, TargetUnreachable

_MARGIN_SECONDS = 10
"""A token is renewed this long before its end."""
_LONGEST_FOREIGN_TEXT = 300
_REDIRECTS = range(300, 400)
_MASTER = "master"
_OURS = "realm-management"
"""The client of each realm whose roles are the rights inside it."""


class Conflict(StackError):
    """Somebody else has made it meanwhile."""


class Keycloak:
    """One account in one realm of a Keycloak; connects at the first request."""

    def __init__(self, url: str, realm: str, grant: dict[str, str], trust: Path | None = None) -> None:
        """Opens no connection yet.

        Args:
            url: where to connect.
            realm: in which the account is.
            grant: what the token endpoint takes, as `service_account` and `person` make it.
            trust: certificates to trust instead of the system's.
        """
        self._url, self._realm, self._grant, self._trust = url.rstrip("/"), realm, grant, trust
        self._token, self._until = "", 0.0
        self.timeout_seconds = rest.TIMEOUT_SECONDS
        self.writes = 0
        """Requests that were not only to read."""

    def claims(self) -> dict[str, Any]:
        """What the account's token says of it.

        Raises:
            StackError: Keycloak refuses the account.
            TargetUnreachable: it does not answer.
        """
        return dict(jwt.decode(self._current(), options={"verify_signature": False}))

    def roles(self) -> frozenset[str]:
        """The rights that the account has inside its own realm."""
        access = self.claims().get("resource_access") or {}
        return frozenset((access.get(_OURS) or {}).get("roles") or ())

    def is_of_master(self) -> bool:
        """Whether it is an account of the realm from which all others are administered.

        The roles of such accounts are not in their tokens, which are lightweight ones.
        """
        return str(self.claims().get("iss", "")).endswith(f"/realms/{_MASTER}")

    def forget_token(self) -> None:
        """Ask for a new token at the next request, which then knows of new rights."""
        self._until = 0.0

    def get(self, path: str, **query: str) -> Any:
        """What is at a path below `/admin/realms/`; None where nothing is.

        Raises:
            StackError: it is refused.
        """
        status, answer = self._send("GET", f"{path}?{urlencode(query)}" if query else path)
        return None if status == 404 else self._accepted("GET", path, status, answer)

    def post(self, path: str, body: Any) -> Any:
        """Make something.

        Raises:
            Conflict: it is there.
            StackError: it is refused.
        """
        return self._write("POST", path, body)

    def put(self, path: str, body: Any = None) -> None:
        """Replace something: Keycloak may fill in what the body leaves out.

        Raises:
            StackError: it is refused.
        """
        self._write("PUT", path, body)

    def delete(self, path: str, body: Any = None) -> None:
        """Take something away.

        Raises:
            StackError: it is refused.
        """
        self._write("DELETE", path, body)

    def _write(self, method: str, path: str, body: Any) -> Any:
        self.writes += 1
        status, answer = self._send(method, path, body)
        return self._accepted(method, path, status, answer)

    def _send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._current()}"}
        place = f"{self._url}/admin/realms{'/' if path else ''}{path}"
        return self._call(method, place, headers=headers, body=body)

    def _call(self, method: str, place: str, **content: Any) -> tuple[int, Any]:
        try:
            status, answer = rest.call(
                method, place, what="Keycloak", trust=self._trust, timeout=self.timeout_seconds, **content
            )
        except rest.Untrusted as error:
            raise TargetUnreachable(f"AUTH102 {error.message}", error.hint) from error
        except TargetUnreachable as error:
            hint = "is auth.keycloak.url (or internal_url) right, and is the server up?"
            raise TargetUnreachable(f"AUTH101 {error.message}", hint) from error
        if status >= 500:
            message = f"AUTH101 Keycloak at {self._url} answers {status}"
            raise TargetUnreachable(message, "it may be starting, or broken: its log says why")
        if status in _REDIRECTS:
            message = f"AUTH101 Keycloak at {self._url} answers {status}, with another address"
            raise TargetUnreachable(message, "auth.keycloak.url is the address that it leads to")
        return status, answer

    def _accepted(self, method: str, path: str, status: int, answer: Any) -> Any:
        if status < 300:
            return answer
        asked = f"{method} {path.partition('?')[0]}"
        if status == 409:
            raise Conflict(f"Keycloak refused {asked}: it is there already: {_said(answer)}")
        if status == 403:
            has = ", ".join(sorted(self.roles())) or "none"
            raise StackError(
                f"AUTH120 Keycloak does not permit {asked} (the account has: {has})",
                "inv auth.bootstrap gives the installer what it needs",
            )
        raise StackError(f"Keycloak refused {asked}: {status} {_said(answer)}")

    def _current(self) -> str:
        if time.monotonic() >= self._until:
            asked = time.monotonic()
            answer = self._granted()
            self._token = str(answer["access_token"])
            self._until = asked + float(answer["expires_in"]) - _MARGIN_SECONDS
        return self._token

    def _granted(self) -> dict[str, Any]:
        place = f"{self._url}/realms/{quote(self._realm, safe='')}/protocol/openid-connect/token"
        status, answer = self._call("POST", place, form=self._grant)
        if status == 200 and isinstance(answer, dict) and "access_token" in answer:
            return answer
        if status == 404:
            raise StackError(
                f"AUTH103 realm {self._realm} does not exist at {self._url}",
                "inv auth.bootstrap makes it with manage: realm; else correct auth.keycloak.realm or url",
            )
        account = self._grant.get("username") or self._grant["client_id"]
        raise StackError(
            f"AUTH122 Keycloak refuses account {account} in realm {self._realm}: {_said(answer)}",
            "is its secret the one that is kept, and is the account there and enabled?",
        )


def service_account(client_id: str, secret: str) -> dict[str, str]:
    """The grant of a client that acts for itself."""
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}


def person(name: str, password: str) -> dict[str, str]:
    """The grant of an administrator with a password."""
    return {"grant_type": "password", "client_id": "admin-cli", "username": name, "password": password}


def place(url: str, internal_url: str | None) -> str:
    """Where to connect: inside the cluster to the internal address, from elsewhere to the public one."""
    if internal_url is None:
        return url
    try:
        socket.getaddrinfo(urlsplit(internal_url).hostname, None)
    except OSError:
        return url
    return internal_url


def _said(answer: Any) -> str:
    """Keycloak's own words; it answers with one of these three, or with a page."""
    if not isinstance(answer, dict):
        return "no reason given"
    words = [answer.get(name) for name in ("error_description", "errorMessage", "error")]
    return str(next(filter(None, words), "no reason given"))[:_LONGEST_FOREIGN_TEXT]
