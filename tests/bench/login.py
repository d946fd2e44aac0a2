"""What an apply costs that finds Keycloak as it is declared, and what sign-ins with Keycloak cost the hub."""

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import psutil
import requests

from apply import keycloaklayer
from spec.errors import StackError
from tests.bench.report import Report
from tests.keycloak.hubsite import ALLOWED, OVERDUE_SECONDS, Site
from tests.keycloak.lab import Lab, quiet
from tests.keycloakserver import KeycloakServer

ROUNDS, WARM = 20, 3
GOAL_MS = 1000
LOGINS, FIRST, PEOPLE, AT_ONCE, LONGEST_SECONDS = 1000, 100, 50, 4, 600
"""Sign-ins: how many, after how many the memory is first looked at, of whom, and for how long at most."""
CALLS_GOAL, GROWTH_GOAL_MIB = 3, 20
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
            with Site(server, Path(folder) / "site") as site:
                measure_calls(report, site)
                measure_logins(report, site)


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


def measure_calls(report: Report, site: Site) -> None:
    """What the hub asks of Keycloak for one sign-in, and for a look at a session whose token lasts."""
    site.account("ada", ALLOWED)
    site.signed_in("ada")
    time.sleep(3 * OVERDUE_SECONDS)  # by then the hub asks again whether Keycloak is there
    before = len(site.calls())
    browser = site.signed_in("ada")
    after = len(site.calls())
    for _ in range(3):
        time.sleep(OVERDUE_SECONDS)
        browser.home()
    report.number("calls to Keycloak for one sign-in", after - before, CALLS_GOAL)
    report.count("calls to Keycloak for a look at a session whose token lasts", len(site.calls()) - after, 0)


def measure_logins(report: Report, site: Site, logins: int = LOGINS) -> None:
    """Many sign-ins, a few at a time: how many are lost, and what the hub keeps of them in memory."""
    people = [f"person-{number}" for number in range(PEOPLE)]
    for name in people:
        site.account(name, ALLOWED)
    hub = psutil.Process(site.hub.pid)
    until = time.monotonic() + LONGEST_SECONDS

    def signs_in(name: str) -> bool | None:
        if time.monotonic() > until:
            return None
        try:
            return site.browser().sign_in(name).url == f"{site.hub.url}/hub/home"
        except requests.RequestException:
            return False

    names = islice(cycle(people), logins)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = list(pool.map(signs_in, islice(names, FIRST)))
        resident = hub.memory_info().rss
        found = first + list(pool.map(signs_in, names))
    growth = (hub.memory_info().rss - resident) / 2**20
    done = len(found) - found.count(None)
    report.count(f"sign-ins that were lost, of {done}", found.count(False), 0)
    report.mebibytes(f"growth of the hub from {FIRST} sign-ins to {done}", growth, GROWTH_GOAL_MIB)
