"""The few things the hub asks of Vault: make a notebook token, take one back. Touches the network."""

from dataclasses import dataclass, field
from typing import Any

from hub.hubtoken import hub_token
from hub.metrics import VAULT_REVOCATIONS, VAULT_TOKENS, counted
from hub.names import alias, home, plain_home, segment
from hub.settings import Vault
from hub.vaulterrors import VaultRefused
from hub.vaulthttp import Answer, VaultHttp

_WRAPPED_SECONDS = 60
"""How long the one who asked has to unwrap the token."""
PAGE = "(page)"
"""In the place of a server's name: the page for one's own secrets."""
_UNKNOWN_ACCESSOR = "invalid accessor"


@dataclass(frozen=True)
class Grant:
    """A new notebook token, wrapped: whoever unwraps it first has it, and the hub itself never sees it."""

    wrapped_token: str = field(repr=False)
    accessor: str


@dataclass(frozen=True)
class Delivery:
    """A new notebook token that goes into the environment of a server."""

    token: str = field(repr=False)
    accessor: str


class VaultApi:
    """One stack's Vault, as its hub."""

    def __init__(self, settings: Vault, stack: str) -> None:
        """Touches nothing yet."""
        self._settings = settings
        self._stack = stack
        self._http = VaultHttp(settings.address, settings.ca_file, settings.namespace)
        self._token = hub_token(settings, self._http)

    def home(self, user: str) -> str:
        """Where the user's secrets are below the mount."""
        if self._settings.user_policy_prefix is None:
            return home(self._settings.root, self._stack, user)
        return plain_home(self._settings.root, user)

    async def mint(self, user: str, server: str, ttl: str = "") -> Grant:
        """A token for one user's server, wrapped for a minute.

        Args:
            ttl: a life as a Vault duration; that of the settings without one.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        answer = await self._created(user, server, {"X-Vault-Wrap-TTL": f"{_WRAPPED_SECONDS}s"}, ttl)
        wrap = answer.body.get("wrap_info") or {}
        token, accessor = wrap.get("token"), wrap.get("wrapped_accessor")
        if not token or not accessor or wrap.get("creation_path") != self._creation_path:
            raise self._no_token("a wrapped token")
        return Grant(str(token), str(accessor))

    async def deliver(self, user: str, server: str) -> Delivery:
        """A token for one user's server, as it is used: who wants it unwraps nothing.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        auth = (await self._created(user, server, {})).body.get("auth") or {}
        if not auth.get("client_token") or not auth.get("accessor"):
            raise self._no_token("a token")
        return Delivery(str(auth["client_token"]), str(auth["accessor"]))

    async def check(self) -> str | None:
        """Log in unless the hub's token is good still; the accessor of one that comes from a file.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        if self._settings.token_file is None:
            await self._token.get()
            return None
        answer = await self._as_hub("GET", "auth/token/lookup-self", None, {})
        if answer.status != 200:
            raise VaultRefused(f"the hub's own token is refused: {answer.reason}; `inv vault.apply` makes another one")
        return str((answer.body.get("data") or {}).get("accessor"))

    async def revoke(self, accessor: str) -> None:
        """Take a token back; one that is dead already is no error.

        Raises:
            VaultDown: not now.
            VaultRefused: not with this configuration.
        """
        with counted(VAULT_REVOCATIONS):
            answer = await self._as_hub("POST", "auth/token/revoke-accessor", {"accessor": accessor}, {})
            if answer.status >= 300 and _UNKNOWN_ACCESSOR not in answer.reason:
                raise VaultRefused(f"cannot revoke the token with accessor {accessor}: {answer.reason}")

    @property
    def _creation_path(self) -> str:
        return f"auth/token/create/{self._settings.token_role}"

    async def _created(self, user: str, server: str, headers: dict[str, str], ttl: str = "") -> Answer:
        settings = self._settings
        body = {
            "entity_alias": alias(self._stack, user),
            "ttl": ttl or settings.ttl,
            "display_name": f"notebook-{segment(user)}",
            "meta": {"user": user, "server": server},
        }
        policy = settings.policy
        if settings.user_policy_prefix is not None:
            policy = f"{settings.user_policy_prefix}{segment(user)}"
            body["policies"] = [policy]
        with counted(VAULT_TOKENS, "page" if server == PAGE else "server"):
            answer = await self._as_hub("POST", self._creation_path, body, headers)
            if answer.status != 200:
                raise VaultRefused(
                    f"token role {settings.token_role} makes no token with policy {policy} for {user!r}:"
                    f" {answer.reason}; `inv vault.apply` puts role and policies right"
                )
        return answer

    def _no_token(self, wanted: str) -> VaultRefused:
        return VaultRefused(f"token role {self._settings.token_role} answered with something else than {wanted}")

    async def _as_hub(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Answer:
        token = await self._token.get()
        answer = await self._http.call(method, path, body, {**headers, "X-Vault-Token": token})
        if answer.status == 403:
            # Expired, revoked, or the policy changed: get another one, then believe it.
            token = await self._token.get(refused=token)
            answer = await self._http.call(method, path, body, {**headers, "X-Vault-Token": token})
        return answer
