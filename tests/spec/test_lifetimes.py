"""Lifetimes are one system: no spec that is accepted has a living server whose token is dead, on a simulated clock."""

import random

import pytest

from spec.load import parse
from spec.model import Stack
from spec.quantities import seconds
from spec.ways import ways
from tests.spec.stacks import CLUSTER, problems

HOUR, DAY = 3600, 86400
UNITS = {"s": 1, "m": 60, "h": HOUR, "d": DAY}


def duration(chance: random.Random, low: int, high: int) -> str:
    unit = chance.choice([unit for unit, size in UNITS.items() if size <= high])
    least, most = max(1, low // UNITS[unit]), max(1, high // UNITS[unit])
    return f"{chance.randint(least, max(least, most))}{unit}"


def text_of(chance: random.Random) -> str:
    """A stack with lifetimes of any size, which may be refused."""
    ttl, cap = duration(chance, 60, 2 * DAY), duration(chance, HOUR, 10 * DAY)
    culling = {
        "enabled": chance.choice(["true"] * 9 + ["false"]),
        "max_age": duration(chance, HOUR, 10 * DAY),
        "every": duration(chance, 60, HOUR),
        "idle_timeout": duration(chance, HOUR, DAY),
    }
    lines = ", ".join(f"{name}: {value}" for name, value in culling.items())
    way = chance.choice(["delivery: env", "delivery: on_demand", "preset: buun-stack"])
    return f"{CLUSTER}vault: {{{way}, user_token: {{ttl: {ttl}, max_ttl: {cap}}}}}\nculling: {{{lines}}}\n"


def oldest(stack: Stack, chance: random.Random) -> tuple[float, float]:
    """(age at which a busy server ends, age at which its last token ends), in seconds.

    The culler looks every so often from a moment that has nothing to do with the server's start, and ends what is older
    than the maximum then. A delivered token is renewed as long as the cap allows; one that is asked for is replaced.
    """
    found = ways(stack.vault)
    every = seconds(stack.culling.every)
    end = float("inf")
    if stack.culling.enabled:
        end = chance.uniform(0, every)
        while end <= seconds(stack.culling.max_age):
            end += every
    if found.delivery == "on_demand":
        return end, float("inf")
    token, ttl, cap = 0.0, seconds(found.ttl), seconds(found.max_ttl)
    while token < min(end, cap):
        granted = min(ttl, cap - token)
        if granted < ttl:
            return end, token + granted
        token += ttl * 2 / 3
    return end, min(token + ttl / 3, cap)


def test_no_accepted_spec_has_a_living_server_with_a_dead_token() -> None:
    chance, accepted, tried = random.Random(2026), 0, 0
    while accepted < 1000:
        tried += 1
        text = text_of(chance)
        if problems(text):
            continue
        accepted += 1
        stack = parse(text, "f")[0]
        for _ in range(20):
            server, token = oldest(stack, chance)
            assert server <= token, text
    assert tried > 1000, "some were refused"


def test_what_is_refused_for_its_lifetimes_would_have_had_a_dead_token() -> None:
    chance, seen = random.Random(7), 0
    while seen < 200:
        text = text_of(chance)
        said = [one.message for one in problems(text)]
        if len(said) != 1 or not ("a server may live" in said[0] or "outlives its token" in said[0]):
            continue
        seen += 1
        relaxed = text.replace("delivery: env", "delivery: on_demand")
        assert any(_dies(text, chance) for _ in range(200)), text
        assert "preset" in text or not problems(relaxed)


def _dies(text: str, chance: random.Random) -> bool:
    """Whether a server may meet a dead token, as the numbers of the file alone say it."""
    import yaml

    content = yaml.safe_load(text)
    culling, cap = content["culling"], seconds(content["vault"]["user_token"]["max_ttl"])
    if not culling["enabled"]:
        return True
    every, age = seconds(culling["every"]), seconds(culling["max_age"])
    end = chance.uniform(0, every)
    while end <= age:
        end += every
    return end > cap or age + every >= cap


@pytest.mark.parametrize(("way", "ttl", "cap"), [("", "1h", "12h"), ("preset: buun-stack", "24h", "168h")])
def test_lives_that_nobody_names_are_the_ways_own(way: str, ttl: str, cap: str) -> None:
    stack = parse(f"{CLUSTER}vault: {{{way}}}\n", "f")[0]

    assert (ways(stack.vault).ttl, ways(stack.vault).max_ttl) == (ttl, cap)
