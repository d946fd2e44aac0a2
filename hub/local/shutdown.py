"""End a stack from outside, whether or not its supervisor lives."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from hub.local import process
from hub.local.parts import read_status

_SUPERVISOR_SECONDS = 60.0
_PART_SECONDS, _SERVER_SECONDS = 10.0, 5.0


def stop(state: Path, servers: bool) -> None:
    """End the supervisor, then whatever part is left, then (when asked) the users' servers."""
    _stop_supervisor(state)
    for pid, known in _parts(state):
        process.end(pid, known, _PART_SECONDS)
    if servers:
        for pid, known in _servers(state):
            process.end(pid, known, _SERVER_SECONDS)


def holder(state: Path) -> int | None:
    """The pid of the living supervisor: the one that holds the lock."""
    try:
        descriptor = os.open(state / "run/supervisor.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(descriptor)


def _stop_supervisor(state: Path) -> None:
    until = time.monotonic() + _SUPERVISOR_SECONDS
    asked = None
    while (pid := holder(state)) is not None and time.monotonic() < until:
        known = process.identity(pid)
        if known and pid != asked:
            process.send(pid, known, signal.SIGTERM)
            asked = pid
        time.sleep(0.05)


def _parts(state: Path) -> Iterator[tuple[int, str]]:
    """Living parts: those of the status file and those that only their environment names; the keeper first."""
    status = read_status(state)
    for name in sorted(status, key=lambda name: name != "keeper"):
        entry = status[name]
        if entry.pid and entry.identity and process.alive(entry.pid, entry.identity):
            yield entry.pid, entry.identity
    yield from _marked("BUUNSTACK_PART", state)


def _servers(state: Path) -> Iterator[tuple[int, str]]:
    for file in (state / "run" / "servers").glob("*.json"):
        try:
            entry = json.loads(file.read_text())
            pid, known = int(entry["pid"]), str(entry["identity"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if process.alive(pid, known):
            yield pid, known
    yield from _marked("BUUNSTACK_SERVER", state)


def _marked(variable: str, state: Path) -> Iterator[tuple[int, str]]:
    for pid in process.marked(variable, f"{state}:"):
        if known := process.identity(pid):
            yield pid, known
