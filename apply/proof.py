"""Proof that a local stack works: its login page, asked for through the proxy as a browser would."""

import time
from collections.abc import Callable

from apply.reach import Reach, local_reach
from apply.state import StateDirectory
from spec.errors import StackError, TargetUnreachable
from spec.model import Stack

_PATIENCE_SECONDS = 20
_PAUSE_SECONDS = 0.05
_PAGE = "hub/login"


def prove(stack: Stack, state: StateDirectory, tell: Callable[[str], None]) -> None:
    """Ask until the login page comes with the certificate it should have.

    Raises:
        StackError: it did not come within 20 s.
    """
    reach = local_reach(stack, state)
    until = time.monotonic() + _PATIENCE_SECONDS
    while fault := _fault(reach):
        if time.monotonic() > until:
            raise fault
        time.sleep(_PAUSE_SECONDS)
    tell(f"login page answers at {reach.url}{_PAGE}")


def _fault(reach: Reach) -> StackError | None:
    try:
        status, _ = reach.call("GET", _PAGE, "the login page")
    except TargetUnreachable as error:
        return error
    words = f"the login page at {reach.url}{_PAGE} answers {status}"
    return None if status == 200 else StackError(words, hint="inv doctor; inv logs hub")
