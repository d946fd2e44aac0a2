"""The questions of `inv doctor` to this machine: processes, files, addresses; nothing is changed."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apply import confinement, environments, facts, localvaultprobes, placement, ports, rest, supervision
from apply.certificates import seen as certificates_seen
from apply.hubapi import TokenRefused
from apply.local import LocalTarget
from apply.looking import Look
from apply.machineseen import EnvironmentSeen, MachineSeen, Process
from apply.reach import local_reach
from apply.state import FOLDERS
from apply.target import Tell
from spec.errors import StackError, TargetUnreachable

_TIMEOUT_SECONDS = 3.0
_TABLE = "conf/parts.json"
_SIGNING_KEYS = ("hub-login.key", "deployer-login.key")
_MCP_PACKAGE = "lib/python*/site-packages/jupyter_mcp_server"


def observed(target: LocalTarget, least_free_bytes: int, tell: Tell) -> MachineSeen:
    """Everything that can be seen.

    Raises:
        StackError: no stack is installed.
    """
    if not target.state.exists():
        raise StackError(f"no stack is installed in {target.state.path}", hint="inv install")
    look, state = Look(), target.state
    tell("doctor: processes")
    known = look.at("ports", lambda: bool(facts.kept(state).get("ports")), False)
    wanted: dict[str, str] = look.at("files", lambda: target.wanted(target.artifacts()).files, {})
    processes: tuple[Process, ...] = look.at("parts", lambda: tuple(_processes(target, wanted)), ())
    faults = {one.name: _fault(one) for one in processes}
    tell("doctor: the hub and Vault")
    hub_fault, refused = look.at("the hub", lambda: _hub(target, faults), ("", False))
    seen = MachineSeen(
        state=str(state.path),
        supervisor=look.at("the supervisor", lambda: _supervisor(target), "lives"),
        status_readable=look.at("its status", lambda: _status_readable(target), False),
        processes=processes,
        facts_readable=known,
        landlock_lacks=look.at("Landlock", lambda: _lacks_landlock(target), False),
        environments=look.at("environments", lambda: tuple(_environments(target, wanted)), ()),
        hub_fault=hub_fault,
        token_refused=refused,
        page_fault=look.at("the login page", lambda: _page_fault(target, known), ""),
        vault=look.at("Vault", lambda: localvaultprobes.observed(target, wanted, faults.get("vault", "")), None),
    )
    tell("doctor: files and certificates")
    return replace(_files(target, look, seen, wanted), least_free_bytes=least_free_bytes, unseen=tuple(look.unseen))


def _files(target: LocalTarget, look: Look, seen: MachineSeen, wanted: dict[str, str]) -> MachineSeen:
    """With what lies in the state directory."""
    state = target.state
    return replace(
        seen,
        changed_files=look.at("changed files", lambda: _changed(target, wanted), ()),
        missing_folders=tuple(name for name in FOLDERS if not (state.path / name).is_dir()),
        missing_secrets=_missing_secrets(target),
        open_files=tuple(str(path.relative_to(state.path.parent)) for path in state.wide_open()),
        database_fault=_database_fault(state.path / "hub" / "jupyterhub.sqlite"),
        free_bytes=shutil.disk_usage(state.path).free,
        worker=state.worker(),
        certificates=tuple(certificates_seen(state, name) for name in facts.certified_hosts(target.stack)),
    )


def _supervisor(target: LocalTarget) -> str:
    if not supervision.alive(target.state):
        return "gone"
    holder = (target.state.read(supervision.LOCK) or "").strip()
    return "stopped" if holder.isdigit() and _stopped(int(holder)) else "lives"


def _status_readable(target: LocalTarget) -> bool:
    status = target.state.read_json(supervision.STATUS)
    return isinstance(status, dict) and isinstance(status.get("parts"), dict)


def _processes(target: LocalTarget, wanted: dict[str, str]) -> Iterator[Process]:
    told = supervision.parts(target.state) if _status_readable(target) else {}
    for part in json.loads(wanted[_TABLE])["parts"]:
        now = told.get(part["name"], {})
        pid, state = now.get("pid"), str(now.get("state", "stopped"))
        stopped = pid is not None and _stopped(int(pid))
        yield Process(
            name=part["name"],
            state=state,
            stopped=stopped,
            fault="" if stopped or state != "ready" else _answer_fault(part["ready"]),
            last_exit=str(now.get("last_exit", "")),
            restarts=int(now.get("restarts", 0)),
            port_taken="" if state == "ready" else _taken(part["ready"], pid),
        )


def _fault(one: Process) -> str:
    """Why nobody need ask this part."""
    if one.stopped:
        return "it is stopped"
    return one.fault or ("" if one.state == "ready" else f"it is not ready ({one.state})")


def _stopped(pid: int) -> bool:
    import psutil

    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return False


def _answer_fault(ready: dict[str, Any] | None) -> str:
    if ready is None:
        return ""
    trust = Path(ready["ca"]) if ready["ca"] else None
    try:
        answer = rest.exchange("GET", ready["url"], what="it", trust=trust, timeout=_TIMEOUT_SECONDS)
    except TargetUnreachable as error:
        return error.message
    return "" if answer.status in ready["status"] else f"its address answers {answer.status}"


def _taken(ready: dict[str, Any] | None, pid: int | None) -> str:
    port = urlsplit(ready["url"]).port if ready else None
    if port is None or ports.is_free("127.0.0.1", port):
        return ""
    owner = ports.owner(port)
    return "" if pid and owner.startswith(f"process {pid} ") else f"port {port} is taken by {owner}"


def _changed(target: LocalTarget, wanted: dict[str, str]) -> tuple[str, ...]:
    there = placement.files(target.state)
    names = wanted.keys() | there.keys()
    return tuple(sorted(name for name in names if _compared(name, wanted) != _compared(name, there)))


def _compared(name: str, files: dict[str, str]) -> Any:
    """A file's text; of the table of parts all but the fingerprints, which other files decide."""
    if name != _TABLE or name not in files:
        return files.get(name)
    try:
        return [{**part, "fingerprint": ""} for part in json.loads(files[name])["parts"]]
    except (ValueError, KeyError, TypeError):
        return files[name]


