"""What a running stack does: from nothing to the login page, to a ready server, back from a killed part, at rest."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from tests.bench.report import Report
from tests.e2e.stack import InstalledStack, eventually

INSTALL_GOAL_S, SPAWN_GOAL_S, RECOVERY_GOAL_S, MEMORY_GOAL_MIB = 8.0, 8.0, 6.0, 400
IDLE_SECONDS = 10
PARTS = ("vault", "proxy", "hub", "culler", "page", "keeper")


def measure_running(report: Report) -> None:
    """Install, spawn, rest, kill each part once."""
    with tempfile.TemporaryDirectory() as folder:
        stack = InstalledStack(Path(folder))
        report.seconds("inv install to the login page, first time", timed(stack.install), INSTALL_GOAL_S)
        try:
            user = stack.person("alice")
            report.seconds("spawn to a ready server", timed(user.spawn), SPAWN_GOAL_S)
            report.count("HTTP calls of one SecretStore.get", calls_of_get(user.run), 1)
            time.sleep(IDLE_SECONDS)
            report.mebibytes("idle memory of the stack (proportional set size)", memory(stack), MEMORY_GOAL_MIB)
            for part in PARTS:
                report.seconds(
                    f"recovery from kill -9 of {part}",
                    recovery(stack, stack.pid(part), user.get),
                    RECOVERY_GOAL_S,
                )
            taken = recovery(stack, stack.supervisor(), user.get)
            report.seconds("recovery from kill -9 of the supervisor", taken, RECOVERY_GOAL_S)
        finally:
            stack.remove()


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def calls_of_get(run: Callable[[str], str]) -> int:
    """Requests that reach Vault for one get, counted where http.client sends them."""
    printed = run(
        "from buunstack import SecretStore\nimport http.client\nsecrets = SecretStore(); secrets.put('bench', a='1')\n"
        "secrets.get('bench'); calls = []; send = http.client.HTTPConnection.putrequest\n"
        "def counted(self, *words, **options): calls.append(words); return send(self, *words, **options)\n"
        "http.client.HTTPConnection.putrequest = counted\nsecrets.get('bench'); print(len(calls))"
    )
    return int(printed)


def memory(stack: InstalledStack) -> float:
    """MiB of all parts and the supervisor; shared pages are counted once."""
    status = json.loads((stack.state / "run" / "status.json").read_text())
    pids = [status["supervisor"]["pid"], *(part["pid"] for part in status["parts"].values())]
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / 2**20


def recovery(stack: InstalledStack, pid: int, get: Callable[[str], requests.Response]) -> float:
    """Seconds from the kill until every part is ready under another process and a user's server answers."""
    started = time.perf_counter()
    os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        status = json.loads((stack.state / "run" / "status.json").read_text())
        pids = [status["supervisor"]["pid"], *(part["pid"] for part in status["parts"].values())]
        ready = all(part["state"] == "ready" for part in status["parts"].values())
        return ready and pid not in pids and answers(get)

    eventually(back, "the stack to recover", 60)
    return time.perf_counter() - started


def answers(get: Callable[[str], requests.Response]) -> bool:
    """Whether the user's server can be reached through the proxy."""
    try:
        return get("/user/alice/api/status").status_code == 200
    except requests.RequestException:
        return False
