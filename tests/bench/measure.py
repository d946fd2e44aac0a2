"""Whole commands measured side by side: paired ratios, CPU beside wall time, and the reference against itself."""

import os
import random
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = 20
QUIET = (0.85, 1.18)
"""Bounds of the reference measured against itself; outside them the machine is too noisy for a verdict."""


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios with the middle 80 %."""

    median: float
    low: float
    high: float


def run(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Cost:
    """One run to its end; refuses one that fails, for a failure is quick."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=directory, env=dict(environment), capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return Cost(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def rounds(commands: Mapping[str, Sequence[str]], count: int, directory: Path) -> dict[str, list[Cost]]:
    """Each command once a round, in an order shuffled by a fixed seed, after one round that only warms up."""
    shuffle = random.Random(SEED)
    # A user's Python keeps what it compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(count + 1):
        names = list(commands)
        shuffle.shuffle(names)
        for name in names:
            cost = run(commands[name], directory, environment)
            if number:
                costs[name].append(cost)
    return costs


def ratio(costs: Mapping[str, list[Cost]], name: str, base: str, field: str) -> Ratio:
    """`name` over `base`, round by round, of `wall` or `cpu`."""
    pairs = zip(costs[name], costs[base], strict=True)
    return ratio_of([getattr(one, field) / getattr(other, field) for one, other in pairs])


def ratio_of(values: Sequence[float]) -> Ratio:
    """The median of these, with the middle 80 %."""
    ordered = sorted(values)
    tenth = len(ordered) // 10
    return Ratio(statistics.median(ordered), ordered[tenth], ordered[-1 - tenth])


def noisy(costs: Mapping[str, list[Cost]], base: str, again: str) -> bool:
    """Whether the reference measured twice does not agree with itself."""
    return not QUIET[0] <= ratio(costs, again, base, "cpu").median <= QUIET[1]
