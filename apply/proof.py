"""Proof that a local stack works: its login page, asked for through the proxy as a browser would."""

import time
from collections.abc import Callable
from pathlib import Path

from apply import facts, rest
from apply.state import StateDirectory
from spec.errors import StackError, TargetUnreachable
from spec.model import Stack

_PATIENCE_SECONDS = 20
_PAUSE_SECONDS = 0.05
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where this machine reaches a server that listens on all of its addresses."""


def prove(stack: Stack, state: StateDirectory, tell: Callable[[str], None]) -> None:
    """Ask until the login page comes with the certificate it should have.

    Raises:
        StackError: it did not come within 20 s.
    """
    values = facts.known(stack, state)
    url = f"{values['public_url']}hub/login"
    trust = _trust(stack, state, str(values["certificate"]))
    until = time.monotonic() + _PATIENCE_SECONDS
    while fault := _fault(url, trust, _EVERYWHERE.get(stack.hub.address, stack.hub.address)):
        if time.monotonic() > until:
            raise fault
        time.sleep(_PAUSE_SECONDS)
    tell(f"login page answers at {url}")


def _trust(stack: Stack, state: StateDirectory, certificate: str) -> Path | None:
    """With `files` exactly what was given must be served, whether or not this machine trusts its authority."""
    return {"off": None, "self-signed": state.path / "tls" / "ca.pem", "files": Path(certificate)}[stack.hub.tls]


def _fault(url: str, trust: Path | None, address: str) -> StackError | None:
    try:
        status, _ = rest.call("GET", url, what="the login page", trust=trust, address=address)
    except TargetUnreachable as error:
        return error
    return None if status == 200 else StackError(f"the login page at {url} answers {status}", hint="inv logs hub")
