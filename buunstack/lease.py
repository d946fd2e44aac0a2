"""A token's life as its holder knows it, and when something is to be done about it. Pure: the caller has the clock."""

import enum
import math
from dataclasses import dataclass, replace

EARLY = 1 / 3
"""The part of the first lease that is left when a token needs attention."""
_CAPPED = 0.9
"""A renewal that gives less than this part of the first lease was cut by the cap on the token's life."""


class Need(enum.Enum):
    """What a token needs before it is used."""

    NOTHING = "nothing"
    RENEWAL = "renewal"
    SUCCESSOR = "successor"
    """It lives, and no renewal helps any more."""
    REPLACEMENT = "replacement"
    """It is dead."""


@dataclass(frozen=True)
class Lease:
    """The life of one token: seconds, and moments of one clock that never goes back.

    Attributes:
        seconds: what a whole lease is.
        due: from when on it needs attention.
    """

    seconds: float
    ends: float
    due: float
    renewable: bool

    @classmethod
    def begun(cls, asked: float, seconds: float, left: float, renewable: bool) -> "Lease":
        """Of a token about which the server said something after `asked`.

        Args:
            left: seconds until it ends; infinite for one that does not.
        """
        due = math.inf if math.isinf(left) else asked + left - seconds * EARLY
        return cls(seconds=seconds, ends=asked + left, due=due, renewable=renewable)

    def need(self, now: float) -> Need:
        """What is to be done now."""
        return Need.REPLACEMENT if now >= self.ends else self.need_if_alive(now)

    def need_if_alive(self, now: float) -> Need:
        """The same of a token that the server has just called alive: it rounds what is left down, to 0 at the end."""
        if now < self.due:
            return Need.NOTHING
        return Need.RENEWAL if self.renewable else Need.SUCCESSOR

    def renewed(self, asked: float, left: float) -> "Lease":
        """After a renewal that was asked for at `asked` and gave `left` seconds: a short one was the last."""
        capped = left < self.seconds * _CAPPED
        return Lease.begun(asked, self.seconds, left, renewable=not capped)

    def not_renewable(self) -> "Lease":
        """After a renewal that was refused."""
        return replace(self, renewable=False)

    def postponed(self, now: float) -> "Lease":
        """Looked at again at half of what is left: nobody could help now."""
        return replace(self, due=now + self.left(now) / 2)

    def to_its_end(self) -> "Lease":
        """Left alone until it ends: there is nobody to ask for another one."""
        return replace(self, due=self.ends)

    def left(self, now: float) -> float:
        """Seconds until it ends."""
        return max(0.0, self.ends - now)
