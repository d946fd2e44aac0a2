"""What the one address for all users' assistants costs against a user's own: the same list of tools, in turns."""

import tempfile
import time
from pathlib import Path

import requests

from tests.bench.measure import Ratio, ratio_of
from tests.bench.report import Report
from tests.e2e.stack import InstalledStack

ROUNDS, GOAL = 30, 1.5
OWN, ALL = "/user/ada/mcp", "/services/mcp"


def measure_mcp(report: Report) -> None:
    """One user with a running server; a connection that is kept for each of the two."""
    with tempfile.TemporaryDirectory() as folder:
        stack = InstalledStack(Path(folder), mcp={"enabled": True}, vault={"enabled": False})
        stack.install()
        try:
            ada = stack.person("ada")
            ada.spawn()
            answer = ada.post("/hub/api/users/ada/tokens", json={"expires_in": 3600})
            sessions = {path: requests.Session() for path in (OWN, ALL)}
            for session in sessions.values():
                session.trust_env = False
                session.headers["Authorization"] = f"token {answer.json()['token']}"
            lists = _ratio(stack, sessions)
        finally:
            stack.remove()
    report.paired("tools/list at /services/mcp", "at /user/USER/mcp", lists, GOAL)


def _ratio(stack: InstalledStack, sessions: dict[str, requests.Session]) -> Ratio:
    """Of pairs in changing order, after one that warms up."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    found = []
    for number in range(ROUNDS + 1):
        seconds = {}
        for path in (OWN, ALL) if number % 2 else (ALL, OWN):
            started = time.perf_counter()
            answer = sessions[path].post(f"{stack.url}{path}", json=message, timeout=30)
            seconds[path] = time.perf_counter() - started
            assert "result" in answer.json(), answer.text
        if number:
            found.append(seconds[ALL] / seconds[OWN])
    return ratio_of(found)
