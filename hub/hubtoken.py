"""The hub's own token in Vault: by a login that is made when it is needed, or from a file. Touches network, files."""

import asyncio
import re
import time
from pathlib import Path
from typing import Protocol

from hub.assertion import assertion
from hub.metrics import VAULT_LOGINS, counted
from hub.settings import Vault
from hub.vaulterrors import VaultDown, VaultRefused
from hub.vaulthttp import VaultHttp

_CLOCK = re.compile(r"expir|not before|\bnbf\b|\biat\b|not yet valid|time")
"""In Vault's words for a JWT whose times do not fit its clock (go-jose's claims: exp, nbf, iat)."""
_USED_LIFE = 2 / 3
"""The part of the token's life after which the hub logs in again."""


class HubToken(Protocol):
    """Where the hub's token comes from."""

    async def get(self, refused: str | None = None) -> str:
        """A token to use now, and another one than `refused`.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """


def hub_token(settings: Vault, http: VaultHttp) -> HubToken:
    """The way that the settings say."""
    return TokenByLogin(settings, http) if settings.token_file is None else TokenFromFile(settings.token_file)


class TokenByLogin:
    """A short token by a JWT; all who wait share one login."""

    def __init__(self, settings: Vault, http: VaultHttp) -> None:
        self._settings = settings
        self._http = http
        self._token: str | None = None
        self._old_from = 0.0
        self._login: asyncio.Task[None] | None = None

    async def get(self, refused: str | None = None) -> str:
        """The token, after a login when it is old or was refused."""
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
        with counted(VAULT_LOGINS):
            await self._asked_for_token()

    async def _asked_for_token(self) -> None:
        settings = self._settings
        body = {"role": settings.login_role, "jwt": assertion(settings)}
        asked = time.monotonic()
        answer = await self._http.call("POST", f"auth/{settings.auth_mount}/login", body, {})
        auth = answer.body.get("auth") or {}
        if answer.status != 200 or not auth.get("client_token"):
            clocks = "; do the clocks of Vault and of the hub agree?" if _CLOCK.search(answer.reason) else ""
            what = f"no login through auth/{settings.auth_mount} as {settings.login_role}"
            raise VaultRefused(f"{what}: {answer.reason}{clocks}")
        self._token = str(auth["client_token"])
        self._old_from = asked + float(auth.get("lease_duration") or 0) * _USED_LIFE


class TokenFromFile:
    """The token that the renewer keeps alive; read each time, since it may be another one by now."""

    def __init__(self, file: str) -> None:
        self._file = file

    async def get(self, refused: str | None = None) -> str:
        """What the file holds now."""
        try:
            token = Path(self._file).read_text("ascii").strip()
        except FileNotFoundError:
            token = ""
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise VaultRefused(f"{self._file}, the hub's token, cannot be read: {reason}") from None
        if not token:
            raise VaultDown(f"there is no token in {self._file} yet; inv logs renewer says what it waits for")
        if not token.isprintable() or token == refused:
            raise VaultRefused(f"the token in {self._file} is refused; `inv vault.apply` makes another one")
        return token
