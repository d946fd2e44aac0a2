"""What lies in the place of the admin service's token: the token, and what it will be. Random."""

import secrets
from dataclasses import dataclass, field
from typing import Any

TOKEN, NEXT = "token", "next"
"""The keys of a Secret and of a secret in Vault. `next` is there while the token is changed, so that a change that was
cut short can go on."""
_BYTES = 32


@dataclass(frozen=True)
class Kept:
    """One state of the place."""

    token: str = field(repr=False)
    next: str = field(default="", repr=False)

    def fields(self) -> dict[str, str]:
        """As a Secret and Vault hold it."""
        return {TOKEN: self.token} | ({NEXT: self.next} if self.next else {})


def new_token() -> str:
    """64 hexadecimal digits."""
    return secrets.token_hex(_BYTES)


def of_fields(found: dict[str, Any]) -> Kept | None:
    """What is kept; None when there is no token."""
    token = str(found.get(TOKEN) or "")
    return Kept(token, str(found.get(NEXT) or "")) if token else None
