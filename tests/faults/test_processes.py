"""Killed processes: one of them, the supervisor, all at once."""

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.e2e.stack import InstalledStack, Person, eventually

RECOVERY_SECONDS = 30
"""A bound for a busy machine; the benchmark measures the real time."""


@pytest.mark.parametrize("part", ["vault", "proxy", "hub", "culler", "page", "keeper"])
def test_a_killed_part_comes_back_with_routes_and_servers(own: InstalledStack, user: Person, part: str) -> None:
    pid = own.pid(part)
    os.kill(pid, signal.SIGKILL)

    eventually(lambda: own.pid(part) != pid and own.healthy(), f"{part} to come back", RECOVERY_SECONDS)

    eventually(lambda: user.get(f"{user.base}/api/status").status_code == 200, "the route", RECOVERY_SECONDS)
    assert user.run("from buunstack import SecretStore; print(SecretStore().list())").startswith("[")


def test_a_killed_supervisor_comes_back_and_its_parts_never_stopped(own: InstalledStack, user: Person) -> None:
    supervisor = own.supervisor()
    before = {name: own.pid(name) for name in ("vault", "proxy", "hub", "culler")}
    os.kill(supervisor, signal.SIGKILL)

    eventually(
        lambda: own.supervisor() != supervisor and own.healthy(),
        "the supervisor to come back",
        RECOVERY_SECONDS,
    )

    assert {name: own.pid(name) for name in before} == before
    assert user.run("print(1 + 1)") == "2\n"


def test_everything_killed_at_once_is_brought_back_by_install(own: InstalledStack) -> None:
    kill_everything(own)

    assert own.inv("status", code=5).stderr
    own.install()

    assert own.healthy()
    again = Person(own, "alice", "a-password-for-tests-only")
    again.spawn()
    assert again.run("from buunstack import SecretStore; print(SecretStore().list())").startswith("[")


def kill_everything(own: InstalledStack) -> None:
    """As a power cut: the supervisors first, then every process that runs from the state directory."""

    def none_left() -> bool:
        mine = [process for process in psutil.process_iter(["cmdline", "environ"]) if belongs(process, own.state)]
        for process in mine:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return not mine

    eventually(none_left, "every process to be gone")


def belongs(process: psutil.Process, state: Path) -> bool:
    words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
    return process.pid != os.getpid() and any(str(state) in word for word in words)


def test_a_stale_status_with_the_pid_of_an_innocent_process_ends_nobody(own: InstalledStack) -> None:
    own.inv("uninstall")
    innocent = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        part = {"state": "ready", "pid": innocent.pid, "identity": "another boot:1", "since": 0, "restarts": 0}
        parts = {name: {**part, "fingerprint": "x", "last_exit": ""} for name in ("vault", "proxy", "hub", "keeper")}
        supervisor = {"pid": innocent.pid, "identity": "another boot:1", "since": 0}
        for folder in ("run/servers", "conf"):
            (own.state / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        (own.state / "run" / "status.json").write_text(json.dumps({"supervisor": supervisor, "parts": parts}))
        (own.state / "run" / "supervisor.lock").write_text(str(innocent.pid))
        record = {"pid": innocent.pid, "identity": "another boot:1", "user": "alice", "server": ""}
        (own.state / "run" / "servers" / "alice--.json").write_text(json.dumps(record))

        own.install()
        assert own.healthy()
        own.inv("uninstall")

        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()
        own.install()
