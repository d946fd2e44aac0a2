"""A server's secrets before it starts: a token for its environment, or the proof that it will get one.

Touches database, network.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tornado.log import app_log

from hub.ledger import Ledger
from hub.refusal import WithoutSecrets, leave_uncounted
from hub.settings import Vault
from hub.vaultapi import VaultApi
from hub.vaulterrors import VaultDown, VaultError

TOKEN = "NOTEBOOK_VAULT_TOKEN"  # noqa: S105 - a variable's name
MISSING = "BUUNSTACK_SECRETS_MISSING"
"""A server that starts without its secrets tells its user why, in this variable."""
_DOWN = "Vault, which keeps your secrets, does not answer now. Nothing was lost; try again in a moment."
_REFUSED = (
    "Vault, which keeps your secrets, gives no token for you. Is your account disabled? "
    "An administrator finds the reason in the hub's log."
)

Put = Callable[[Any, str], Awaitable[None]]
"""Puts a token into the environment of a spawner's server."""


async def put_plainly(spawner: Any, token: str) -> None:
    """As a variable of the process, which nobody but its own account can read."""
    spawner.environment[TOKEN] = token


class SecretsAtSpawn:
    """What `vault.delivery: env` and `vault.required` mean for a start."""

    def __init__(self, settings: Vault, vault: VaultApi, put: Put) -> None:
        """Touches nothing yet."""
        self._settings, self._vault, self._put = settings, vault, put

    async def prepare(self, spawner: Any) -> None:
        """JupyterHub's pre_spawn_hook.

        Raises:
            WithoutSecrets: 503, when secrets are required and Vault gives no token.
        """
        for name in (TOKEN, MISSING):  # of an earlier start
            spawner.environment.pop(name, None)
        try:
            if self._settings.delivery == "env":
                await self._deliver(spawner)
            elif self._settings.required:
                await self._prove(spawner)
        except VaultError as error:
            app_log.error("vault: %s", error)
            sentence = _DOWN if isinstance(error, VaultDown) else _REFUSED
            if self._settings.required:
                leave_uncounted(spawner)
                raise WithoutSecrets(503, sentence) from None
            spawner.environment[MISSING] = f"Your server started without its secrets. {sentence}"

    async def _deliver(self, spawner: Any) -> None:
        user, settings = spawner.user.name, self._settings
        given = await self._vault.deliver(user, spawner.name)
        Ledger(spawner.db).add(given.accessor, user, spawner.name)
        await self._put(spawner, given.token)
        spawner.environment.update(
            {
                f"{TOKEN}_TTL": settings.ttl,
                f"{TOKEN}_MAX_TTL": settings.max_ttl,
                "BUUNSTACK_SECRETS_MOUNT": settings.mount,
                "BUUNSTACK_SECRETS_HOME": self._vault.home(user),
            }
        )

    async def _prove(self, spawner: Any) -> None:
        """Whether the user would get a token: one is made, which nobody gets, and taken back."""
        grant = await self._vault.mint(spawner.user.name, spawner.name)
        await self._vault.revoke(grant.accessor)
