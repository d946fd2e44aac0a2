"""A lock in the cluster, so that two installs of one stack never run at once: a Lease that its holder renews."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apply.kube import Kube, Refused
from spec.errors import StackError

_LIFE_SECONDS = 15
_RENEWAL_SECONDS = 4
_POLL_SECONDS = 0.5
_WAIT_SECONDS = 1800
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""MicroTime of the coordination API."""


@contextlib.contextmanager
def held(kube: Kube, namespace: str, name: str, purpose: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock while the body runs; wait for whoever has it, and say who that is.

    A holder that was killed loses it after 15 s, on this machine at once.

    Raises:
        StackError: somebody else held it for half an hour.
    """
    folder = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    mine = f"{purpose} by {os.environ.get('USER', os.getuid())}@{socket.gethostname()} {os.getpid()} {_started()}"
    _acquire(kube, folder, name, mine, tell)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(kube, folder, name, mine, stop), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
        _release(kube, folder, name, mine)


def _acquire(kube: Kube, folder: str, name: str, mine: str, tell: Callable[[str], None]) -> None:
    until, told = time.monotonic() + _WAIT_SECONDS, ""
    while True:
        holder = _try(kube, folder, name, mine)
        if holder is None:
            return
        if holder != told:
            tell(f"waiting for another command on this stack: {holder}")
            told = holder
        if time.monotonic() > until:
            raise StackError(f"another command holds this stack: {holder}", hint="end it, then run this again")
        time.sleep(_POLL_SECONDS)


def _try(kube: Kube, folder: str, name: str, mine: str) -> str | None:
    """None when the lock is ours now, else its holder."""
    path = f"{folder}/{name}"
    there = kube.get(path)
    body: dict[str, Any] = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name},
        "spec": _spec(mine),
    }
    try:
        if there is None:
            kube.create(folder, body)
            return None
        holder = str(there["spec"].get("holderIdentity") or "")
        if holder and holder != mine and not _dead(holder, there["spec"]):
            return holder
        # The resourceVersion makes the server refuse whoever comes second.
        body["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"]
        kube.replace(path, body)
    except Refused as error:
        if error.status == 409:
            return "somebody who was quicker"
        raise
    return None


def _dead(holder: str, spec: dict[str, Any]) -> bool:
    *_, owner, pid, started = holder.split(" ")
    if owner.endswith(f"@{socket.gethostname()}"):
        return _started(pid) != started
    renewed = datetime.strptime(spec["renewTime"], _TIME).replace(tzinfo=UTC)
    return (datetime.now(UTC) - renewed).total_seconds() > _LIFE_SECONDS


def _started(pid: str = "self") -> str:
    """When a process began, in clock ticks since the boot (proc(5), field 22): a later one of its number differs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return "gone" if pid != "self" else "0"


def _spec(holder: str) -> dict[str, Any]:
    now = datetime.now(UTC).strftime(_TIME)
    return {"holderIdentity": holder, "leaseDurationSeconds": _LIFE_SECONDS, "acquireTime": now, "renewTime": now}


def _keep(kube: Kube, folder: str, name: str, mine: str, stop: threading.Event) -> None:
    while not stop.wait(_RENEWAL_SECONDS):
        # A renewal that fails is tried again; the lock lives for three of them.
        with contextlib.suppress(StackError):
            _try(kube, folder, name, mine)


def _release(kube: Kube, folder: str, name: str, mine: str) -> None:
    with contextlib.suppress(StackError):  # it ends by itself
        there = kube.get(f"{folder}/{name}")
        if there is not None and there["spec"].get("holderIdentity") == mine:
            kube.delete(f"{folder}/{name}")
