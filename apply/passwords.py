"""Passwords that a command makes for somebody. Random."""

import secrets

_BYTES = 15
"""120 bits, in 20 characters."""


def new_password() -> str:
    """A password that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)
