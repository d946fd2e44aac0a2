"""How the hub proves to Vault that it is the hub: by a token from a file, or by one it signs. Reads files."""

import time
from pathlib import Path

import jwt

from hub.settings import Vault
from hub.vaulterrors import VaultRefused

_LIFE_SECONDS = 60
_SUBJECT, _AUDIENCE = "hub", "vault"


def assertion(settings: Vault) -> str:
    """A JWT for one login; the file is read each time, since both token and key may be replaced.

    Raises:
        VaultRefused: the file cannot be read or holds no key.
    """
    if settings.jwt_file is not None:
        return _text(settings.jwt_file).strip()
    path = str(settings.jwt_key_file)
    now = int(time.time())
    claims = {"sub": _SUBJECT, "aud": _AUDIENCE, "iat": now, "nbf": now, "exp": now + _LIFE_SECONDS}
    try:
        return jwt.encode(claims, _text(path), algorithm="EdDSA")
    except (jwt.InvalidKeyError, ValueError, TypeError):
        # Without the cause: a parser may quote what it read.
        raise VaultRefused(f"{path} holds no Ed25519 private key to sign the hub's login with") from None


def _text(path: str) -> str:
    try:
        return Path(path).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise VaultRefused(f"{path}, which proves to Vault that this is the hub, cannot be read: {reason}") from None
