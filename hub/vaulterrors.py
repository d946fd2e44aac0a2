"""Why Vault did not do what the hub asked. Messages hold no secret and may go into the log."""


class VaultError(Exception):
    """No answer, or one that cannot be used."""


class VaultDown(VaultError):
    """Sealed, unreachable, too slow or over its rate limit: worth another try later."""


class VaultRefused(VaultError):
    """It answered and said no, or is not what it should be: configuration, not weather."""


DOWN = "Vault cannot be reached now. Nothing was lost; try again in a moment."
"""What a user is told of `VaultDown`; the message itself is for the log."""
