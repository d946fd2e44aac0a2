"""When the hub's Vault token is renewed, and when a failure is tried again. Pure."""

_FLOOR_SECONDS = 30.0
"""Of the pause between two renewals, as in buun-stack: a server of many stacks is not asked more often."""
_ROOM_SECONDS = 10.0
"""What must be left of a life after the floor: a failure is tried again within it."""
_EARLIER = 0.1
"""The part of a pause by which chance may shorten it, so that many renewers do not ask at once."""
_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 1.0, 60.0
_TRIES_OF_A_LIFE = 4
"""A failure is tried again within this part of what is left."""
_CUT = 0.9
"""A renewal that gives less than this part of the life before was cut by a cap on it."""


def pause(ttl: float, chance: float) -> float:
    """Seconds from a renewal to the next: half of the life it gave, at least 30 s where that leaves room to fail.

    Args:
        ttl: seconds that the token lives without a renewal.
        chance: between 0 and 1.
    """
    half = ttl / 2
    wanted = _FLOOR_SECONDS if half < _FLOOR_SECONDS <= ttl - _ROOM_SECONDS else half
    return wanted * (1 - _EARLIER * chance)


def retry(failures: int, left: float, chance: float) -> float:
    """Seconds from a failure to the next try: more with each one, and always some tries in what is left.

    Args:
        failures: in a row, this one included.
        left: seconds of life; below zero when the token is dead.
        chance: between 0 and 1.
    """
    wanted = min(_FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10), _LONGEST_RETRY_SECONDS)
    if left > 0:
        wanted = min(wanted, left / _TRIES_OF_A_LIFE)
    return wanted * (1 - chance / 2)


def is_cut(granted: float, before: float) -> bool:
    """Whether a renewal gave noticeably less life than the one before: the token nears its cap."""
    return granted < before * _CUT
