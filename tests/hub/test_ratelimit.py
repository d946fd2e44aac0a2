"""How often one may ask."""

from hub.ratelimit import RateLimit


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_one_more_each_time_span() -> None:
    clock = Clock()
    limit = RateLimit(3, 10.0, clock)

    assert [limit.allows("alice") for _ in range(5)] == [True, True, True, False, False]
    clock.now += 10
    assert [limit.allows("alice") for _ in range(2)] == [True, False]


def test_a_long_rest_gives_back_the_burst_and_no_more() -> None:
    clock = Clock()
    limit = RateLimit(3, 10.0, clock)
    for _ in range(3):
        limit.allows("alice")

    clock.now += 10_000

    assert [limit.allows("alice") for _ in range(4)] == [True, True, True, False]


def test_one_who_asks_too_often_stops_nobody_else() -> None:
    limit = RateLimit(1, 10.0, Clock())
    limit.allows("alice")

    assert not limit.allows("alice")
    assert limit.allows("bob")


def test_who_is_forgiven_starts_anew() -> None:
    limit = RateLimit(1, 10.0, Clock())
    limit.allows("alice")

    limit.forgive("alice")

    assert limit.allows("alice")


def test_made_up_names_push_out_the_oldest_and_not_the_one_who_still_tries() -> None:
    limit = RateLimit(1, 1e9, Clock())
    limit.allows("alice")

    for number in range(30_000):
        limit.allows(number)
        if number % 5_000 == 0:
            assert not limit.allows("alice")
    assert not limit.allows("alice")
