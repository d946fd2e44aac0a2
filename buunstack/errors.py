"""What a SecretStore raises. Each is a SecretStoreError and the built-in error that its caller expects.

    SecretStoreError
    ├── SecretNotFound (KeyError)             no such secret or field
    ├── NotAllowed (PermissionError)          the policy, the hub or Vault refuses
    │   └── ReadOnly                          shared secrets are written by administrators
    ├── Unavailable (ConnectionError)         not reachable, sealed, overloaded: try again
    │   └── CertificateNotTrusted             the server shows a certificate that nobody here vouches for
    ├── SignInNeeded                          this process has no token and no way to get one
    ├── Conflict                              others changed the secret again and again meanwhile
    ├── InvalidKey (ValueError)               not a name for a secret
    ├── InvalidValue (TypeError, ValueError)  fields that cannot be stored, a version that is no number
    ├── TooLarge (ValueError)                 more than the server keeps in one secret
    └── BadSetting (ValueError)               a variable of the notebook's environment is wrong

No message holds a token or a value.
"""


class SecretStoreError(Exception):
    """The root of all of them."""

    def __str__(self) -> str:
        # KeyError would show its message in quotes.
        return str(self.args[0]) if self.args else ""


class SecretNotFound(SecretStoreError, KeyError):
    """There is no such secret, or it has no such field."""


class NotAllowed(SecretStoreError, PermissionError):
    """The token is alive and may not do this, or no token is given to this account."""


class ReadOnly(NotAllowed):
    """Shared secrets can be read here; administrators write them."""


class Unavailable(SecretStoreError, ConnectionError):
    """Vault or the hub cannot answer now; nothing was lost."""


class CertificateNotTrusted(Unavailable):
    """The server's certificate could not be verified, so nothing was sent."""


class SignInNeeded(SecretStoreError):
    """No token: neither delivered with the server nor to be had from the hub."""


class Conflict(SecretStoreError):
    """The secret was changed by others at each of many attempts."""


class InvalidKey(SecretStoreError, ValueError):
    """The text is not a name for a secret."""


class InvalidValue(SecretStoreError, TypeError, ValueError):
    """A field is not text, or cannot be what it should become, or there is none; or a version is no number."""


class TooLarge(SecretStoreError, ValueError):
    """The secret is larger than the server stores."""


class BadSetting(SecretStoreError, ValueError):
    """A variable of the environment has a value that cannot be used."""
