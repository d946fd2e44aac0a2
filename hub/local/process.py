"""Processes known by pid and start time, so that a reused pid is never taken for the one that was meant."""

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


def identity(pid: int) -> str | None:
    """`<boot id>:<start time>` of a living process; None when there is none, or only its unread exit code."""
    if not _PROC.is_dir():
        return _identity_by_ps(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The name in the second field may hold blanks and parentheses; field 3 is the state, 22 the start (proc(5)).
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def alive(pid: int, known: str) -> bool:
    """Whether the process that had this identity still runs under this pid."""
    return identity(pid) == known


def send(pid: int, known: str, number: int, group: bool = False) -> bool:
    """Signal exactly that process (or its group); False when it is gone.

    On Linux the check and the signal go through one descriptor, so that nothing can slip in between.
    """
    descriptor = open_descriptor(pid)
    try:
        if not alive(pid, known):
            return False
        if group and os.getpgid(pid) == pid:
            os.killpg(pid, number)
        elif descriptor is not None:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return False
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return True


def open_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where the system has none or it is gone."""
    if not hasattr(os, "pidfd_open"):
        return None
    with contextlib.suppress(OSError):
        return os.pidfd_open(pid)
    return None


def wait(pid: int, known: str, seconds: float) -> bool:
    """Wait until the process is gone, whoever its parent is; False when it still runs after `seconds`."""
    descriptor = open_descriptor(pid)
    until = time.monotonic() + seconds
    try:
        while alive(pid, known):
            left = until - time.monotonic()
            if left <= 0:
                return False
            if descriptor is None:
                time.sleep(_POLL_SECONDS)
            else:
                select.select([descriptor], [], [], min(left, 1))
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return True


def end(pid: int, known: str, seconds: float) -> None:
    """End the process and its group: politely, then after `seconds` for good."""
    if send(pid, known, signal.SIGTERM, group=True) and not wait(pid, known, seconds):
        send(pid, known, signal.SIGKILL, group=True)
        wait(pid, known, seconds)


def marked(variable: str, prefix: str) -> dict[int, str]:
    """Pid -> value, for each process of this user whose environment has `variable` beginning with `prefix`."""
    wanted = f"{variable}={prefix}".encode()
    found = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        for entry in environment.split(b"\0"):
            if entry.startswith(wanted):
                found[int(folder.name)] = entry.partition(b"=")[2].decode("utf-8", "surrogateescape")
    found.pop(os.getpid(), None)
    return found


def _identity_by_ps(pid: int) -> str | None:
    done = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None
