"""Where a notebook's Vault token comes from, and how it is kept alive.

A token is delivered with the server (NOTEBOOK_VAULT_TOKEN) or asked of the hub when it is first needed. Its
end is known here, so an operation asks nothing first; with a third of the lease left it is renewed, and
replaced once the cap on its life makes a renewal short.
"""

import math
import threading
import time
from dataclasses import replace

from buunstack.errors import BadSetting, SecretStoreError, SignInNeeded
from buunstack.forks import remember
from buunstack.grants import Grant, ask_hub, token_headers
from buunstack.lease import Lease, Need
from buunstack.log import log
from buunstack.masked import MaskedText
from buunstack.settings import Settings, delivered_token, missing_since_start, vault_url
from buunstack.transport import Transport

_PAST_CAP = "past the max TTL"
_RESTART = "Restart your server (Hub Control Panel: Stop My Server, then Start) to get a new one."


class TokenKeeper:
    """Keeps one live token for the process; threads share it."""

    def __init__(self, settings: Settings, vault: Transport) -> None:
        self._settings = settings
        self._vault = vault
        self._hub = Transport("the hub", settings.timeout_seconds, ca_variable="")
        self._grant: Grant | None = None
        self._dead = MaskedText()
        self._lock = threading.Lock()
        remember(self)

    def renew(self) -> None:
        """Make a new lock: the old one may be held by a thread that a forked child does not have."""
        self._lock = threading.Lock()

    def grant(self) -> Grant:
        """A token to use now; one that needs attention is renewed or replaced first."""
        grant = self._grant
        need = Need.REPLACEMENT if grant is None else grant.lease.need(time.monotonic())
        if grant is not None and need is Need.NOTHING:
            return grant
        living = None if need is Need.REPLACEMENT else grant
        # While one thread attends to a token that still lives, the others go on with it.
        if not self._lock.acquire(blocking=living is None) and living is not None:
            return living
        try:
            self._grant = self._attended(self._grant)
            return self._grant
        finally:
            self._lock.release()

    def replacement(self, dead: Grant) -> Grant:
        """Another token after Vault no longer knows that of `dead`."""
        with self._lock:
            if self._grant is None or self._grant.token == dead.token:
                log.info("the Vault token has died; getting another one")
                self._grant = None
                if dead.source == "environment":
                    self._dead = dead.token
                self._grant = self._obtained()
            return self._grant

    def _attended(self, grant: Grant | None) -> Grant:
        if grant is None or grant.lease.need(time.monotonic()) is Need.REPLACEMENT:
            grant = self._obtained()
        if grant.lease.need_if_alive(time.monotonic()) is Need.RENEWAL:
            try:
                grant = self._renewed(grant)
            except SecretStoreError as error:
                return _postponed(grant, error)
        needs_nothing = grant.lease.need_if_alive(time.monotonic()) is Need.NOTHING
        return grant if needs_nothing else self._succeeded(grant)

    def _renewed(self, grant: Grant) -> Grant:
        asked = time.monotonic()
        answer = self._vault.exchange("POST", f"{grant.address}/v1/auth/token/renew-self", grant.headers)
        # Not renewable, or dead; a token within a second of its cap is a 500.
        if answer.status in (400, 403) or _PAST_CAP in answer.reasons:
            return replace(grant, lease=grant.lease.not_renewable())
        seconds = float(answer.given().at("auth", "lease_duration"))
        log.info("the Vault token is renewed for %d s", seconds)
        return replace(grant, lease=grant.lease.renewed(asked, seconds))

    def _succeeded(self, grant: Grant) -> Grant:
        """The next token, while `grant` still lives; `grant` itself when there is none."""
        if not self._settings.has_hub and delivered_token() in ("", grant.token):
            log.warning(
                "the Vault token ends in %d s, and nothing here gives another. %s",
                grant.seconds_left,
                _RESTART,
            )
            return replace(grant, lease=grant.lease.to_its_end())
        log.info("the Vault token ends in %d s; getting another one", grant.seconds_left)
        try:
            return self._obtained(besides=grant.token)
        except SecretStoreError as error:
            return _postponed(grant, error)

    def _obtained(self, besides: MaskedText | None = None) -> Grant:
        delivered, has_hub = delivered_token(), self._settings.has_hub
        # Without a hub a token that died is tried again: a disabled account may be enabled by now.
        if delivered and not (has_hub and delivered in (self._dead, besides)):
            grant = self._adopted(delivered)
            if grant is not None:
                return grant
            self._dead = delivered
        if has_hub:
            if missing := missing_since_start():
                log.warning("%s Asking the hub for a token now.", missing)
            return ask_hub(self._settings, self._hub, self._vault)
        if delivered:
            raise SignInNeeded(
                "The Vault token that your server started with has expired or was revoked, or your account "
                f"is disabled. {_RESTART}"
            )
        if missing := missing_since_start():
            raise SignInNeeded(f"{missing} {_RESTART}")
        raise SignInNeeded(
            "There is no Vault token: neither NOTEBOOK_VAULT_TOKEN nor JUPYTERHUB_API_URL with "
            "JUPYTERHUB_API_TOKEN is set. Use SecretStore in a notebook that JupyterHub started, or set "
            "NOTEBOOK_VAULT_TOKEN."
        )

    def _adopted(self, token: MaskedText) -> Grant | None:
        """The delivered token with what Vault knows of its life, or None when it is dead."""
        settings = self._settings
        address = vault_url(settings.address)
        if not settings.home:
            raise BadSetting("JUPYTERHUB_USER is not set, so the place of your secrets is not known. Set it.")
        asked = time.monotonic()
        headers = token_headers(token, settings.namespace)
        answer = self._vault.exchange("GET", f"{address}/v1/auth/token/lookup-self", headers)
        if answer.status == 403:
            return None
        life = answer.given().at("data")
        left = math.inf if life["expire_time"] is None else float(life["ttl"])
        lease = max(float(life["creation_ttl"]), left)
        return Grant(
            token=token,
            source="environment",
            address=address,
            namespace=settings.namespace,
            mount=settings.mount,
            home=settings.home,
            lease=Lease.begun(asked, lease, left, bool(life.get("renewable"))),
        )


def _postponed(grant: Grant, error: SecretStoreError) -> Grant:
    log.warning("the Vault token could not be renewed, which will be tried again: %s", error)
    return replace(grant, lease=grant.lease.postponed(time.monotonic()))
