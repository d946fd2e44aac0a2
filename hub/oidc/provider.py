"""The provider as the hub talks to it: discovery, tokens, who somebody is, keys, sign-out. Touches the network."""

import base64
import ssl
import time
from typing import Any
from urllib.parse import quote, urlencode

import jwt
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from hub.oidc.discovery import PATH, Endpoints, endpoints, reached
from hub.oidc.errors import ProviderAway, ProviderRefused, SecretRefused
from hub.oidc.secret import ClientSecret
from hub.webanswers import Trust, UnusableAuthority, object_in

_CONNECT_SECONDS, _REQUEST_SECONDS = 2.0, 5.0
_CONNECTIONS = 32
_REST_SECONDS = 3.0
"""After a vain wait nobody else waits for as long as this: a provider that hangs must not hang the hub's pages.

For as long as this, one that has answered is taken to be there."""
_DOCUMENT_SECONDS = 3600.0
_KEYS_SECONDS = 60.0
"""How soon keys are fetched again for a token that is signed by an unknown one."""
_UNKNOWN_CLIENT = ("invalid_client", "unauthorized_client")
"""How providers refuse a client's secret (RFC 6749, section 5.2; Keycloak says the second)."""


class Provider:
    """One issuer, asked as one client."""

    def __init__(
        self, issuer: str, internal_url: str | None, ca_file: str | None, client_id: str, secret: ClientSecret
    ) -> None:
        """Touches nothing yet: a hub starts with a provider that does not.

        Args:
            internal_url: where the hub reaches it, in place of the issuer's scheme and host.
            ca_file: the one authority to trust; None for those of the system.
        """
        self.issuer = issuer
        self.client_id = client_id
        self._internal_url = internal_url
        self._secret = secret
        self._http: SimpleAsyncHTTPClient | None = None
        self._trust = Trust(ca_file)
        self._found: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None
        self._silence: tuple[float, str] = (0.0, "")
        self.answered: float | None = None
        """When it last answered, in seconds since the epoch."""

    def secrets(self) -> list[str]:
        """With what the hub can prove itself now.

        Raises:
            ProviderAway: with nothing.
        """
        return self._secret.candidates()

    async def endpoints(self) -> Endpoints:
        """Where the provider has what; asked for once an hour.

        Raises:
            ProviderAway: it does not answer, or is another one.
        """
        if self._found is not None and time.monotonic() - self._found[0] < _DOCUMENT_SECONDS:
            return self._found[1]
        try:
            return await self.look()
        except ProviderAway:
            if self._found is None:
                raise
        return self._found[1]

    async def awake(self) -> Endpoints:
        """The same, of a provider that has answered a moment ago or does so now: a browser is sent to no other.

        Raises:
            ProviderAway: it does not answer, or is another one.
        """
        heard = self.answered is not None and time.time() - self.answered < _REST_SECONDS
        if self._found is not None and heard and not self._is_silent():
            return self._found[1]
        return await self.look()

    async def look(self) -> Endpoints:
        """The same, asked for now.

        Raises:
            ProviderAway: it does not answer, or is another one.
        """
        address = reached(self.issuer, self.issuer, self._internal_url)
        answer = await self._fetch("GET", f"{address}{PATH}")
        if answer.code != 200:
            raise ProviderAway(f"AUTH103 {address} is no issuer: it answers {answer.code}")
        found = endpoints(object_in(answer.body), self.issuer, self._internal_url)
        self._found = (time.monotonic(), found)
        return found

    async def tokens(self, grant: dict[str, str]) -> dict[str, Any]:
        """The answer to a grant: an access token and what comes with it.

        Raises:
            ProviderAway: no answer.
            SecretRefused: the provider does not know the hub.
            ProviderRefused: the grant is not valid, or not any more.
        """
        there = await self.endpoints()
        answer = await self._as_client(there.token, grant)
        found = object_in(answer.body)
        if answer.code != 200 or not isinstance(found.get("access_token"), str):
            raise ProviderRefused(f"{answer.code} {_error(answer)}")
        return found

    async def person(self, access_token: str) -> dict[str, Any]:
        """What the provider says of the token's owner.

        Raises:
            ProviderAway: no answer.
            ProviderRefused: the token is not valid, or names nobody.
        """
        there = await self.endpoints()
        answer = await self._fetch("GET", there.userinfo, {"Authorization": f"Bearer {access_token}"})
        found = object_in(answer.body)
        if answer.code != 200 or not found.get("sub"):
            raise ProviderRefused(f"{answer.code} {_error(answer)}")
        return found

    async def keys(self, wanted: str) -> dict[str, Any]:
        """The provider's public keys, fetched again at most once a minute while the wanted one is not among them.

        Raises:
            ProviderError: no answer.
        """
        known = self._keys
        stale = known is None or time.monotonic() - known[0] > _KEYS_SECONDS
        if known is None or (stale and wanted not in _names(known[1])):
            there = await self.endpoints()
            answer = await self._fetch("GET", there.keys)
            if answer.code != 200:
                raise ProviderAway(f"{there.keys} answers {answer.code}")
            known = self._keys = (time.monotonic(), object_in(answer.body))
        return known[1]

    async def end_session(self, refresh_token: str) -> None:
        """End the provider's session of somebody, by the hub's own word.

        Raises:
            ProviderError: it is not ended.
        """
        there = await self.endpoints()
        if there.hub_end_session is None:
            raise ProviderRefused("it has no end_session_endpoint")
        answer = await self._as_client(there.hub_end_session, {"refresh_token": refresh_token})
        if answer.code >= 400:
            raise ProviderRefused(f"{answer.code} {_error(answer)}")

    async def _as_client(self, url: str, form: dict[str, str]) -> HTTPResponse:
        """The answer to a form that proves who sends it; during a change of the secret, with the one that is known."""
        basic = (await self.endpoints()).basic_auth
        answer = None
        for secret in self._secret.candidates():
            headers, body = {"Content-Type": "application/x-www-form-urlencoded"}, {**form}
            if basic:
                pair = f"{quote(self.client_id, safe='')}:{quote(secret, safe='')}"
                headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            else:
                body |= {"client_id": self.client_id, "client_secret": secret}
            answer = await self._fetch("POST", url, headers, urlencode(body))
            if not (answer.code in (400, 401) and object_in(answer.body).get("error") in _UNKNOWN_CLIENT):
                self._secret.taken(secret)
                return answer
        reason = _error(answer) if answer else ""
        raise SecretRefused(f"AUTH112 the provider refuses the secret of client {self.client_id} ({reason})")

    async def _fetch(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: str | None = None
    ) -> HTTPResponse:
        """An answer below 500.

        Raises:
            ProviderAway: there is none.
        """
        if self._is_silent():
            raise ProviderAway(self._silence[1])
        try:
            answer = await self._client().fetch(self._request(method, url, headers or {}, body), raise_error=False)
        except ssl.SSLCertVerificationError as error:
            self._trust.forget()
            why = f"AUTH102 {url}: its certificate is not trusted: {error.verify_message}"
        except (OSError, HTTPClientError) as error:
            why = f"AUTH101 {url} does not answer: {' '.join(str(error).split()) or type(error).__name__}"
        else:
            if answer.code < 500 and answer.code != 429:
                self.answered = time.time()
                return answer
            why = f"AUTH101 {url} answers {answer.code}"
        self._silence = (time.monotonic() + _REST_SECONDS, why)
        raise ProviderAway(why)

    def _is_silent(self) -> bool:
        """Whether somebody has asked in vain a moment ago."""
        return time.monotonic() < self._silence[0]

    def _request(self, method: str, url: str, headers: dict[str, str], body: str | None) -> HTTPRequest:
        return HTTPRequest(
            url,
            method=method,
            headers={"Accept": "application/json", **headers},
            body=body,
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_REQUEST_SECONDS,
            follow_redirects=False,
            ssl_options=self._context() if url.startswith("https:") else None,
        )

    def _client(self) -> SimpleAsyncHTTPClient:
        if self._http is None:
            self._http = SimpleAsyncHTTPClient(force_instance=True, max_clients=_CONNECTIONS)
        return self._http

    def _context(self) -> ssl.SSLContext:
        try:
            return self._trust.context()
        except UnusableAuthority as error:
            raise ProviderAway(f"AUTH102 the authority {error}") from None


def claims_in(id_token: str) -> dict[str, Any]:
    """What an identity token says. It came from the provider itself, over TLS (OpenID Connect Core, 3.1.3.7).

    Raises:
        ProviderRefused: it is none.
    """
    try:
        found: dict[str, Any] = jwt.decode(id_token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise ProviderRefused("its identity token is none") from None
    return found


def _error(answer: HTTPResponse) -> str:
    """The provider's own code for what is wrong; its description may quote what was sent, so it is not kept."""
    return str(object_in(answer.body).get("error", ""))[:80]


def _names(keys: dict[str, Any]) -> set[str]:
    found = keys.get("keys")
    return {str(key.get("kid")) for key in found if isinstance(key, dict)} if isinstance(found, list) else set()