def _missing_secrets(target: LocalTarget) -> tuple[str, ...]:
    keys = (f"{name}-tls.key" for name in facts.certified_hosts(target.stack))
    wanted = (*facts.SECRETS, "seal.key", "ca.key", *_SIGNING_KEYS, *keys)
    places = {name: target.state.path / "secrets" / name for name in wanted}
    return tuple(name for name, place in places.items() if not place.is_file() or not place.stat().st_size)


def _database_fault(path: Path) -> str:
    """What SQLite itself says of the file, read without a lock."""
    if not path.is_file():
        return "it is not there"
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return "" if "locked" in str(error) else str(error)
    return "" if said == "ok" else str(said)


def _lacks_landlock(target: LocalTarget) -> bool:
    return target.stack.target.confinement != "off" and not confinement.landlock(target.state)


def _environments(target: LocalTarget, wanted: dict[str, str]) -> Iterator[EnvironmentSeen]:
    complete = environments.complete(target.state)
    for identity in json.loads(wanted.get("conf/environments.json", "{}")):
        folder = target.state.path / "profiles" / identity
        fault = "" if identity in complete else "it is not complete"
        if not fault and not (folder / "bin" / "python").exists():
            fault = "its Python is not there"
        lacks = target.stack.mcp.enabled and not any(folder.glob(_MCP_PACKAGE))
        yield EnvironmentSeen(identity, fault, lacks)


def _hub(target: LocalTarget, faults: dict[str, str]) -> tuple[str, bool]:
    """(why the API cannot be used, whether it is the token)."""
    if fault := faults.get("hub"):
        return fault, False
    hub = target.hub_api()
    hub.timeout_seconds = _TIMEOUT_SECONDS
    try:
        hub.servers()
    except TokenRefused as error:
        return error.message, True
    except StackError as error:
        return error.message, False
    return "", False


def _page_fault(target: LocalTarget, known: bool) -> str:
    if not known:
        return ""
    reach = local_reach(target.stack, target.state)
    try:
        status, _ = reach.call("GET", "hub/login", "the login page", timeout=_TIMEOUT_SECONDS)
    except TargetUnreachable as error:
        return error.message
    return "" if status in (200, 302) else f"{reach.url}hub/login answers {status}"
