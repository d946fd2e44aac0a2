"""What users take of this machine now: their homes, and memory and processor time of their servers."""

import contextlib
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psutil

from apply.homesizes import used_bytes

if TYPE_CHECKING:
    from apply.local import LocalTarget

_MARK = "BUUNSTACK_SERVER"
"""What every process of a server has in its environment (hub/local/spawner.py)."""
_LOOK_SECONDS = 0.5
"""How long processor time is watched: long enough for its clock's 10 ms to be small."""


def taken(local: "LocalTarget", users: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """User -> `home_used_bytes`, `memory_bytes`, `cores`; None is what nobody knows."""
    loads = _loads(str(local.state.path))
    homes = local.state.path / "homes"
    return {
        user["name"]: {"home_used_bytes": used_bytes(homes / user["folder"]), **loads.get(user["folder"], {})}
        for user in users
    }


def _loads(state: str) -> dict[str, dict[str, Any]]:
    """Folder of a user's home -> memory and cores of all of the user's servers."""
    processes = _processes(state)
    before = {process: _spent(process) for process, _ in processes}
    began = time.monotonic()
    if processes:
        time.sleep(_LOOK_SECONDS)
    found: dict[str, dict[str, Any]] = {}
    for process, folder in processes:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info().rss
            cores = max(0.0, _spent(process) - before[process]) / (time.monotonic() - began)
            load = found.setdefault(folder, {"memory_bytes": 0, "cores": 0.0})
            load["memory_bytes"] += memory
            load["cores"] += cores
    return found


def _processes(state: str) -> list[tuple[psutil.Process, str]]:
    """Each process of a server of this stack, and the folder of its user's home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            place, _, server = process.environ().get(_MARK, "").rpartition(":")
            if place == state:
                found.append((process, server.partition("/")[0]))
    return found


def _spent(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
