"""No server that lives has a dead token: 1,000 random stacks on a simulated clock, and what the rule is worth.

What is real here: the spec with all its rules, the token role, and the store's decisions. What is played: Vault, which
lets a token live as its role says; the hub, which logs in for 15 min; a server, which ends at the cull after its age.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from buunstack.lease import Lease, Need
from render.vault import VaultLayout, login_role, token_role
from spec.errors import SpecError
from spec.load import parse
from spec.model import Stack
from spec.quantities import seconds

STACKS = 1_000
SEED = 15
NEVER = float("inf")


@dataclass
class Token:
    """One token in Vault."""

    born: float
    ttl: float
    cap: float
    parent_ends: float
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = self.born + min(self.ttl, self.cap)

    def lives(self, now: float) -> bool:
        return now < min(self.ends, self.parent_ends)

    def renew(self, now: float) -> float:
        """The lease it has now."""
        left = min(self.ttl, self.born + self.cap - now)
        self.ends = now + left
        return left


class Hub:
    """Makes tokens; its own one lasts 15 min, and it logs in after two thirds of that."""

    def __init__(self, stack: Stack) -> None:
        token = stack.vault.user_token
        self._ttl, self._cap = seconds(token.ttl), seconds(token.max_ttl)
        self._orphans = token_role(VaultLayout("lab"), token.max_ttl)["orphan"]
        self._login_seconds = seconds(login_role("hub", "hub")["token_ttl"])
        self._login_ends, self._old_from = -NEVER, -NEVER

    def mint(self, now: float) -> Token:
        """A new token, which ends with the hub's unless it is an orphan."""
        if now > self._old_from:
            self._login_ends = now + self._login_seconds
            self._old_from = now + self._login_seconds * 2 / 3
        assert now < self._login_ends
        return Token(now, self._ttl, self._cap, NEVER if self._orphans else self._login_ends)


class Store:
    """Uses one token after the other, as `buunstack/auth.py` does."""

    def __init__(self, hub: Hub, delivered: bool) -> None:
        self._hub, self._delivered = hub, delivered
        self._take(hub.mint(0), 0)

    def use(self, now: float) -> bool:
        """Whether Vault knows the token that a request at this moment carries."""
        if self._lease.need(now) is Need.REPLACEMENT and not self._delivered:
            self._take(self._hub.mint(now), now)
        if self._lease.need(now) is Need.RENEWAL and self._token.lives(now):
            self._lease = self._lease.renewed(now, self._token.renew(now))
        if self._lease.need(now) is not Need.NOTHING:
            if self._delivered:
                self._lease = self._lease.to_its_end()
            else:
                self._take(self._hub.mint(now), now)
        return self._token.lives(now)

    def _take(self, token: Token, now: float) -> None:
        self._token = token
        self._lease = Lease.begun(now, token.ends - now, token.ends - now, renewable=True)


def outlives_its_token(stack: Stack, chance: random.Random) -> bool:
    """Whether a server of this stack, used until it ends, meets a dead token."""
    delivered = stack.vault.delivery == "env"
    cap, ttl = seconds(stack.vault.user_token.max_ttl), seconds(stack.vault.user_token.ttl)
    end: float = 3 * cap
    if stack.culling.enabled:
        end = min(end, seconds(stack.culling.max_age) + seconds(stack.culling.every))
    # One in an environment is nobody's but its holder's, who keeps it only by using it.
    longest_rest = min(ttl, cap) / 4 if delivered else 2 * ttl
    store, now = Store(Hub(stack), delivered), 0.0
    while now < end:
        now = min(end, now + chance.uniform(0, longest_rest))
        if not store.use(now):
            return True
    return False


def text(chance: random.Random) -> str:
    """A stack file with random times, often just at the border of what is allowed."""
    cap = chance.randrange(600, 864_000)
    every = chance.randrange(10, cap)
    at_border = cap - every + chance.choice((-1, 0, 1))
    age = chance.choice((at_border, chance.randrange(every, 3 * cap), chance.randrange(every, 3 * cap)))
    times = f"idle_timeout: {max(every, age // 2)}s, max_age: {max(every, age)}s, every: {every}s"
    on, way = chance.random() < 0.9, chance.choice(("env", "on_demand"))
    ttl = chance.randrange(max(1, cap // 40), cap + cap // 40)
    return (
        f"version: 1\ntarget: {{kind: local}}\nculling: {{enabled: {str(on).lower()}, {times}}}\n"
        f"vault: {{delivery: {way}, user_token: {{ttl: {ttl}s, max_ttl: {cap}s}}}}\n"
    )


def stacks(chance: random.Random) -> Iterator[tuple[Stack, bool]]:
    """Random stacks, and whether the rules accept them; those that are refused for a server that lives too long."""
    while True:
        wanted = text(chance)
        try:
            yield parse(wanted, "stack.yaml")[0], True
        except SpecError as error:
            if all("a server may live" in one.message or "outlives" in one.message for one in error.problems):
                # Read by way of the stack that the rules accept.
                other = parse(wanted.replace("delivery: env", "delivery: on_demand"), "stack.yaml")[0]
                yield replace(other, vault=replace(other.vault, delivery="env")), False


@pytest.fixture(scope="module")
def sample() -> list[tuple[Stack, bool, bool]]:
    """Stacks with what the rules say (accepted) and what the clock says (a server has outlived its token)."""
    chance = random.Random(SEED)
    found, accepted = [], 0
    for stack, valid in stacks(chance):
        found.append((stack, valid, outlives_its_token(stack, chance)))
        accepted += valid
        if accepted == STACKS:
            return found
    raise AssertionError("unreachable")


def test_no_server_of_1000_valid_stacks_has_a_dead_token(sample: list[tuple[Stack, bool, bool]]) -> None:
    assert sum(valid for _, valid, _ in sample) == STACKS
    assert [stack for stack, valid, outlived in sample if valid and outlived] == []


def test_each_stack_that_is_refused_for_it_would_have_had_a_dead_token(sample: list[tuple[Stack, bool, bool]]) -> None:
    refused = [outlived for _, valid, outlived in sample if not valid]

    assert len(refused) > 100
    assert all(refused)


MUTANTS = {
    "a server may end with its token": lambda age, every, idle, ttl, cap: age + every > cap,
    "the check after the age is forgotten": lambda age, every, idle, ttl, cap: age >= cap,
    "two checks are counted": lambda age, every, idle, ttl, cap: age + 2 * every >= cap,
    "the idle time is taken for the age": lambda age, every, idle, ttl, cap: idle + every >= cap,
    "the life without a renewal is taken for the cap": lambda age, every, idle, ttl, cap: age + every >= ttl,
    "one second too strict": lambda age, every, idle, ttl, cap: age + every >= cap - 1,
    "nothing is refused": lambda age, every, idle, ttl, cap: False,
}


@pytest.mark.parametrize("refuses", MUTANTS.values(), ids=MUTANTS)
def test_a_rule_that_is_a_little_wrong_would_be_found(refuses, sample: list[tuple[Stack, bool, bool]]) -> None:  # type: ignore[no-untyped-def]
    wrong = 0
    for stack, _, outlived in sample:
        if stack.vault.delivery == "env" and stack.culling.enabled:
            culling, token = stack.culling, stack.vault.user_token
            texts = (culling.max_age, culling.every, culling.idle_timeout, token.ttl, token.max_ttl)
            wrong += refuses(*map(seconds, texts)) != outlived

    assert wrong > 0
