"""What is on this machine against what install wrote: files, processes of parts, objects in the secret store."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil

from apply import localvault, placement, supervision, vaultobjects
from apply.drift import NOBODY, Drift, Seen
from apply.placement import WRITTEN
from apply.state import StateDirectory
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.local import LocalTarget
    from apply.target import Tell

_VAULT = "conf/vault.json"


def seen(target: "LocalTarget", tell: "Tell") -> Seen:
    """What differs.

    Raises:
        StackError: nothing is installed.
    """
    state = target.state
    if not state.exists():
        raise StackError(f"no stack is installed in {state.path}", hint="inv install")
    written = state.read_json(WRITTEN)
    if not isinstance(written, dict):
        tell("install has kept no record of its files yet: they are compared with what the stack file becomes")
        written = placement.digests(target.wanted(target.artifacts()).files)
    table = state.read_json("conf/parts.json") or {"parts": []}
    of_vault, notes = _vault(target)
    return Seen([*_files(state, written), *_parts(state, table["parts"]), *of_vault], notes)


def _files(state: StateDirectory, written: dict[str, str]) -> list[Drift]:
    there = placement.digests(placement.files(state))
    found = []
    for path in sorted(written.keys() | there.keys()):
        if written.get(path) == there.get(path):
            continue
        then = "as install wrote it" if path in written else "nothing"
        now = ("changed" if path in written else "there") if path in there else "nothing"
        found.append(Drift(f"file {path}", "", then, now, *_by(state, path)))
    return found


def _by(state: StateDirectory, path: str) -> tuple[str, str]:
    """(whose, since when) of a file; of one that is gone its folder tells when at least."""
    file = state.path / path
    place = file if file.exists() else file.parent
    if not place.exists():
        return NOBODY, ""
    when = _time(place.stat().st_mtime)
    return (place.owner() if place is file else NOBODY), when


def _parts(state: StateDirectory, declared: list[dict[str, Any]]) -> list[Drift]:
    """Parts that do not run, and those whose process has other arguments than its row of the table."""
    running, found = supervision.parts(state), []
    for part in declared:
        pid = running.get(part["name"], {}).get("pid")
        command = _command(pid)
        if command is None:
            found.append(Drift(f"part {part['name']}", "", "runs", "does not run"))
        elif command[0][1:] != part["command"][1:]:
            then, now = " ".join(part["command"][1:]), " ".join(command[0][1:])
            found.append(Drift(f"part {part['name']}", "arguments", then, now, *command[1:]))
    return found


def _command(pid: int | None) -> tuple[list[str], str, str] | None:
    """(command line, whose, since when) of a process."""
    try:
        process = psutil.Process(pid) if pid else None
        if process is None:
            return None
        return process.cmdline(), process.username(), _time(process.create_time())
    except psutil.Error:
        return None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _vault(target: "LocalTarget") -> tuple[list[Drift], tuple[str, ...]]:
    declared = target.state.read(_VAULT)
    if declared is None or not target.stack.vault.enabled:
        return [], ()
    try:
        with localvault.signed_in(target.stack, target.state) as vault:
            changes = vaultobjects.changes(vaultobjects.objects(json.loads(declared), vault.read, None))
    except StackError as error:
        return [], (f"the secret store was not looked at: {error.message}",)
    return [
        Drift(one.what, "", "as declared", "nothing" if one.action == "create" else ", ".join(one.details))
        for one in changes
    ], ()
