"""How often each one may ask: a bucket of tries that fills again with time. Reads the clock."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_MOST_REMEMBERED = 10_000
"""Who asked longest ago is forgotten first, so that made-up names cannot fill the memory."""


@dataclass
class _Bucket:
    tries: float
    at: float


class RateLimit:
    """`burst` tries at once for each one, and a further one every `every_seconds`."""

    def __init__(self, burst: int, every_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: clock: seconds that never go back."""
        self._burst, self._every_seconds, self._clock = burst, every_seconds, clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def allows(self, who: Hashable) -> bool:
        """Whether one more try is left, which is used up by asking."""
        now = self._clock()
        bucket = self._buckets.setdefault(who, _Bucket(self._burst, now))
        self._buckets.move_to_end(who)
        if len(self._buckets) > _MOST_REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.tries = min(self._burst, bucket.tries + (now - bucket.at) / self._every_seconds)
        bucket.at = now
        if bucket.tries < 1:
            return False
        bucket.tries -= 1
        return True

    def forgive(self, who: Hashable) -> None:
        """Give all tries back."""
        self._buckets.pop(who, None)
