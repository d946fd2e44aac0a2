"""HTTP exchanges with Vault and the hub: TLS verified, connections kept, bounded retries, our errors."""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, SSLError, TimeoutError

from buunstack.errors import BadSetting, CertificateNotTrusted, SecretStoreError, Unavailable
from buunstack.forks import remember
from buunstack.log import log

_CONNECT_SECONDS = 5
_PAUSES_SECONDS = (0.1, 0.3, 0.9)
"""Between the attempts: a restarting Vault is back within them, and a person waits that long."""
_BUSY = (429, 503)
_NOT_ACTIVE = (472, 473)
"""A standby node that may not answer."""
_AGAIN = "Nothing was lost; try again."


@dataclass(frozen=True)
class Answer:
    """A status and what the JSON body says, which may be secret and so is not printed."""

    status: int
    payload: dict[str, Any] = field(repr=False)

    def at(self, *path: str) -> Any:
        """The value below the keys of `path`, which this kind of answer always has."""
        value: Any = self.payload
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            raise not_understood(self.status)
        return value

    def given(self) -> "Answer":
        """Itself; raises Unavailable when the server was not able to answer."""
        if self.status == 503 and "sealed" in self.reasons:
            raise Unavailable(f"Vault is sealed. An administrator must unseal it. {_AGAIN}")
        if self.status == 429:
            raise Unavailable(f"Vault is overloaded (429). {_AGAIN}")
        if self.status >= 500 or self.status in _NOT_ACTIVE or 300 <= self.status < 400:
            said = f", {self.reasons}" if self.reasons else ""
            raise Unavailable(f"Vault cannot answer now ({self.status}{said}). {_AGAIN}")
        return self

    @property
    def reasons(self) -> str:
        """Vault's own words for a refusal, in one short line."""
        errors = self.payload.get("errors")
        texts = [str(error) for error in errors] if isinstance(errors, list) else []
        return " ".join("; ".join(texts).split())[:200]


@dataclass(frozen=True)
class _Failure:
    """An exchange without an answer."""

    error: SecretStoreError
    may_repeat: bool


_HANG_UPS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What a connection that ends in the middle of a handshake is, in newer and in older versions of Python."""


class Transport:
    """The connections to one server.

    Args:
        server: what messages call it.
        ca_file: the only authorities to trust; the system's when empty.
        ca_variable: where a user can set `ca_file`.
    """

    def __init__(
        self, server: str, timeout_seconds: float, ca_file: str = "", ca_variable: str = "VAULT_CACERT"
    ) -> None:
        self._server = server
        self._ca_variable = ca_variable
        self._ca_file = ca_file
        self._timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout_seconds)
        self._pool: urllib3.PoolManager | None = None
        remember(self)

    def renew(self) -> None:
        """Forget the connections; the next exchange opens new ones and reads the authorities again."""
        self._pool = None

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """The answer to one request; raises Unavailable when there is none.

        Args:
            repeatable: the request may be sent again after a connection broke with the answer unknown.
        """
        for pause in (*_PAUSES_SECONDS, None):
            outcome = self._attempt(method, url, headers, body, repeatable)
            again = outcome.may_repeat if isinstance(outcome, _Failure) else outcome.status in _BUSY
            if not again or pause is None:
                break
            log.info("%s is busy or restarting; asking again in %s s", self._server, pause)
            time.sleep(pause)
        # Raised here, after urllib3's own error is gone: its frames hold the request's headers and body.
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, repeatable: bool
    ) -> Answer | _Failure:
        try:
            response = self._connections().request(
                method, url, headers=dict(headers), body=body, redirect=False, retries=False
            )
        except HTTPError as error:
            return self._failure(error, url, repeatable)
        return Answer(response.status, _decoded(response.data))

    def _failure(self, error: HTTPError, url: str, repeatable: bool) -> _Failure:
        where = f"{self._server} at {_origin(url)}"
        reason = error.args[0] if error.args else None
        if isinstance(error, SSLError) and isinstance(reason, ValueError):  # all certificate errors are one
            self.renew()
            told = getattr(reason, "verify_message", None) or str(reason)
            return _Failure(self._not_trusted(where, told), may_repeat=False)
        if isinstance(error, ProtocolError) or isinstance(reason, _HANG_UPS):
            return _Failure(Unavailable(f"The connection to {where} broke. {_AGAIN}"), may_repeat=repeatable)
        if isinstance(error, SSLError):
            return _Failure(Unavailable(f"{where} does not speak TLS that this machine accepts."), may_repeat=False)
        if isinstance(error, NewConnectionError):
            return _Failure(Unavailable(f"{where} cannot be reached. {_AGAIN}"), may_repeat=True)
        if isinstance(error, TimeoutError):
            return _Failure(Unavailable(f"{where} did not answer in time. {_AGAIN}"), may_repeat=False)
        return _Failure(Unavailable(f"{where} gave no answer. {_AGAIN}"), may_repeat=False)

    def _not_trusted(self, where: str, reason: str) -> CertificateNotTrusted:
        if self._ca_file:
            checked = f"It was checked with {self._ca_variable}={self._ca_file}, which must hold its authority."
        elif self._ca_variable:
            checked = f"{self._ca_variable} is not set, so the system's authorities decided. Set it to your site's."
        else:
            checked = "The system's authorities decided."
        return CertificateNotTrusted(f"The certificate of {where} is not trusted ({reason}). {checked}")

    def _connections(self) -> urllib3.PoolManager:
        pool = self._pool
        if pool is None:
            _check_authorities(self._ca_file)
            # urllib3 makes the TLS context: its 1.26 needs a context of its own making for an address by number.
            pool = self._pool = urllib3.PoolManager(
                ca_certs=self._ca_file or None,
                cert_reqs="CERT_REQUIRED",
                timeout=self._timeout,
                maxsize=8,
            )
        return pool


def not_understood(status: int) -> Unavailable:
    """The error for an answer that neither Vault nor the hub gives."""
    return Unavailable(
        f"An answer (status {status}) is neither Vault's nor the hub's: does something else stand in their "
        "place? Check VAULT_ADDR and JUPYTERHUB_API_URL."
    )


def _check_authorities(ca_file: str) -> None:
    try:
        ssl.create_default_context(cafile=ca_file or None)
        return
    except OSError as error:  # ssl.SSLError is one too
        reason = error.strerror or type(error).__name__
    raise BadSetting(f"VAULT_CACERT is {ca_file}, which cannot be used as a file of certificates: {reason}.")


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(data)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
