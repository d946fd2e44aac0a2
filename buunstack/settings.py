"""The variables of a notebook's environment that say where secrets are. Reads the environment."""

import math
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from buunstack.errors import BadSetting
from buunstack.masked import MaskedText

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Settings:
    """Where Vault and the hub are, and whose secrets these are; an empty text stands for nothing set."""

    address: str
    namespace: str
    ca_file: str
    username: str
    hub_url: str
    hub_token: MaskedText
    mount: str
    home: str
    timeout_seconds: float

    @property
    def has_hub(self) -> bool:
        """Whether a hub can be asked for a token."""
        return bool(self.hub_url and self.hub_token)

    @classmethod
    def from_environment(cls) -> "Settings":
        """What the environment says now."""
        username = _variable("JUPYTERHUB_USER")
        return cls(
            address=_variable("VAULT_ADDR").rstrip("/"),
            namespace=_variable("VAULT_NAMESPACE"),
            ca_file=_variable("VAULT_CACERT"),
            username=username,
            hub_url=_variable("JUPYTERHUB_API_URL").rstrip("/"),
            hub_token=_token("JUPYTERHUB_API_TOKEN"),
            mount=_variable("BUUNSTACK_SECRETS_MOUNT").strip("/") or "secret",
            timeout_seconds=_seconds("VAULT_CLIENT_TIMEOUT", 30.0),
            home=_variable("BUUNSTACK_SECRETS_HOME").strip("/") or (f"jupyter/users/{username}" if username else ""),
        )


def delivered_token() -> MaskedText:
    """The token that was set when the server started, as the environment has it now; empty without one."""
    return _token("NOTEBOOK_VAULT_TOKEN")


def missing_since_start() -> str:
    """Why the server started without the token it should have brought, in a sentence; empty when it did not."""
    return _variable("BUUNSTACK_SECRETS_MISSING")


def vault_url(address: str) -> str:
    """`address` without a final slash, checked: a token is only sent over TLS, or within this machine."""
    if not address:
        raise BadSetting("VAULT_ADDR is not set, so there is no Vault to ask. Set it to Vault's address.")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise BadSetting(f"VAULT_ADDR is {address!r}, which is not an address like https://vault.example.com:8200.")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise BadSetting(f"VAULT_ADDR is {address!r}: a token is never sent without TLS. Use an https:// address.")
    return address.rstrip("/")


def _seconds(name: str, default: float) -> float:
    text = _variable(name).removesuffix("s")
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise BadSetting(f"{name} is {_variable(name)!r}, which is not a number of seconds like 30.")
    return seconds


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()


def _token(name: str) -> MaskedText:
    token = _variable(name)
    # http.client would quote an unfit header value in its error.
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadSetting(f"{name} holds characters that no token has. Restart your server to get a new one.")
    return MaskedText(token)
