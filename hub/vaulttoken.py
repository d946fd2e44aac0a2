"""`POST /hub/api/vault-token`: a running server gets a Vault token, or the page where a user has signed in.

Touches database, network.
"""

import json
from collections.abc import Callable
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from tornado import web

from hub.ledger import Ledger
from hub.ratelimit import RateLimit
from hub.roles import PAGE_CLIENT, page_scope, server_scope
from hub.settings import Vault
from hub.turns import Turns
from hub.vaultapi import PAGE, Grant, VaultApi
from hub.vaulterrors import DOWN, VaultDown, VaultError, VaultRefused

# No server has the page's name, so a sweep takes its token back, once its time is over.
_PAGE_TTL, _PAGE_TTL_SECONDS = "1m", 60
_MAY_NOT = "Only a running server may ask for a Vault token, with its own JUPYTERHUB_API_TOKEN."
_REFUSED = "Vault gave no token. An administrator finds the reason in the hub's log."
_TOO_MANY = "This server asks for Vault tokens too often. Keep one for the life of the process."


class VaultTokenHandler(APIHandler):  # type: ignore[misc]
    """Hands out a wrapped token after its accessor is safely noted, so that it can always be revoked."""

    def initialize(
        self, settings: Vault, vault: VaultApi, limit: RateLimit, turns: Turns, spare: Callable[[str, float], None]
    ) -> None:
        """Called by tornado, with what the route gives."""
        self._vault_settings, self._vault, self._limit, self._spare = settings, vault, limit, spare
        self._turns = turns

    async def prepare(self) -> None:
        """JupyterHub finds out here who asks, which takes milliseconds: a class that starts must not stall the hub."""
        await self._turns.wait()
        await super().prepare()

    async def post(self) -> None:
        """Answer with the token and where it is good for."""
        spawner = None if self._is_page() else self._asking_server()
        user, server = (self.current_user.name, PAGE) if spawner is None else (spawner.user.name, spawner.name)
        if not self._limit.allows((user, server)):
            self._answer({"status": 429, "message": _TOO_MANY}, status=429)
            return
        try:
            grant = await self._granted(user, server, spawner)
        except VaultDown as error:
            self.log.error("vault: %s", error)
            raise web.HTTPError(503, DOWN) from None
        except VaultRefused as error:
            self.log.error("vault: %s", error)
            raise web.HTTPError(502, _REFUSED) from None
        settings = self._vault_settings
        content = {
            "wrapped_token": grant.wrapped_token,
            "lease": _PAGE_TTL_SECONDS if spawner is None else settings.ttl_seconds,
            "home": self._vault.home(user),
            "mount": settings.mount,
            "address": settings.address,
        }
        self._answer(content)

    def _asking_server(self) -> Any:
        """The spawner whose server's own token came with the request.

        The scope with the server's name in it tells: `spawner.api_token` is empty after a restart of the hub,
        and a user's token with all of her rights has the scope for her, not for one server.
        """
        user = self.current_user
        if self.get_token() is not None and hasattr(user, "spawners"):
            for spawner in user.spawners.values():
                if server_scope(user.name, spawner.name) in self.expanded_scopes and _runs(spawner):
                    return spawner
        raise web.HTTPError(403, _MAY_NOT)

    def _is_page(self) -> bool:
        """Whether a user's sign-in at the page asks, and no other token, whatever its scopes are."""
        token, user = self.get_token(), self.current_user
        is_its_own = token is not None and token.client_id == PAGE_CLIENT
        return is_its_own and hasattr(user, "spawners") and page_scope(user.name) in self.expanded_scopes

    async def _granted(self, user: str, server: str, spawner: Any) -> Grant:
        run = None if spawner is None else spawner.orm_spawner.started
        grant = await self._vault.mint(user, server, _PAGE_TTL if spawner is None else "")
        try:
            if spawner is not None and (not _runs(spawner) or spawner.orm_spawner.started != run):
                raise web.HTTPError(403, _MAY_NOT)
            if spawner is None:
                self._spare(grant.accessor, _PAGE_TTL_SECONDS)
            Ledger(self.db).add(grant.accessor, user, server)
        except BaseException:
            await self._take_back(grant)
            raise
        return grant

    async def _take_back(self, grant: Grant) -> None:
        try:
            await self._vault.revoke(grant.accessor)
        except VaultError as error:
            # Nobody has it: the wrapping dies in a minute, and the token unseen at the end of its lease.
            self.log.warning("vault: a token that nobody got was not revoked: %s", error)

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        if status == 429:
            self.set_header("Retry-After", "1")
        self.finish(json.dumps(content))


def _runs(spawner: Any) -> bool:
    return spawner.server is not None and spawner.pending != "stop"
