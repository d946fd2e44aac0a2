"""Vault as the deployer sees it: policies and the token role kept as declared. The only user of hvac here."""

import time
from pathlib import Path
from typing import Any

import hvac
import jwt
import requests

from spec.errors import StackError, TargetUnreachable

_ASSERTION_SECONDS = 60
_LOGIN_TRIES = 50
_LOGIN_PAUSE_SECONDS = 0.1


class Vault:
    """A logged-in deployer of one stack; `close` (or `with`) gives its token back."""

    def __init__(self, address: str, ca: Path) -> None:
        """Opens no connection yet."""
        session = requests.Session()
        # REQUESTS_CA_BUNDLE in the environment would silently replace the stack's own authority.
        session.trust_env = False
        session.verify = str(ca)
        self._client = hvac.Client(url=address, session=session, token="", timeout=30)
        self._address = address

    def __enter__(self) -> "Vault":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def login(self, mount: str, role: str, private_key: str) -> None:
        """Log in with an assertion signed by the deployer's own key.

        The server answers before its first-start requests have made the mount, so a refusal is tried again for 5 s.

        Raises:
            StackError: the login is refused for good.
        """
        for attempt in range(_LOGIN_TRIES):
            try:
                answer = self._call("POST", f"auth/{mount}/login", {"role": role, "jwt": _assertion(role, private_key)})
                self._client.token = answer["auth"]["client_token"]
                return
            except hvac.exceptions.VaultError as error:
                if attempt == _LOGIN_TRIES - 1:
                    raise StackError(f"Vault refused the login of role {role}: {_reason(error)}") from error
                time.sleep(_LOGIN_PAUSE_SECONDS)

    def token_accessor(self) -> str:
        """The accessor of the server's `token/` mount, by which policies name a caller's alias."""
        return str(self._call("GET", "sys/auth")["data"]["token/"]["accessor"])

    def ensure_policy(self, name: str, text: str) -> bool:
        """Keep a policy as declared; True when it had to be written."""
        try:
            if self._call("GET", f"sys/policies/acl/{name}")["data"]["policy"] == text:
                return False
        except hvac.exceptions.InvalidPath:
            pass
        self._call("PUT", f"sys/policies/acl/{name}", {"policy": text})
        return True

    def ensure_token_role(self, name: str, wanted: dict[str, Any]) -> None:
        """Write the token role whole: a field left out would keep its old value."""
        self._call("POST", f"auth/token/roles/{name}", wanted)

    def close(self) -> None:
        """Give the deployer's token back, and the connection."""
        try:
            if self._client.token:
                self._call("POST", "auth/token/revoke-self")
        except (StackError, hvac.exceptions.VaultError):
            pass  # it dies by itself within 15 minutes
        finally:
            self._client.adapter.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            return self._client.adapter.request(method, f"/v1/{path}", json=body)
        except requests.exceptions.SSLError as error:
            raise TargetUnreachable(
                f"the certificate of Vault at {self._address} is not trusted", hint="name its authority with `ca:`"
            ) from error
        except requests.RequestException as error:
            raise TargetUnreachable(
                f"Vault does not answer at {self._address} ({type(error).__name__})", hint="inv logs vault"
            ) from error
        except hvac.exceptions.Forbidden as error:
            if not self._client.token:
                raise
            raise StackError(f"Vault refused {method} {path}: {_reason(error)}") from error


def _assertion(subject: str, private_key: str) -> str:
    now = int(time.time())
    claims = {"sub": subject, "aud": "vault", "iat": now, "nbf": now, "exp": now + _ASSERTION_SECONDS}
    return jwt.encode(claims, private_key, algorithm="EdDSA")


def _reason(error: Exception) -> str:
    return "; ".join(getattr(error, "errors", None) or [str(error)])
