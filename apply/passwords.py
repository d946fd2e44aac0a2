"""Passwords and secrets that a command makes. Random."""

import secrets

_BYTES = 15
"""120 bits, in 20 characters."""


_SECRET_BYTES = 32


def new_password() -> str:
    """A password that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def new_secret() -> str:
    """A secret that no person types."""
    return secrets.token_urlsafe(_SECRET_BYTES)
