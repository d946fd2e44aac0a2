"""What a token costs a script: the command against the requests that it makes, and against `inv` alone."""

import http.client
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.measure import SEED, ratio_of, run
from tests.bench.report import Report
from tests.e2e.stack import ROOT, InstalledStack

ROUNDS, GOAL = 15, 1.3
USER = "robot"


def measure_tokens(report: Report) -> None:
    """Rounds of the three in shuffled order; the user is there already, as for every token but the first."""
    with tempfile.TemporaryDirectory() as folder:
        stack = InstalledStack(Path(folder))
        stack.install()
        try:
            stack.inv("token.get", USER)
            ratios, requests = _rounds(stack)
        finally:
            stack.remove()
    report.milliseconds("the two requests of inv token.get", median(requests) * 1000, 250)
    report.paired("inv token.get", "(its requests + inv --version)", ratio_of(ratios), GOAL)


def _rounds(stack: InstalledStack) -> tuple[list[float], list[float]]:
    """(the command over the sum of the others, seconds of the requests), of each round after one that warms up."""
    # A user's Python keeps what it compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    parts = {
        "command": lambda: run(stack.command("token.get", USER), ROOT, environment).wall,
        "inv": lambda: run([sys.executable, "-m", "invoke", "--version"], ROOT, environment).wall,
        "requests": lambda: _seconds_of_requests(stack),
    }
    shuffle, ratios, requests = random.Random(SEED), [], []
    for number in range(ROUNDS + 1):
        names = list(parts)
        shuffle.shuffle(names)
        found = {name: parts[name]() for name in names}
        if number:
            ratios.append(found["command"] / (found["inv"] + found["requests"]))
            requests.append(found["requests"])
    return ratios, requests


def _seconds_of_requests(stack: InstalledStack) -> float:
    """What the command asks: who the user is, and for the token; a connection each, as it has them."""
    port = json.loads((stack.state / "conf" / "facts.json").read_text())["ports"]["hub_port"]
    token = (stack.state / "secrets" / "admin-service-token").read_text().strip()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    scopes = [f"{scope}!user={USER}" for scope in ("access:servers", "servers", "read:users")]
    body = json.dumps({"scopes": scopes, "expires_in": 60, "note": "of a measurement"})
    started = time.perf_counter()
    for method, path, sent in (("GET", USER, None), ("POST", f"{USER}/tokens", body)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, f"/hub/api/users/{path}", sent, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, answer.status
        connection.close()
    return time.perf_counter() - started
