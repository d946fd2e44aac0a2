"""Vault as the deployer sees it: a login, and objects to read and to write. The only user of hvac here."""

import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hvac
import jwt
import requests

from spec.errors import StackError, TargetUnreachable

_ASSERTION_SECONDS = 60
_LOGIN_TRIES = 50
_LOGIN_PAUSE_SECONDS = 0.1
_NEW_MOUNT, _MOUNT_TRIES = "Upgrading from non-versioned to versioned", 100
"""Vault's words for a KV version 2 mount that was made a moment ago (KV secrets engine, upgrading)."""


class Vault:
    """A logged-in deployer of one stack; `close` (or `with`) gives its token back."""

    def __init__(self, address: str, ca: Path | None, namespace: str | None = None) -> None:
        """Opens no connection yet.

        Args:
            ca: file of the one authority to trust; None for those of the system.
        """
        session = requests.Session()
        # REQUESTS_CA_BUNDLE in the environment would silently replace the stack's own authority.
        session.trust_env = False
        session.verify = str(ca) if ca else (ssl.get_default_verify_paths().cafile or True)
        self._client = hvac.Client(url=address, session=session, token="", timeout=30, namespace=namespace)
        self._lent = False
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
                self._log_in(mount, role, _assertion(role, private_key))
                return
            except hvac.exceptions.VaultError as error:
                if attempt == _LOGIN_TRIES - 1:
                    raise StackError(f"Vault refused the login of role {role}: {_reason(error)}") from error
                time.sleep(_LOGIN_PAUSE_SECONDS)

    def use(self, token: str) -> None:
        """Act with a token that somebody else has made, and that is not given back."""
        self._client.token = token
        self._lent = True

    def login_with(self, mount: str, role: str, proof: str) -> None:
        """Log in with a JWT: the `jwt` and the `kubernetes` method take it alike.

        Raises:
            StackError: the login is refused.
        """
        try:
            self._log_in(mount, role, proof)
        except hvac.exceptions.VaultError as error:
            raise StackError(f"Vault refused the login of role {role} at auth/{mount}: {_reason(error)}") from error

    def read(self, path: str, version: int | None = None) -> dict[str, Any] | None:
        """The `data` at a path; None where nothing is.

        Args:
            version: of a secret, instead of its newest one.

        Raises:
            StackError: it is refused.
        """
        # What is not mounted is a bad request, no missing path.
        absent = hvac.exceptions.InvalidRequest if path.startswith("sys/mounts/") else hvac.exceptions.InvalidPath
        try:
            answer = self._call("GET", path, params=None if version is None else {"version": version})
        except absent:
            return None
        except hvac.exceptions.VaultError as error:
            raise self._refusal("GET", path, error) from error
        found: dict[str, Any] = answer["data"]
        return found

    def write(self, path: str, body: dict[str, Any]) -> None:
        """Make or replace what is there. Many writes are merges, so a body names every field it means.

        Raises:
            StackError: it is refused.
        """
        try:
            self._call("POST", path, body)
        except hvac.exceptions.VaultError as error:
            raise self._refusal("POST", path, error) from error

    def names(self, path: str) -> list[str]:
        """What is in a folder of a KV version 2 mount (`MOUNT/metadata/…`); folders end in a slash.

        Raises:
            StackError: it is refused.
        """
        try:
            return [str(name) for name in self._call("LIST", quote(path))["data"]["keys"]]
        except hvac.exceptions.InvalidPath:
            return []
        except hvac.exceptions.VaultError as error:
            raise self._refusal("LIST", path, error) from error

    def create_token(self, role: str) -> str:
        """A new token by a token role.

        Raises:
            StackError: it is refused.
        """
        path = f"auth/token/create/{role}"
        try:
            return str(self._call("POST", path)["auth"]["client_token"])
        except hvac.exceptions.VaultError as error:
            raise self._refusal("POST", path, error) from error

    def life_of(self, token: str) -> dict[str, Any] | None:
        """What Vault knows of another token, asked with that token itself; None when it is dead."""
        try:
            answer = self._call("GET", "auth/token/lookup-self", token=token)
        except hvac.exceptions.Forbidden:
            return None
        except hvac.exceptions.VaultError as error:
            raise self._refusal("GET", "auth/token/lookup-self", error) from error
        return {key: value for key, value in answer["data"].items() if key != "id"}  # which is the token itself

    def end(self, token: str) -> bool:
        """Revoke another token, with that token itself; whether it was alive."""
        try:
            self._call("POST", "auth/token/revoke-self", token=token)
        except hvac.exceptions.Forbidden:
            return False
        except hvac.exceptions.VaultError as error:
            raise self._refusal("POST", "auth/token/revoke-self", error) from error
        return True

    def close(self) -> None:
        """Give the deployer's token back, and the connection."""
        try:
            if self._client.token and not self._lent:
                self._call("POST", "auth/token/revoke-self")
        except (StackError, hvac.exceptions.VaultError):
            pass  # it dies by itself within 15 minutes
        finally:
            self._client.adapter.close()

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        token: str | None = None,
        params: dict[str, Any] | None = None,
    ) -> Any:
        """Args: token: act with this one instead of the deployer's, which hvac would put over a header."""
        own = self._client.token
        self._client.token = own if token is None else token
        try:
            for _ in range(_MOUNT_TRIES):
                try:
                    return self._client.adapter.request(method, f"/v1/{path}", json=body, params=params)
                except hvac.exceptions.InvalidRequest as error:
                    if _NEW_MOUNT not in _reason(error):
                        raise
                    time.sleep(_LOGIN_PAUSE_SECONDS)
            return self._client.adapter.request(method, f"/v1/{path}", json=body, params=params)
        except requests.exceptions.SSLError as error:
            raise TargetUnreachable(
                f"the certificate of Vault at {self._address} is not trusted", hint="name its authority with `ca:`"
            ) from error
        except requests.RequestException as error:
            raise TargetUnreachable(
                f"Vault does not answer at {self._address} ({type(error).__name__})", hint="inv logs vault"
            ) from error
        finally:
            self._client.token = own

    def _log_in(self, mount: str, role: str, proof: str) -> None:
        answer = self._call("POST", f"auth/{mount}/login", {"role": role, "jwt": proof})
        self._client.token = answer["auth"]["client_token"]

    def _refusal(self, method: str, path: str, error: hvac.exceptions.VaultError) -> StackError:
        if isinstance(error, hvac.exceptions.VaultDown):
            return TargetUnreachable(f"Vault at {self._address} is sealed", hint="unseal it")
        policy = "on a cluster inv vault.apply --show-policy prints what this needs"
        hint = policy if isinstance(error, hvac.exceptions.Forbidden) else ""
        return StackError(f"Vault refused {method} {path}: {_reason(error)}", hint)


def _assertion(subject: str, private_key: str) -> str:
    now = int(time.time())
    claims = {"sub": subject, "aud": "vault", "iat": now, "nbf": now, "exp": now + _ASSERTION_SECONDS}
    return jwt.encode(claims, private_key, algorithm="EdDSA")


def _reason(error: Exception) -> str:
    return "; ".join(getattr(error, "errors", None) or [str(error)])
