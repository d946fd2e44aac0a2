"""The local target's supervisor as the operator sees it: alive or not, its parts, starting and ending it."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from apply.run import plain_environment, run
from apply.state import StateDirectory
from spec.errors import StackError

LOCK = "run/supervisor.lock"
STATUS = "run/status.json"
_POLL_SECONDS = 0.05
_LOG_LINES = 6
_UNREADY_SECONDS = 15
_ANSWERS = {
    ("vault", 501): "it has no data yet and could not make any",
    ("vault", 503): "its data stays sealed; secrets/seal.key is not the key it was made with",
}
"""What OpenBao's health address means (openbao.org/api-docs/system/health)."""


def alive(state: StateDirectory) -> bool:
    """Whether a supervisor holds this stack's lock now: true also while it only starts."""
    try:
        descriptor = os.open(state.path / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def parts(state: StateDirectory) -> dict[str, dict[str, Any]]:
    """Part -> what the living supervisor says of it; empty without one."""
    status = state.read_json(STATUS) if alive(state) else None
    return dict(status["parts"]) if isinstance(status, dict) else {}


def start(state: StateDirectory) -> None:
    """Start a supervisor that outlives this command; it adopts parts that a killed one left."""
    _supervisor(state, "--detach")
    until = time.monotonic() + 10
    while not (alive(state) and _pid(state)):
        if time.monotonic() > until:
            raise StackError(f"the supervisor did not start\n{tail(state, 'supervisor')}", hint="inv logs supervisor")
        time.sleep(_POLL_SECONDS)


def reload(state: StateDirectory) -> None:
    """Have the living supervisor read its table of parts again."""
    if pid := _pid(state):
        os.kill(pid, signal.SIGHUP)


def replace(state: StateDirectory) -> None:
    """Put a new supervisor in the place of one whose code is old; the parts go on."""
    if pid := _pid(state):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while alive(state) and _pid(state) == pid and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    if not alive(state):
        start(state)


def stop(state: StateDirectory, servers: bool) -> None:
    """End the supervisor, its parts and (when asked) the users' servers, also when no supervisor lives."""
    if (state.path / "site" / "hub" / "local" / "supervisor.py").exists():
        _supervisor(state, "--stop", *(["--servers"] if servers else []))


def ready(state: StateDirectory) -> set[str]:
    """The parts that answer."""
    return {name for name, part in parts(state).items() if part["state"] == "ready"}


def living(state: StateDirectory) -> set[str]:
    """The parts that run, and so hold their ports."""
    return {name for name, part in parts(state).items() if part["pid"]}


def wait_ready(
    state: StateDirectory, wanted: dict[str, str], tell: Callable[[dict[str, str]], None], seconds: float = 60
) -> None:
    """Wait until each part runs with its wanted fingerprint and answers.

    Args:
        wanted: part -> fingerprint.
        tell: called with part -> state whenever one changes.

    Raises:
        StackError: a part ended or did not become ready in time; the message has its last log lines.
    """
    until = time.monotonic() + seconds
    told: dict[str, str] = {}
    answers: dict[tuple[str, int], float] = {}
    while True:
        found = parts(state)
        states = {
            name: str(found[name]["state"]) if found.get(name, {}).get("fingerprint") == fingerprint else "waiting"
            for name, fingerprint in wanted.items()
        }
        if states != told:
            tell(states)
            told = states
        if all(part == "ready" for part in states.values()):
            return
        # One that still is as it was before has its end ahead: what is said of it is no word on the new one.
        present = {name: part for name, part in found.items() if part.get("fingerprint") == wanted.get(name)}
        _refuse_broken(state, present)
        _refuse_unready(state, present, answers)
        if time.monotonic() > until:
            late = [name for name, part in states.items() if part != "ready"]
            raise _part_error(state, late[0], f"did not answer within {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)


def tail(state: StateDirectory, name: str, lines: int = _LOG_LINES) -> str:
    """The last lines of a part's log, as quoted text for a message."""
    try:
        text = (state.path / "log" / f"{name}.log").read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"  | {line[:300]}" for line in text.strip().splitlines()[-lines:])


def _refuse_broken(state: StateDirectory, found: dict[str, dict[str, Any]]) -> None:
    for name, part in found.items():
        # The first failure may be a passing one, such as a port that the former process has not let go of.
        if part.get("state") == "backoff" and part.get("restarts", 0) >= 3:
            raise _part_error(state, name, f"ends at once ({part.get('last_exit')})")


def _refuse_unready(
    state: StateDirectory, found: dict[str, dict[str, Any]], since: dict[tuple[str, int], float]
) -> None:
    """A part that says for long that it is not ready will not be: it waits for something that install cannot give."""
    said = {(name, int(part["answer"])) for name, part in found.items() if part.get("answer")}
    for known in since.keys() - said:
        del since[known]
    for name, answer in said:
        began = since.setdefault((name, answer), time.monotonic())
        if time.monotonic() - began > _UNREADY_SECONDS:
            raise _part_error(
                state, name, f"runs and answers {answer}: {_ANSWERS.get((name, answer), 'it is not ready')}"
            )


def _part_error(state: StateDirectory, name: str, what: str) -> StackError:
    return StackError(f"part {name} {what}\n{tail(state, name)}", hint=f"inv logs {name}")


def _pid(state: StateDirectory) -> int | None:
    """The living supervisor, once it has written its status: from then on it heeds signals."""
    status = state.read_json(STATUS) if alive(state) else None
    holder = state.read(LOCK)
    if isinstance(status, dict) and holder and str(status["supervisor"]["pid"]) == holder.strip():
        return int(holder)
    return None


def _supervisor(state: StateDirectory, *options: str) -> None:
    from apply import facts

    command = [facts.programs()["python"], "-m", "hub.local.supervisor", str(state.path), *options]
    environment = plain_environment({"PYTHONPATH": str(state.path / "site"), "PYTHONDONTWRITEBYTECODE": "1"})
    run(command, what="the supervisor", environment=environment, directory=state.path)
