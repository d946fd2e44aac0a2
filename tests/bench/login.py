"""What an apply costs that finds Keycloak as it is declared."""

import statistics
import tempfile
import time
from pathlib import Path

from apply import keycloaklayer
from spec.errors import StackError
from tests.bench.report import Report
from tests.keycloak.lab import Lab, quiet
from tests.keycloakserver import KeycloakServer

ROUNDS, WARM = 20, 3
GOAL_MS = 1000
USERS = "[{name: ada, groups: [admins]}, {name: bob, groups: [science/physics]}]"


def measure_login(report: Report) -> None:
    """Of the level that has the most to compare, by an installer that has to ask for its token each time."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = KeycloakServer(Path(folder))
        except StackError as error:
            report.skipped("inv auth.apply, unchanged", error.message)
            return
        with server:
            _measure(report, Lab(server, server.new_realm()))


def _measure(report: Report, lab: Lab) -> None:
    declared = lab.declared("realm", users=USERS)
    keycloaklayer.write(lab.able("realm"), declared, "secret", quiet)
    times, writes = [], 0
    for _ in range(WARM + ROUNDS):
        installer = lab.installer()
        started = time.perf_counter()
        keycloaklayer.write(installer, declared, "secret", quiet)
        times.append(time.perf_counter() - started)
        writes += installer.writes
    report.count("writes of an apply that has nothing to do", writes, 0)
    report.milliseconds("an apply to Keycloak, unchanged", statistics.median(times[WARM:]) * 1000, GOAL_MS)
