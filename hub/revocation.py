"""A notebook token dies with its server: at the stop, or once Vault answers. Touches database, network."""

import asyncio
from typing import Any

from tornado.log import app_log

from hub.ledger import Ledger
from hub.roles import server_scope
from hub.vaultapi import VaultApi
from hub.vaulterrors import VaultDown, VaultError
from hub.vaulthttp import CONNECTIONS

_STOP_SECONDS = 5.0
"""How long a server's stop may take longer for it; the sweep does the rest."""


class Revoker:
    """Takes back what the ledger says should be dead."""

    def __init__(self, vault: VaultApi) -> None:
        """Touches nothing yet."""
        self._vault = vault
        self._spared: set[str] = set()

    def spare(self, accessor: str, seconds: float) -> None:
        """Leave a token alone for so long: it belongs to no server, and is in use now."""
        self._spared.add(accessor)
        asyncio.get_running_loop().call_later(seconds, self._spared.discard, accessor)

    async def server_stopped(self, spawner: Any) -> None:
        """JupyterHub's post_stop_hook, which it runs after each stop, crash, cull and failed start."""
        ledger, user, server = Ledger(spawner.db), spawner.user.name, spawner.name
        ledger.end(user, server)
        _end_own_tokens(spawner)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._revoke(ledger, ledger.ended(user, server))
        except TimeoutError:
            app_log.warning("vault: tokens of %s's server live until Vault answers again", user)

    async def sweep(self, db: Any) -> None:
        """Revoke what a stop left behind: Vault was down then, the hub was, or the user is deleted."""
        ledger = Ledger(db)
        left = [accessor for accessor in ledger.left_behind() if accessor not in self._spared]
        await self._revoke(ledger, left)

    async def keep_sweeping(self, db: Any, every_seconds: float) -> None:
        """Sweep now and from time to time, as long as the hub runs."""
        while True:
            try:
                await self.sweep(db)
            except Exception:  # noqa: BLE001 - the next round may have more luck, and none must be the last
                app_log.exception("vault: looking for left tokens failed")
            await asyncio.sleep(every_seconds)

    async def _revoke(self, ledger: Ledger, accessors: list[str]) -> None:
        for start in range(0, len(accessors), CONNECTIONS):
            batch = accessors[start : start + CONNECTIONS]
            outcomes = await asyncio.gather(*map(self._vault.revoke, batch), return_exceptions=True)
            pairs = list(zip(batch, outcomes, strict=True))
            ledger.forget([accessor for accessor, outcome in pairs if outcome is None])
            for outcome in outcomes:
                if isinstance(outcome, BaseException) and not isinstance(outcome, VaultError):
                    raise outcome
            failed = [outcome for outcome in outcomes if outcome is not None]
            if failed:
                app_log.warning("vault: %d tokens not revoked, will try again: %s", len(failed), failed[0])
            if any(isinstance(outcome, VaultDown) for outcome in failed):
                return


def _end_own_tokens(spawner: Any) -> None:
    """Drop the server's tokens of the hub: a restarted hub no longer knows them and would leave them alive."""
    scope = server_scope(spawner.user.name, spawner.name)
    for token in list(spawner.user.orm_user.api_tokens):
        if scope in (token.scopes or ()):
            spawner.db.delete(token)
    spawner.db.commit()
