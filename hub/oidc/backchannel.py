"""A provider's word that somebody has signed out: its token, verified (OpenID Connect Back-Channel Logout 1.0)."""

import time
from dataclasses import dataclass
from typing import Any

import jwt

from hub.oidc.provider import Provider

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ALGORITHMS = [f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)] + ["EdDSA"]
_WINDOW_SECONDS = 300
"""How old a token may be, and how wrong a clock."""
_LONGEST_TOKEN = 16_384
_MOST_REMEMBERED = 10_000


class NoLogout(Exception):
    """The token is no provider's word; the message says why."""


@dataclass(frozen=True)
class SignedOut:
    """Who has signed out: an account, or one sign-in of it."""

    subject: str
    sid: str


class LogoutTokens:
    """Verifies the tokens of one provider, each of which counts once."""

    def __init__(self, provider: Provider) -> None:
        """Asks for nothing yet."""
        self._provider = provider
        self._seen: dict[str, float] = {}

    async def verified(self, token: str) -> SignedOut:
        """Who has signed out.

        Raises:
            NoLogout: it is not signed by the provider, not for this hub, old, used, or no logout token.
            ProviderError: the provider's keys cannot be fetched.
        """
        claims = await self._claims(token)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
            raise NoLogout("it is no logout token")
        if "nonce" in claims:
            raise NoLogout("it has a nonce, as an identity token has")
        now, issued = time.time(), claims["iat"]
        if abs(now - issued) > _WINDOW_SECONDS:
            raise NoLogout(f"it was made {abs(now - issued):.0f} s before or after now")
        subject, sid = str(claims.get("sub") or ""), str(claims.get("sid") or "")
        if not subject and not sid:
            raise NoLogout("it names nobody")
        self._use(str(claims["jti"]), now)
        return SignedOut(subject, sid)

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise NoLogout("it is too long")
        try:
            header = jwt.get_unverified_header(token)
            # Before the keys are fetched: what is signed with none of these is nobody's word.
            if header.get("alg") not in _ALGORITHMS:
                raise NoLogout("it is signed in a way that is not taken")
            wanted = str(header.get("kid") or "")
            listed = jwt.PyJWKSet.from_dict(await self._provider.keys(wanted)).keys
            key = next((one for one in listed if one.key_id == wanted), None)
            if key is None:
                raise NoLogout("it is signed with a key that the provider does not have")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=self._provider.client_id,
                issuer=self._provider.issuer,
                leeway=_WINDOW_SECONDS,
                options={"require": ["iat", "jti", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise NoLogout(f"{type(error).__name__}") from None
        return claims

    def _use(self, name: str, now: float) -> None:
        if self._seen.get(name, 0.0) > now:
            raise NoLogout("it was used before")
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen = {one: until for one, until in self._seen.items() if until > now}
        self._seen[name] = now + 2 * _WINDOW_SECONDS
