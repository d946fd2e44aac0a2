"""HTTP to one Vault server: asynchronous, verified, few connections, bounded tries. Touches the network."""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient

from hub.vaulterrors import VaultDown, VaultRefused
from hub.webanswers import Trust, UnusableAuthority, object_in

CONNECTIONS = 8
"""More buy nothing on one node of Vault."""
_CONNECT_SECONDS, _REQUEST_SECONDS = 3.0, 5.0
_PAUSES_SECONDS = (0.2, 0.5)
"""Before the second and the third try."""
_WEATHER = frozenset({429, 472, 473, 501})
"""Over a quota, a standby node, not initialised; and every status from 500 on."""
_LONGEST_REASON = 200


@dataclass(frozen=True)
class Answer:
    """A status below 500 and the decoded body, which may hold secrets."""

    status: int
    body: dict[str, Any] = field(repr=False)

    @property
    def reason(self) -> str:
        """Status and Vault's own words, in one short line."""
        errors = self.body.get("errors")
        words = " ".join(" ".join(map(str, errors)).split()) if isinstance(errors, list) else ""
        return f"{self.status} {words[:_LONGEST_REASON]}".strip()


class VaultHttp:
    """Requests to one address. Takes no proxy from the environment and follows no redirect."""

    def __init__(self, address: str, ca_file: str | None, namespace: str | None = None) -> None:
        """Touches nothing yet: a hub starts with a Vault that does not.

        Args:
            ca_file: the one authority to trust; None for those of the system.
            namespace: in which every path is; None for the server's own root.
        """
        self._address = address.rstrip("/")
        self._headers = {"Content-Type": "application/json", "X-Vault-Request": "true"}
        if namespace is not None:
            self._headers["X-Vault-Namespace"] = namespace
        self._ca_file = ca_file
        self._trust = Trust(ca_file)
        self._client: SimpleAsyncHTTPClient | None = None
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._silent_at = 0.0
        """When somebody last waited in vain, by `time.monotonic`."""

    async def call(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Answer:
        """The answer to a request that may be sent twice.

        Raises:
            VaultDown: no answer, or one that promises better luck later.
            VaultRefused: the server is not the one it should be.
        """
        why, asked = "", time.monotonic()
        for pause in (0.0, *_PAUSES_SECONDS):
            await asyncio.sleep(pause)
            try:
                response = await self._in_turn(asked, method, path, body, headers)
            except HTTPTimeoutError as error:
                # One wait is enough: whoever asked waits too.
                raise VaultDown(f"{self._address}: {error.message}") from None
            except ssl.SSLCertVerificationError as error:
                raise self._untrusted(error) from None
            except (OSError, HTTPClientError) as error:
                why = f"{self._address}: {_one_line(error)}"
                continue
            answer = Answer(response.code, object_in(response.body))
            if answer.status < 500 and answer.status not in _WEATHER:
                return self._followed_nowhere(answer)
            why = f"{self._address}: {answer.reason}"
        raise VaultDown(why)

    async def _in_turn(
        self, asked: float, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> HTTPResponse:
        """The response, whose time runs from when the request is sent: a queue that moves is no silence.

        Those who have waited behind one that got no answer are not sent to wait as long again.
        """
        async with self._turns:
            if self._silent_at > asked:
                raise HTTPTimeoutError("Timeout of a request before this one")
            try:
                return await self._fetch(method, path, body, headers)
            except HTTPTimeoutError:
                self._silent_at = time.monotonic()
                raise

    async def _fetch(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> HTTPResponse:
        if self._client is None:
            self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=CONNECTIONS)
        request = HTTPRequest(
            f"{self._address}/v1/{path}",
            method=method,
            headers={**self._headers, **headers},
            body=None if body is None else json.dumps(body),
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_REQUEST_SECONDS,
            follow_redirects=False,
            ssl_options=self._context(),
        )
        return await self._client.fetch(request, raise_error=False)

    def _context(self) -> ssl.SSLContext:
        try:
            return self._trust.context()
        except UnusableAuthority as error:
            raise VaultRefused(f"Vault's certificate authority {error}") from None

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> VaultRefused:
        self._trust.forget()
        trusted = self._ca_file or "the system's authorities"
        return VaultRefused(f"{self._address}: its certificate is not trusted by {trusted}: {error.verify_message}")

    def _followed_nowhere(self, answer: Answer) -> Answer:
        if 300 <= answer.status < 400:
            raise VaultRefused(
                f"{self._address} answers {answer.status} and points elsewhere; set `vault.address` to that"
            )
        return answer


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
