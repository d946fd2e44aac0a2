"""A Vault token for who looks at the page: asked of the hub with the user's own sign-in. Touches the network."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.log import app_log

from hub.secretspage.store import Store
from hub.vaulterrors import VaultDown, VaultError, VaultRefused
from hub.vaulthttp import VaultHttp

_SECONDS = 20.0


class SignInAgain(Exception):
    """The hub does not take the user's sign-in any more."""


class Access:
    """The way from a signed-in user to that user's secrets."""

    def __init__(self, hub_api: str, http: VaultHttp) -> None:
        """Args: hub_api: address of the hub's API."""
        self._hub_api, self._http = hub_api, http

    @asynccontextmanager
    async def store(self, user_token: str) -> AsyncIterator[Store]:
        """The user's secrets while the body runs; its Vault token ends with it.

        Args:
            user_token: what the user's sign-in at this page has given.

        Raises:
            SignInAgain: the hub refuses it.
            VaultError: Vault cannot be reached, or gives no token.
        """
        given = await self._ask(user_token)
        headers = {"X-Vault-Token": str(given["wrapped_token"])}
        answer = await self._http.call("POST", "sys/wrapping/unwrap", {}, headers)
        if answer.status != 200:
            raise VaultRefused(f"the token from the hub cannot be opened: {answer.reason}")
        token = str(answer.body["auth"]["client_token"])
        store = Store(self._http, token, str(given["mount"]), str(given["home"]))
        try:
            yield store
        finally:
            await _given_back(store)

    async def _ask(self, user_token: str) -> dict[str, object]:
        try:
            response = await AsyncHTTPClient().fetch(
                f"{self._hub_api}/vault-token",
                method="POST",
                body="",
                headers={"Authorization": f"token {user_token}"},
                request_timeout=_SECONDS,
                raise_error=False,
            )
        except (OSError, HTTPClientError) as error:
            raise VaultDown(f"the hub does not answer: {type(error).__name__}") from None
        if response.code in (401, 403):
            raise SignInAgain
        if response.code == 502:
            raise VaultRefused("Vault gives the hub no token for this user")
        if response.code != 200:
            raise VaultDown(f"the hub has no token now ({response.code})")
        content: dict[str, object] = json.loads(response.body)
        return content


async def _given_back(store: Store) -> None:
    try:
        await store.close()
    except VaultError as error:
        # It dies by itself within minutes, and the hub takes it back before.
        app_log.warning("vault: a token of the page was not given back: %s", error)
