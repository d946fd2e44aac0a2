"""The few things the hub asks of Vault: log in, make a notebook token, take one back. Touches the network."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from hub.assertion import assertion
from hub.names import alias, segment
from hub.settings import Vault
from hub.vaulterrors import VaultRefused
from hub.vaulthttp import Answer, VaultHttp

_WRAPPED_SECONDS = 60
"""How long the one who asked has to unwrap the token."""
_USED_LIFE = 2 / 3
"""The part of the hub's own token's life after which it logs in again."""
_UNKNOWN_ACCESSOR = "invalid accessor"


@dataclass(frozen=True)
class Grant:
    """A new notebook token, wrapped: whoever unwraps it first has it, and the hub itself never sees it."""

    wrapped_token: str = field(repr=False)
    accessor: str


class VaultApi:
    """One stack's Vault, as its hub."""

    def __init__(self, settings: Vault, stack: str) -> None:
        """Touches nothing yet."""
        self._settings = settings
        self._stack = stack
        self._http = VaultHttp(settings.address, settings.ca_file)
        self._token: str | None = None
        self._old_from = 0.0
        self._login: asyncio.Task[None] | None = None

    async def mint(self, user: str, server: str) -> Grant:
        """A token for one user's server, wrapped for a minute.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        path = f"auth/token/create/{self._settings.token_role}"
        body = {
            "entity_alias": alias(self._stack, user),
            "ttl": self._settings.ttl,
            "display_name": f"notebook-{segment(user)}",
            "meta": {"user": user, "server": server},
        }
        answer = await self._as_hub(path, body, {"X-Vault-Wrap-TTL": f"{_WRAPPED_SECONDS}s"})
        if answer.status != 200:
            role, policy = self._settings.token_role, self._settings.policy
            raise VaultRefused(
                f"token role {role} makes no token with policy {policy} for {user!r}: {answer.reason};"
                " `inv vault.apply` puts role and policies right"
            )
        wrap = answer.body.get("wrap_info") or {}
        token, accessor = wrap.get("token"), wrap.get("wrapped_accessor")
        if not token or not accessor or wrap.get("creation_path") != path:
            raise VaultRefused(
                f"token role {self._settings.token_role} answered with something else than a wrapped token"
            )
        return Grant(str(token), str(accessor))

    async def check(self) -> None:
        """Log in unless the hub's token is good still.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        await self._own_token()

    async def revoke(self, accessor: str) -> None:
        """Take a token back; one that is dead already is no error.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        answer = await self._as_hub("auth/token/revoke-accessor", {"accessor": accessor}, {})
        if answer.status >= 300 and _UNKNOWN_ACCESSOR not in answer.reason:
            raise VaultRefused(f"cannot revoke the token with accessor {accessor}: {answer.reason}")

    async def _as_hub(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        token = await self._own_token()
        answer = await self._http.call("POST", path, body, {**headers, "X-Vault-Token": token})
        if answer.status == 403:
            # Expired, revoked, or the policy changed: log in once more, then believe it.
            token = await self._own_token(refused=token)
            answer = await self._http.call("POST", path, body, {**headers, "X-Vault-Token": token})
        return answer

    async def _own_token(self, refused: str | None = None) -> str:
        """The hub's token, after a login when it is old or was refused; all who wait share one."""
        if self._token is None or self._token == refused or time.monotonic() > self._old_from:
            if self._login is None:
                self._login = asyncio.create_task(self._log_in())
                self._login.add_done_callback(self._login_ended)
            await asyncio.shield(self._login)
        return str(self._token)

    def _login_ended(self, login: asyncio.Task[None]) -> None:
        self._login = None
        if not login.cancelled():
            login.exception()  # seen, also when all who waited have gone

    async def _log_in(self) -> None:
        settings = self._settings
        body = {"role": settings.login_role, "jwt": assertion(settings)}
        asked = time.monotonic()
        answer = await self._http.call("POST", f"auth/{settings.auth_mount}/login", body, {})
        auth = answer.body.get("auth") or {}
        if answer.status != 200 or not auth.get("client_token"):
            raise VaultRefused(f"no login through auth/{settings.auth_mount} as {settings.login_role}: {answer.reason}")
        self._token = str(auth["client_token"])
        self._old_from = asked + float(auth.get("lease_duration") or 0) * _USED_LIFE
