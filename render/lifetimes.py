"""How long servers, tokens and sign-ins of a stack live, and whether each fits into what it needs. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from render.serversettings import REMEMBERED_SECONDS
from render.vault import LOGIN_TTL
from spec.login import by_provider
from spec.model import Stack
from spec.quantities import seconds, spelled
from spec.ways import has_lasting_token, ways

SERVERS, SECRETS, SIGN_IN = "servers", "secrets", "sign-in"
_COOKIE_SECONDS = 14 * 86400
"""JupyterHub's `cookie_max_age_days` (jupyterhub/handlers/base.py): a sign-in where no provider has another limit."""


@dataclass(frozen=True)
class Life:
    """One thing and when it ends."""

    group: str
    name: str
    seconds: int
    where: str
    """The key that decides; empty where none does."""
    renewed: bool = False
    """Whether it begins anew before it ends, while it is in use."""


@dataclass(frozen=True)
class Margin:
    """One life that has to end before another."""

    inner: str
    inner_seconds: int
    outer: str
    outer_seconds: int
    consequence: str

    @property
    def seconds(self) -> int:
        """What is left; below zero the inner one outlives the outer."""
        return self.outer_seconds - self.inner_seconds

    @property
    def words(self) -> str:
        """For people."""
        if self.seconds < 0:
            return f"{self.inner} outlives {self.outer} by {spelled(-self.seconds)}: {self.consequence}"
        return f"{self.inner} ends {spelled(self.seconds)} before {self.outer}"


def lives(stack: Stack) -> list[Life]:
    """Everything that ends by itself, by group and then by length."""
    found = [*_of_servers(stack), *_of_secrets(stack), *_of_sign_in(stack)]
    order = (SERVERS, SECRETS, SIGN_IN)
    return sorted(found, key=lambda life: (order.index(life.group), life.seconds, life.name))


def _of_servers(stack: Stack) -> Iterator[Life]:
    culling = stack.culling
    if culling.enabled:
        yield Life(SERVERS, "idle server", seconds(culling.idle_timeout), "culling.idle_timeout", renewed=True)
        yield Life(SERVERS, "server, idle or not", _oldest_server(stack), "culling.max_age + culling.every")
    yield Life(SERVERS, "revoked token at a server", REMEMBERED_SECONDS, "")


def _of_secrets(stack: Stack) -> Iterator[Life]:
    if not stack.vault.enabled:
        return
    found = ways(stack.vault)
    yield Life(SECRETS, "user's token", seconds(found.ttl), "vault.user_token.ttl", renewed=True)
    # With `on_demand` a notebook fetches another one then.
    anew = found.delivery == "on_demand"
    yield Life(SECRETS, "user's token, however often renewed", seconds(found.max_ttl), "vault.user_token.max_ttl", anew)
    if has_lasting_token(stack.vault):
        ttl = seconds(stack.vault.admin_token.ttl)
        yield Life(SECRETS, "hub's token", ttl, "vault.admin_token.ttl", renewed=True)
        yield Life(
            SECRETS, "until the hub's token is renewed", max(1, ttl // 2), "half of vault.admin_token.ttl", renewed=True
        )
    else:
        yield Life(SECRETS, "hub's token", seconds(LOGIN_TTL), "", renewed=True)


def _of_sign_in(stack: Stack) -> Iterator[Life]:
    if not by_provider(stack.auth):
        yield Life(SIGN_IN, "sign-in at the hub", _COOKIE_SECONDS, "")
        return
    session = stack.auth.session
    yield Life(SIGN_IN, "until the provider is asked again", seconds(session.refresh), "auth.session.refresh", True)
    yield Life(SIGN_IN, "session without the provider", seconds(session.outage_grace), "auth.session.outage_grace")
    if stack.auth.kind == "keycloak":
        keycloak = stack.auth.keycloak
        yield Life(SIGN_IN, "unused session", seconds(keycloak.session_idle), "auth.keycloak.session_idle", True)
        yield Life(SIGN_IN, "session", seconds(keycloak.session_max), "auth.keycloak.session_max")


def margins(stack: Stack) -> list[Margin]:
    """The lives that have to end before others, and by how much they do."""
    found = []
    if stack.vault.enabled and stack.culling.enabled and ways(stack.vault).delivery == "env":
        cap = seconds(ways(stack.vault).max_ttl)
        consequence = "an old server has no secrets any more"
        found.append(Margin("a server", _oldest_server(stack), "its token for secrets", cap, consequence))
    if stack.auth.kind == "keycloak":
        longest, unused = seconds(stack.auth.keycloak.session_max), seconds(stack.auth.keycloak.session_idle)
        if stack.culling.enabled:
            consequence = "a server without a sign-in gets no more secrets"
            found.append(Margin("a server", _oldest_server(stack), "its user's session", longest, consequence))
        refresh = seconds(stack.auth.session.refresh)
        asked, consequence = "a time without a question to the provider", "sessions end while they are in use"
        found.append(Margin(asked, refresh, "an unused session", unused, consequence))
    return found


def _oldest_server(stack: Stack) -> int:
    """One check later than declared, in seconds."""
    return seconds(stack.culling.max_age) + seconds(stack.culling.every)
