"""What the renewer is told, by variables of its environment."""

from collections.abc import Mapping
from dataclasses import dataclass


class OptionsError(Exception):
    """A variable is missing or cannot be used; the message names it."""


@dataclass(frozen=True)
class Options:
    """Where the token comes from and goes to, and which Vault it is of."""

    address: str
    ca_file: str | None
    namespace: str | None
    source: str
    target: str
    poll_seconds: float
    port: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Options":
        """What the environment says.

        Raises:
            OptionsError: a variable is missing or is no number.
        """
        return cls(
            address=_text(environ, "VAULT_ADDR"),
            ca_file=environ.get("VAULT_CACERT") or None,
            namespace=environ.get("VAULT_NAMESPACE") or None,
            source=_text(environ, "RENEWER_SOURCE"),
            target=_text(environ, "RENEWER_TARGET"),
            poll_seconds=_number(environ, "RENEWER_POLL_SECONDS", "5"),
            port=int(_number(environ, "RENEWER_HEALTH_PORT", "9180")),
        )


def _text(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise OptionsError(f"{name} is not set")
    return environ[name]


def _number(environ: Mapping[str, str], name: str, default: str) -> float:
    text = environ.get(name) or default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 65536:
        raise OptionsError(f"{name} is {text!r}, which is not a number above 0")
    return number
