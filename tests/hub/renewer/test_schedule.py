"""When a token is renewed: never so late that it dies while Vault answers."""

import random

import pytest

from hub.renewer.schedule import is_cut, pause, retry

DAY = 86400
LIVES = [*range(1, 121), 5 * 60, 3600, 24 * 3600, 7 * DAY, 30 * DAY]


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("ttl", LIVES)
def test_a_renewal_comes_at_half_of_the_life_or_after_30_seconds_with_room_left_to_fail(
    ttl: int, chance: float
) -> None:
    after = pause(ttl, chance)

    assert 0 < after <= max(ttl / 2, min(30, ttl - 10))
    assert after >= 0.9 * min(ttl / 2, 30)
    assert ttl - after >= min(10, ttl / 2)
    if ttl >= 60:
        assert after >= 27


@pytest.mark.parametrize("left", [0.2, 1, 10, 43200])
def test_a_failure_is_tried_again_several_times_in_what_is_left(left: float) -> None:
    now, failures = 0.0, 0
    while now < left * 0.9 and failures < 1000:
        failures += 1
        now += retry(failures, left - now, random.random())

    assert failures >= 4


def test_retries_become_rarer_and_never_stop() -> None:
    waits = [retry(failures, -1.0, 0.0) for failures in range(1, 2000)]

    assert waits[:4] == [1, 2, 4, 8]
    assert waits == sorted(waits)
    assert waits[-1] == 60


def simulated(ttl: float, outages: list[tuple[float, float]], seconds: float, chance: random.Random) -> float:
    """The least life that was left in a simulated run.

    Args:
        outages: (from, to) in which Vault does not answer.
    """
    now, ends, due, failures, least = 0.0, ttl, pause(ttl, chance.random()), 0, ttl
    while now < seconds:
        now = due
        least = min(least, ends - now)
        if least <= 0:
            return least
        if any(start <= now < end for start, end in outages):
            failures += 1
            due = now + retry(failures, ends - now, chance.random())
        else:
            ends, failures = now + ttl, 0
            due = now + pause(ttl, chance.random())
    return least


@pytest.mark.parametrize("ttl", LIVES)
def test_no_token_dies_while_vault_answers_nor_in_an_outage_shorter_than_a_third_of_its_life(ttl: int) -> None:
    chance = random.Random(ttl)
    seconds = ttl * 40
    for _ in range(20):
        starts = sorted(chance.uniform(0, seconds) for _ in range(5))
        outages = [(start, start + min(ttl / 3, max(ttl - 30, ttl / 3) / 2)) for start in starts]
        far_apart = [
            one for one, after in zip(outages, [*starts[1:], seconds * 2], strict=True) if one[1] + ttl < after
        ]

        assert simulated(ttl, [], seconds, chance) > 0
        assert simulated(ttl, far_apart, seconds, chance) > 0


def test_a_token_of_a_day_costs_far_less_than_two_calls_an_hour() -> None:
    assert 3600 / pause(DAY, 1.0) < 0.2


def test_a_renewal_that_gives_less_was_cut() -> None:
    assert is_cut(89, 100)
    assert not is_cut(91, 100)
