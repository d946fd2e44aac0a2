"""What runs on this machine: parts with their processes, logs, servers."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from apply import confinement, console, facts, supervision
from apply.local import LocalTarget
from render.services import METRICS, local_services
from spec.errors import StackError, TargetUnreachable

_FOLLOW_SECONDS = 0.2
_TAIL_BYTES = 64 * 1024
_LOGS = {"audit": "vault-audit"}
"""What a person calls a log -> its file."""


def show_status(local: LocalTarget, as_json: bool) -> None:
    """Print the parts and the running servers.

    Raises:
        TargetUnreachable: something that should run does not.
    """
    if not local.state.exists():
        raise StackError(f"no stack is installed in {local.state.path}", hint="inv install")
    found = _status(local)
    if as_json:
        console.result_json(found)
    else:
        console.result(_text(found))
    down = [name for name, part in found["parts"].items() if part["state"] != "ready"]
    if down or not found["supervised"]:
        what = f"not ready: {', '.join(down)}" if down else "no supervisor runs"
        raise TargetUnreachable(what, hint="inv install starts what is missing; inv logs PART shows why it ended")


def show_log(local: LocalTarget, part: str, follow: bool, lines: int) -> None:
    """Print the last lines of a part's log, or of `audit`; with `follow`, go on as it grows."""
    path = local.state.path / "log" / f"{_LOGS.get(part, part)}.log"
    known = sorted(file.stem for file in path.parent.glob("*.log"))
    if path.stem not in known:
        names = {file: name for name, file in _LOGS.items()}
        hint = ", ".join(names.get(name, name) for name in known)
        raise StackError(f"there is no log of {part!r}", hint=f"one of: {hint or 'none yet'}")
    position = _print_tail(path, lines)
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        size = path.stat().st_size if path.exists() else 0
        # A rotated log starts again from nothing.
        position = 0 if size < position else position
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                console.result(file.read().decode("utf-8", "replace"))
                position = file.tell()


def running_url(local: LocalTarget) -> str:
    """The address of the stack that runs.

    Raises:
        StackError: none does.
    """
    url = local.url() if local.state.exists() else ""
    if not url or not supervision.alive(local.state):
        raise StackError(f"no stack runs from {local.state.path}", hint="inv install")
    return url


def _status(local: LocalTarget) -> dict[str, Any]:
    parts = supervision.parts(local.state)
    shown = {name: _part(parts.get(name, {})) for name in local.wanted_parts()}
    servers = _servers(local) if shown.get("hub", {}).get("state") == "ready" else []
    return {
        "name": local.stack.name,
        "url": local.url(),
        "state": str(local.state.path),
        "supervised": supervision.alive(local.state),
        "confinement": confinement.described(local.stack, confinement.landlock(local.state)),
        "metrics": _metrics(local),
        "parts": shown,
        "servers": servers,
    }


def _metrics(local: LocalTarget) -> dict[str, str] | None:
    """Where Prometheus reads, and the file with the token it shows; None when nobody may."""
    port = facts.kept(local.state).get("ports", {}).get("hub_port")
    if METRICS not in local_services(local.stack) or port is None:
        return None
    token = local.state.path / "secrets" / facts.METRICS_SECRET
    return {"url": f"http://127.0.0.1:{port}/hub/metrics", "token_file": str(token)}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    import psutil

    memory = None
    if pid := part.get("pid"):
        with contextlib.suppress(psutil.Error):
            memory = psutil.Process(pid).memory_info().rss
    return {
        "state": part.get("state", "stopped"),
        "pid": part.get("pid"),
        "restarts": part.get("restarts", 0),
        "memory_bytes": memory,
        "last_exit": part.get("last_exit"),
    }


def _servers(local: LocalTarget) -> list[dict[str, str]]:
    return [{"user": user, "server": server} for user, server in local.hub_api().servers()]


def _text(found: dict[str, Any]) -> str:
    rows: list[tuple[str, ...]] = []
    for name, part in found["parts"].items():
        memory = "" if part["memory_bytes"] is None else f"{part['memory_bytes'] / 2**20:.0f} MiB"
        pid = str(part["pid"] or "")
        rows.append((name, str(part["state"]), pid, memory, str(part["restarts"]), str(part["last_exit"] or "")))
    parts = console.table(("PART", "STATE", "PROCESS", "MEMORY", "RESTARTS", "LAST EXIT"), rows)
    names = ", ".join(
        server["user"] + (f"/{server['server']}" if server["server"] else "") for server in found["servers"]
    )
    lines = [f"{found['name']} at {found['url']}", parts, f"users kept apart by: {found['confinement']}"]
    if found["metrics"]:
        lines.append(f"metrics: {found['metrics']['url']} with the token in {found['metrics']['token_file']}")
    return "\n".join([*lines, f"servers: {names or 'none'}"])


def _print_tail(path: Path, lines: int) -> int:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    if shown := text.splitlines()[-lines:]:
        console.result("\n".join(shown))
    return size
