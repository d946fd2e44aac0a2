"""The way from this machine to what users and assistants reach: the address they use, and how it is trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apply import facts, rest
from apply.state import StateDirectory
from spec.model import Stack

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where this machine reaches a server that listens on all of its addresses."""


@dataclass(frozen=True)
class Reach:
    """Where requests go, and whom to trust there."""

    url: str
    """With a slash at its end."""
    trust: Path | None = None
    """Certificates to trust instead of the system's: an authority's, or the server's own."""
    address: str | None = None
    """Where to connect, when the host's name need not be known on this machine."""
    note: str = ""
    """Why this is not the address that users type; empty when it is."""
    broken: bool = False
    """Whether the address that users type should have answered, and did not."""

    def call(self, method: str, path: str, what: str, **request: Any) -> tuple[int, Any]:
        """One request, as `rest.call` sends it, to a path below the address."""
        return rest.call(method, self.url + path, what=what, trust=self.trust, address=self.address, **request)


def local_reach(stack: Stack, state: StateDirectory) -> Reach:
    """Through the proxy of this machine, with the certificate that it should have.

    With `hub.tls: files` exactly what was given must be served, whether or not this machine trusts its authority.
    """
    values = facts.known(stack, state)
    trust = {"off": None, "self-signed": state.path / "tls" / "ca.pem", "files": Path(str(values["certificate"]))}
    address = _EVERYWHERE.get(stack.hub.address, stack.hub.address)
    return Reach(str(values["public_url"]), trust[stack.hub.tls], address)
