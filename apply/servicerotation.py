"""`inv token.rotate-service`: the admin service gets another token, and the one before ends once nobody uses it."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from apply import console
from apply.kept import Kept, new_token
from apply.target import target
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.hubapi import HubApi
    from apply.state import StateDirectory
    from apply.target import Tell

GRACE_SECONDS = 2.0
"""How long the former token stays valid after the new one is in its place: who has just read it gets its answer."""


class ServiceToken(Protocol):
    """The place of the token: what a hub takes at its start, and what `inv` acts with."""

    def read(self) -> Kept | None:
        """What is kept; None where there is no token."""
        ...

    def keep(self, kept: Kept) -> None:
        """Put this there, in place of what was read."""
        ...

    def await_arrival(self, token: str) -> None:
        """Return once a hub that starts would take this token.

        Raises:
            AppliedInPart: it does not come; both tokens are valid.
        """
        ...


@dataclass(frozen=True)
class FileToken:
    """Files of the state directory, which the hub reads at its start."""

    state: "StateDirectory"
    name: str

    def read(self) -> Kept | None:
        """Those in the files."""
        token = self.state.read(f"secrets/{self.name}")
        return Kept(token, self.state.read(self._next) or "") if token else None

    def keep(self, kept: Kept) -> None:
        """The token is there whole or not at all; the next one is written before it and removed after it."""
        if kept.next:
            self.state.write(self._next, kept.next)
        self.state.write(f"secrets/{self.name}", kept.token)
        if not kept.next:
            (self.state.path / self._next).unlink(missing_ok=True)

    def await_arrival(self, token: str) -> None:
        """Nothing: the hub reads this very file."""

    @property
    def _next(self) -> str:
        return f"secrets/{self.name}.next"


def rotate(spec: str, state: str | None, as_json: bool) -> None:
    """Replace the token without a moment in which none is valid; may be repeated after a cut.

    Raises:
        StackError: there is no token, or the hub does not answer; nothing was changed.
        AppliedInPart: the new token does not reach the cluster; both are valid.
    """
    found = target(spec, state)
    with (
        console.Progress(as_json) as progress,
        found.locked("token.rotate-service", progress.tell),
        found.hub() as hub,
        found.service_token(progress.tell) as place,
    ):
        ended = change(place, hub, progress.tell)
    if as_json:
        console.result_json({"rotated": True, "ended": ended})
    else:
        console.say(f"the admin service has another token; former ones ended: {ended}")


def change(place: ServiceToken, hub: "HubApi", tell: "Tell") -> int:
    """Bring another token to hub and place, one after the other, and end the former; how many there were.

    At each moment the token in its place is one that the hub takes, and one that a hub takes which starts then.

    Args:
        hub: with a token that it takes.
    """
    kept = place.read()
    if kept is None:
        raise StackError("the admin service has no token; nothing was changed", hint="inv install")
    if kept.next:
        tell("token: going on with a change that was cut short")
    new = kept.next or new_token()
    place.keep(Kept(kept.token, new))
    tell("token: bringing the hub a second one")
    hub.register_service_token(new)
    if kept.token != new:
        place.keep(Kept(new, new))
    place.await_arrival(new)
    time.sleep(GRACE_SECONDS)
    tell("token: ending the former one")
    ended = hub.acting_with(new).end_former_service_tokens()
    place.keep(Kept(new))
    return ended
